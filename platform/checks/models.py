"""Runs of checks: over a submission, over a draft that its author wants checked, or once more over old submissions."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from catalog.models import Project, Prompt
from checks.states import LikenessStatus, RerunStatus, RunStatus
from people.models import User
from work.models import DraftVersion, Submission


class Rerun(models.Model):
    """A check's present version over old submissions of a project, to see what it would change before it does."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    check_name = models.CharField("check", max_length=20)
    version = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, choices=RerunStatus.choices, default=RerunStatus.LOOKING)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "check_name"],
                condition=Q(status="looking"),
                name="one_rerun_of_a_check_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_name} v{self.version} again #{self.pk}"


class Retrial(models.Model):
    """One old submission in a rerun. Its run is no run of the submission until the rerun is applied."""

    rerun = models.ForeignKey(Rerun, on_delete=models.PROTECT, related_name="retrials")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rerun", "submission"], name="once_in_a_rerun"),
        ]

    def __str__(self) -> str:
        return f"submission {self.submission_id} in rerun {self.rerun_id}"


class CheckRuns(models.QuerySet["CheckRun"]):
    """Reads of check runs."""

    def standing(self) -> CheckRuns:
        """Without those whose verdict a later version of the same check has replaced."""
        later = CheckRun.objects.filter(
            submission=OuterRef("submission"),
            check_name=OuterRef("check_name"),
            version__gt=OuterRef("version"),
        )
        return self.filter(~Exists(later))


class CheckRun(models.Model):
    """One check, at one version, over one subject. `epoch` fences off a worker that lost its lease."""

    submission = models.ForeignKey(Submission, null=True, on_delete=models.PROTECT, related_name="check_runs")
    draft = models.ForeignKey(DraftVersion, null=True, on_delete=models.CASCADE, related_name="check_runs")
    retrial = models.OneToOneField(Retrial, null=True, on_delete=models.PROTECT, related_name="run")
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

    objects = CheckRuns.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["queue", "id"], name="run_due", condition=Q(status="queued")),
            models.Index(fields=["lease_until"], name="run_lease", condition=Q(status="running")),
        ]
        constraints = [
            models.CheckConstraint(
                name="run_has_one_subject",
                condition=Q(submission__isnull=False, draft__isnull=True)
                | Q(submission__isnull=True, draft__isnull=False, retrial__isnull=True)
                | Q(submission__isnull=True, draft__isnull=True, retrial__isnull=False),
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


class Signature(models.Model):
    """What a submission adds to its base, as hashes: kept when it arrives, so that no later check reads its files."""

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="signature")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    format = models.PositiveSmallIntegerField(help_text="How it was made; only equal formats are compared.")
    size = models.PositiveIntegerField(help_text="How many shingles it has.")
    shingles = models.BinaryField(help_text="Their upper halves: sorted 32-bit numbers, little-endian.")
    bands = ArrayField(
        models.BigIntegerField(), help_text="Keys of its MinHash bands; none when it is short."
    )

    class Meta:
        indexes = [
            models.Index(fields=["project", "submission"], name="signature_scan"),
            GinIndex(fields=["bands"], name="signature_bands"),
        ]

    def __str__(self) -> str:
        return f"signature of submission {self.submission_id}"


class Likeness(models.Model):
    """Two people's submissions are near each other: a case for a person. It moves neither of them."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    newer = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="likenesses", db_index=False)
    older = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="+")
    share = models.FloatField(help_text="Jaccard similarity of what each adds to its base, 0 to 1.")
    status = models.CharField(max_length=10, choices=LikenessStatus.choices, default=LikenessStatus.OPEN)
    found_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.TextField(blank=True, default="", help_text="What the lead found.")

    class Meta:
        verbose_name_plural = "likenesses"
        indexes = [models.Index(fields=["project", "status", "-id"], name="likeness_list")]
        constraints = [
            models.UniqueConstraint(fields=["newer", "older"], name="likeness_once"),
            models.CheckConstraint(name="newer_is_newer", condition=Q(newer__gt=F("older"))),
            models.CheckConstraint(
                name="likeness_decided_paired",
                condition=Q(status="open", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(status="open") & Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"submissions {self.older_id} and {self.newer_id}"
