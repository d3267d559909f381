"""Django app configuration of the protect room."""

from django.apps import AppConfig


class ProtectConfig(AppConfig):
    """The protect room."""

    name = "protect"
    default_auto_field = "django.db.models.BigAutoField"
