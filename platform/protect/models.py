"""Protected benchmark sets: what must never be in a release."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ProtectedSet(models.Model):
    """A versioned list of benchmark items, kept as fingerprints only."""

    slug = models.SlugField(max_length=80)
    version = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=200, help_text="Where the benchmark is published.")
    licence = models.CharField(max_length=80)
    item_count = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the items' fingerprints.")
    probe = models.CharField(
        max_length=64,
        help_text="Digest of the fingerprints of a fixed text: shows when they are made otherwise.",
    )
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug", "version"], name="protected_version")]
        verbose_name = "protected set"

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ProtectedItem(models.Model):
    """One benchmark prompt or code item: its fingerprint, never its text."""

    protected_set = models.ForeignKey(ProtectedSet, on_delete=models.CASCADE, related_name="items")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=[("prompt", "prompt"), ("code", "code")])
    fingerprint = models.JSONField(help_text="Hashes as made by protect.fingerprints.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["protected_set", "kind", "key"], name="protected_item_once")
        ]
        verbose_name = "protected item"

    def __str__(self) -> str:
        return self.key


class ProtectedCanary(models.Model):
    """An item as it is, or lightly edited, for scans to find: its fingerprint, never its text."""

    protected_set = models.ForeignKey(ProtectedSet, on_delete=models.CASCADE, related_name="canaries")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=[("prompt", "prompt"), ("code", "code")])
    edit = models.CharField(max_length=16, help_text="One of protect.canaries.EDITS.")
    fingerprint = models.JSONField(help_text="Hashes as made by protect.fingerprints.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["protected_set", "kind", "key", "edit"], name="protected_canary_once"
            )
        ]
        verbose_name = "planted item"

    def __str__(self) -> str:
        return f"{self.key}, {self.edit}"
