"""People, what they are qualified for, and what they agreed to."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Now


class User(AbstractUser):
    """Anyone who signs in. What they may do comes from memberships, never from this row but for operators."""

    email = models.EmailField("email address", unique=True)
    timezone = models.CharField(max_length=64, default="UTC", help_text="IANA name, such as Europe/Zurich.")
    theme = models.CharField(
        max_length=8, default="", blank=True, choices=[("light", "light"), ("dark", "dark")]
    )
    hold_reason = models.TextField(blank=True, default="", help_text="Shown to the person. Empty: no hold.")
    hold_at = models.DateTimeField(null=True, blank=True)
    hold_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="hold_paired",
                condition=models.Q(hold_at__isnull=True, hold_by__isnull=True, hold_reason="")
                | models.Q(hold_at__isnull=False, hold_by__isnull=False) & ~models.Q(hold_reason=""),
            )
        ]

    @property
    def is_operator(self) -> bool:
        """Whether the person runs this installation."""
        return self.is_superuser


class Qualification(models.Model):
    """Something a person can be qualified for, such as “React review”."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    how = models.TextField(help_text="How to get it, in plain words; shown in an empty queue.")

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """A qualification held by a person."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    qualification = models.ForeignKey(Qualification, on_delete=models.PROTECT, related_name="grants")
    granted_at = models.DateTimeField(db_default=Now())
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "qualification"], name="granted_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.qualification}"


class Consent(models.Model):
    """Agreement to one version of one document; withdrawn by date, never deleted."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    document = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    given_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "document", "version"], name="consent_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.document} {self.version}"
