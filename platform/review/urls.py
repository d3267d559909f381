"""URLs of the review room."""

from django.urls import path

from review import views

app_name = "review"
urlpatterns = [
    path("<int:pk>/", views.review, name="review"),
    path("<int:pk>/decide", views.decide, name="decide"),
    path("<int:pk>/heartbeat", views.heartbeat, name="heartbeat"),
    path("<int:pk>/release", views.release, name="release"),
]
