"""URLs of the API, version 1: every operation of every room below."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from desk import api_imports, api_projects, api_sets
from exports import api, api_builds
from webhooks import api as webhooks

app_name = "api"
urlpatterns = [
    path("projects/", api_projects.Projects.as_view(), name="projects"),
    path("projects/<slug:slug>/", api_projects.ProjectDetail.as_view(), name="project"),
    path("projects/<slug:slug>/prompts/", api_projects.Prompts.as_view(), name="prompts"),
    path("projects/<slug:slug>/prompts/<path:key>", api_projects.PromptDetail.as_view(), name="prompt"),
    path("projects/<slug:slug>/tasks/", api_projects.Tasks.as_view(), name="tasks"),
    path("projects/<slug:slug>/climb/", api_projects.Climb.as_view(), name="climb"),
    path("projects/<slug:slug>/imports/", api_imports.Imports.as_view(), name="imports"),
    path("projects/<slug:slug>/webhooks/", webhooks.Endpoints.as_view(), name="webhooks"),
    path("imports/<int:pk>/", api_imports.ImportDetail.as_view(), name="import"),
    path("protected-sets/", api_sets.ProtectedSets.as_view(), name="protected_sets"),
    path("protected-sets/<int:pk>/", api_sets.ProtectedSetDetail.as_view(), name="protected_set"),
    path("recipes/", api_builds.Recipes.as_view(), name="recipes"),
    path("recipes/<int:pk>/builds/", api_builds.Builds.as_view(), name="builds"),
    path("builds/<int:pk>/", api_builds.Build.as_view(), name="build"),
    path("releases/", api.Releases.as_view(), name="releases"),
    path("releases/<int:pk>/", api.ReleaseDetail.as_view(), name="release"),
    path("releases/<int:pk>/deprecate/", api_builds.Deprecate.as_view(), name="deprecate"),
    path("releases/<int:pk>/withdraw/", api_builds.Withdraw.as_view(), name="withdraw"),
    path("releases/<int:pk>/files/<path:path>", api.File.as_view(), name="file"),
    path("webhooks/<int:pk>/", webhooks.EndpointDetail.as_view(), name="webhook"),
    path("webhooks/<int:pk>/secret/", webhooks.Rotate.as_view(), name="webhook_secret"),
    path("webhooks/<int:pk>/test/", webhooks.Test.as_view(), name="webhook_test"),
    path("webhooks/<int:pk>/deliveries/", webhooks.Deliveries.as_view(), name="deliveries"),
    path("deliveries/<int:pk>/replay/", webhooks.Replay.as_view(), name="replay"),
    path("signing-keys/", api.SigningKeys.as_view(), name="signing_keys"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
]
