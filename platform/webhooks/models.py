"""Where news goes, each piece of news on its way, and every try to hand it over."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Project
from webhooks.states import DeliveryStatus, News


class Endpoint(models.Model):
    """A receiver of a project's news. Its secret is derived from `salt` and the site's key, and kept nowhere."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(
        "address", max_length=500, help_text="https://…, among those that the operator allows."
    )
    events = ArrayField(models.CharField(max_length=24), help_text="What is told.")
    description = models.CharField(max_length=120, blank=True, default="")
    salt = models.CharField(max_length=32)
    secret_version = models.PositiveSmallIntegerField(default=1)
    rotated_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    paused_reason = models.CharField(max_length=200, blank=True, default="")
    removed_at = models.DateTimeField(null=True)
    # One sender an endpoint at a time.
    epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="Failed tries since the last that succeeded.")
    quiet_until = models.DateTimeField(null=True, help_text="After a failed try it is left alone until then.")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "webhook"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "url"], name="webhook_once", condition=Q(removed_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def is_active(self) -> bool:
        """Whether news is sent to it."""
        return self.paused_at is None and self.removed_at is None


class Delivery(models.Model):
    """One piece of news for one endpoint. The row is the queue."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=24, choices=News.choices)
    message = models.UUIDField(
        help_text="The same in every try and replay, so that the receiver knows it again."
    )
    object_id = models.BigIntegerField(help_text="The release, import or pair; of a test the webhook.")
    happened_at = models.DateTimeField()
    body = models.TextField(blank=True, default="", help_text="As sent; made at the first try, then kept.")
    status = models.CharField(max_length=9, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    # What was replayed may be forgotten while its replay is still to be sent.
    replay_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replays")
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["endpoint", "next_at"], name="delivery_due", condition=Q(status="pending")),
            models.Index(fields=["ended_at"], name="delivery_ended", condition=Q(ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.event} #{self.pk}"


class Attempt(models.Model):
    """One try: what the receiver answered, or why it did not. Without a status there was no answer."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    answer = models.PositiveSmallIntegerField(null=True, help_text="The HTTP status of the answer.")
    said = models.CharField(
        max_length=500, blank=True, default="", help_text="How the answer began, or what failed."
    )
    milliseconds = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number")]
        ordering = ["delivery_id", "number"]

    def __str__(self) -> str:
        return f"{self.delivery}, try {self.number}"
