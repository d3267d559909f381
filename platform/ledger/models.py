"""Money owed: append-only double entry in integer minor units. Triggers refuse change and imbalance (I5)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from ledger.states import PayoutStatus


class Transaction(models.Model):
    """One posting: entries that sum to zero. Each (source, kind) is posted at most once."""

    source = models.CharField(max_length=60, help_text="What it is for, such as work.submission:12.")
    kind = models.CharField(max_length=24, help_text="refine, review, compare, or reversal")
    project_id = models.BigIntegerField(db_index=True)
    memo = models.CharField(max_length=200)
    posted_at = models.DateTimeField(db_default=Now())
    posted_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "kind"], name="posted_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"


class Entry(models.Model):
    """One side of a transaction. Positive: owed to the account; negative: owed by it."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=40, help_text="user:ID or project:ID")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="entries"
    )
    amount = models.BigIntegerField(help_text="Minor units of the currency.")
    currency = models.CharField(max_length=3)

    class Meta:
        indexes = [models.Index(fields=["account", "currency"], include=["amount"], name="entry_account")]
        constraints = [models.CheckConstraint(name="entry_not_zero", condition=~models.Q(amount=0))]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.account} {self.amount:+d} {self.currency}"


class Payout(models.Model):
    """What is to be paid to one person for entries up to a moment."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payouts")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="Minor units of the currency.")
    until = models.DateTimeField()
    status = models.CharField(max_length=8, choices=PayoutStatus.choices, default=PayoutStatus.DUE)
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "currency", "until"], name="payout_once"),
            models.CheckConstraint(name="payout_positive", condition=models.Q(amount__gt=0)),
            models.CheckConstraint(
                name="payout_paid_paired",
                condition=models.Q(status=PayoutStatus.PAID, paid_at__isnull=False)
                | models.Q(status=PayoutStatus.DUE, paid_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.amount} {self.currency}"
