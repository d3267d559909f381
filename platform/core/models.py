"""Rows every other room stands on: files by content, events, idempotency keys, kept counters."""

from __future__ import annotations

import json
from typing import cast

from django.db import models
from django.db.models.functions import Now


class FileSet(models.Model):
    """An immutable set of text files, named by the SHA-256 of its canonical JSON.

    `body` is that JSON as text (sorted keys, no spaces): exports stream it without parsing it.
    """

    digest = models.CharField(max_length=64, unique=True)
    body = models.TextField()
    file_count = models.PositiveSmallIntegerField()
    byte_size = models.PositiveIntegerField(help_text="Sum of the files' UTF-8 sizes, in bytes.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "file set"

    def __str__(self) -> str:
        return f"{self.digest[:12]} ({self.file_count} files)"

    @property
    def files(self) -> dict[str, str]:
        """The files, path to text."""
        return cast("dict[str, str]", json.loads(self.body))


class Event(models.Model):
    """One thing that happened. No foreign keys: the trail outlives what it speaks of."""

    machine = models.CharField(max_length=40)
    verb = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    source = models.CharField(max_length=24)
    target = models.CharField(max_length=24)
    actor_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["machine", "object_id", "id"], name="event_object")]

    def __str__(self) -> str:
        return f"{self.machine} {self.object_id}: {self.verb}"


class IdempotencyKey(models.Model):
    """The answer given to one (person, key): asked again, it is given again."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return self.key


class Tally(models.Model):
    """Deltas of counts that pages show. Triggers append them; the sweep folds them; readers sum them.

    Appending never waits for another writer, as updating one counter row would.
    """

    project_id = models.BigIntegerField()
    subject = models.CharField(max_length=24)
    kind = models.CharField(max_length=16)
    status = models.CharField(max_length=24)
    n = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["project_id", "subject", "kind", "status"], include=["n"], name="tally_read")
        ]
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.subject} {self.kind} {self.status} {self.n:+d}"
