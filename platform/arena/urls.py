"""URLs of the arena room."""

from django.urls import URLPattern

app_name = "arena"
urlpatterns: list[URLPattern] = []
