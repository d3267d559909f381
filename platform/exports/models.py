"""Recipes, the releases built from them, and the tokens that may fetch them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Project
from exports.states import ReleaseStatus


class Recipe(models.Model):
    """What a release is made of. Same recipe and data, same bytes."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="recipes")
    name = models.SlugField(max_length=60, help_text="The dataset's name.")
    configs = ArrayField(models.CharField(max_length=24), help_text="Which views are written.")
    formats = ArrayField(models.CharField(max_length=8), help_text="parquet, jsonl")
    tags = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Only prompts with one of these; empty: all.",
    )
    held_out_share = models.FloatField(
        default=0.1, help_text="Share of prompt clusters in the test split, 0 to 0.5."
    )
    min_votes = models.PositiveSmallIntegerField(default=3)
    seed = models.PositiveIntegerField(default=1)
    licence = models.CharField(
        max_length=40, default="other", help_text="SPDX id of the dataset's licence, or other."
    )
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="recipe_name"),
            models.CheckConstraint(
                name="held_out_share_range", condition=Q(held_out_share__gte=0, held_out_share__lte=0.5)
            ),
            models.CheckConstraint(name="min_votes_range", condition=Q(min_votes__gte=3)),
        ]

    def __str__(self) -> str:
        return self.name


class Release(models.Model):
    """One build of a recipe. Its recipe and the moment it looks at are frozen here."""

    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="releases")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=20, help_text="Semantic version, such as 1.0.0.")
    frozen = models.JSONField(help_text="The recipe's fields as they were.")
    as_of = models.DateTimeField(help_text="Only verdicts reached before this moment are in.")
    status = models.CharField(max_length=10, choices=ReleaseStatus.choices, default=ReleaseStatus.BUILDING)
    phase = models.CharField(max_length=40, blank=True, default="")
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    epoch = models.PositiveIntegerField(default=0)
    losses = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    manifest = models.JSONField(default=dict)
    manifest_sha256 = models.CharField(max_length=64, blank=True, default="")
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipe", "version"], name="release_version")]
        indexes = [models.Index(fields=["lease_until"], name="release_due", condition=Q(status="building"))]

    def __str__(self) -> str:
        return f"{self.recipe} {self.version}"


class ReleaseFile(models.Model):
    """One file of a published release, as the manifest names it."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="files")
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    byte_size = models.BigIntegerField()
    row_count = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "path"], name="release_file_once")]
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path


class Token(models.Model):
    """A key to one project's releases. Only its SHA-256 is kept; it is shown once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"
