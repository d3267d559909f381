"""Runs of checks, over a submission or over a draft that its author wants checked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from checks.states import RunStatus
from work.models import DraftVersion, Submission


class CheckRun(models.Model):
    """One check, at one version, over one subject. `epoch` fences off a worker that lost its lease."""

    submission = models.ForeignKey(Submission, null=True, on_delete=models.PROTECT, related_name="check_runs")
    draft = models.ForeignKey(DraftVersion, null=True, on_delete=models.CASCADE, related_name="check_runs")
    check_name = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField()
    queue = models.CharField(max_length=10)
    policy = models.CharField(max_length=6)
    status = models.CharField(max_length=12, choices=RunStatus.choices, default=RunStatus.QUEUED)
    epoch = models.PositiveIntegerField(default=0)
    losses = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    summary = models.CharField(max_length=500, blank=True, default="")
    findings = models.JSONField(default=list)
    metrics = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict, help_text="Name to blob digest.")
    queued_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["queue", "id"], name="run_due", condition=Q(status="queued")),
            models.Index(fields=["lease_until"], name="run_lease", condition=Q(status="running")),
        ]
        constraints = [
            models.CheckConstraint(
                name="run_has_one_subject",
                condition=Q(submission__isnull=False, draft__isnull=True)
                | Q(submission__isnull=True, draft__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["submission", "check_name", "version"],
                condition=Q(submission__isnull=False),
                name="one_result_per_submission_and_check",
            ),
            models.UniqueConstraint(
                fields=["draft", "check_name", "version"],
                condition=Q(draft__isnull=False),
                name="one_result_per_draft_and_check",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_name} v{self.version} #{self.pk}"


class Sight(models.Model):
    """What the robot saw of a base or rival, kept as a blob; `key` digests everything the picture depends on."""

    key = models.CharField(max_length=64, unique=True)
    blob = models.CharField(max_length=64)
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.key[:12]
