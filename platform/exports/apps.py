"""Django app configuration of the exports room."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """The exports room."""

    name = "exports"
    default_auto_field = "django.db.models.BigAutoField"
