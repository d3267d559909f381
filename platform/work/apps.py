"""Django app configuration of the work room."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """The work room."""

    name = "work"
    default_auto_field = "django.db.models.BigAutoField"
