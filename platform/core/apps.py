"""Django app configuration of the core room."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The core room."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"
