"""States of payouts."""

from django.db import models

from core.flow import Flow, transition


class PayoutStatus(models.TextChoices):
    """A payout is due until it was paid."""

    DUE = "due", "Due"
    PAID = "paid", "Paid"


PAYOUT = Flow(
    "ledger.Payout",
    PayoutStatus,
    [transition("pay", PayoutStatus.DUE, PayoutStatus.PAID)],
    initial=PayoutStatus.DUE,
)
