"""URLs of the checks room."""

from django.urls import path

from checks import draft_views, views

app_name = "checks"
urlpatterns = [
    path("drafts/<int:pk>/", draft_views.draft, name="draft"),
    path("<int:run>/<str:name>", views.blob, name="blob"),
]
