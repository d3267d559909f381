"""URLs of the arena."""

from django.urls import path

from arena import views

app_name = "arena"
urlpatterns = [
    path("<int:pk>/", views.compare, name="compare"),
    path("<int:pk>/vote", views.vote, name="vote"),
    path("<int:pk>/heartbeat", views.heartbeat, name="heartbeat"),
    path("<int:pk>/release", views.release, name="release"),
]
