"""URLs of the releases pages."""

from django.urls import path

from exports import views

app_name = "exports"
urlpatterns = [
    path("", views.index, name="list"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke", views.revoke, name="revoke"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/files/<path:path>", views.file, name="file"),
]
