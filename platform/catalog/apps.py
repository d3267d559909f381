"""Django app configuration of the catalog room."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The catalog room."""

    name = "catalog"
    default_auto_field = "django.db.models.BigAutoField"
