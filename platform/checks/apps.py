"""Django app configuration of the checks room."""

from django.apps import AppConfig


class ChecksConfig(AppConfig):
    """The checks room."""

    name = "checks"
    default_auto_field = "django.db.models.BigAutoField"
