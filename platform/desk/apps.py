"""Django app configuration of the desk room."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The desk room."""

    name = "desk"
    default_auto_field = "django.db.models.BigAutoField"
