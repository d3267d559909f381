"""URLs of the releases pages."""

from django.urls import path

from exports import preview_views, views

app_name = "exports"
urlpatterns = [
    path("", views.index, name="list"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke", views.revoke, name="revoke"),
    path("recipes/<int:pk>/preview/", preview_views.preview, name="preview"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/samples/", views.look, name="look"),
    path("<int:pk>/files/<path:path>", views.file, name="file"),
]
