"""Django app configuration of the ledger room."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The ledger room."""

    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
