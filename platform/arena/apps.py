"""Django app configuration of the arena room."""

from django.apps import AppConfig


class ArenaConfig(AppConfig):
    """The arena room."""

    name = "arena"
    default_auto_field = "django.db.models.BigAutoField"
