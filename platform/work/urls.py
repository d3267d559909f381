"""URLs of the work room."""

from django.urls import URLPattern

app_name = "work"
urlpatterns: list[URLPattern] = []
