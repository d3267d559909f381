"""URLs of the API, version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from exports import api

app_name = "api"
urlpatterns = [
    path("releases/", api.Releases.as_view(), name="releases"),
    path("releases/<int:pk>/", api.ReleaseDetail.as_view(), name="release"),
    path("releases/<int:pk>/files/<path:path>", api.File.as_view(), name="file"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
]
