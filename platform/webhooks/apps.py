"""The webhooks room."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """News told to other programs."""

    name = "webhooks"
