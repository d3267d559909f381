"""The exports room."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Releases."""

    name = "exports"

    def ready(self) -> None:
        """Let the API's schema know our tokens."""
        from exports import api_schema  # noqa: F401  # found by being imported, after the apps are there
