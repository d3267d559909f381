"""Django app configuration of the review room."""

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """The review room."""

    name = "review"
    default_auto_field = "django.db.models.BigAutoField"
