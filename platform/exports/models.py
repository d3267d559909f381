"""Recipes, the releases built from them, and the tokens that may fetch them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import CodeModel, Project
from exports import versions
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
    frameworks = ArrayField(
        models.CharField(max_length=8),
        default=list,
        blank=True,
        help_text="Only prompts of these; empty: all.",
    )
    licences = ArrayField(
        models.CharField(max_length=80),
        default=list,
        blank=True,
        help_text="Only prompts under these licences; empty: all.",
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


class RightsOverride(models.Model):
    """A lead's word that outputs of a model may be trained on in a project although its terms allow less."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="rights_overrides")
    model = models.ForeignKey(CodeModel, on_delete=models.PROTECT, related_name="rights_overrides")
    reason = models.TextField(help_text="What allows it, and where that is written. Printed in every card.")
    made_at = models.DateTimeField(db_default=Now())
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "model"], condition=Q(ended_at__isnull=True), name="one_override_in_force"
            ),
            models.CheckConstraint(
                name="override_end_paired",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
            models.CheckConstraint(name="override_says_why", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.model} in {self.project}"


class Release(models.Model):
    """One build of a recipe. Its recipe and the moment it looks at are frozen here."""

    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="releases")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=20, help_text="Semantic version, such as 1.0.0.")
    frozen = models.JSONField(help_text="The recipe's fields as they were.")
    as_of = models.DateTimeField(help_text="Only verdicts reached before this moment are in.")
    previous = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+",
        help_text="The release that its changes are told against.",
    )  # fmt: skip
    note = models.TextField(
        blank=True, default="", help_text="Why there is this release; shown in its changes."
    )
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
    deprecated_at = models.DateTimeField(null=True)
    deprecated_reason = models.TextField(blank=True, default="", help_text="Shown wherever it is served.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipe", "version"], name="release_version")]
        indexes = [models.Index(fields=["lease_until"], name="release_due", condition=Q(status="building"))]

    def __str__(self) -> str:
        return f"{self.recipe} {self.version}"

    def newer(self) -> Release | None:
        """The highest published version of the recipe, if it is above this one."""
        others = Release.objects.filter(recipe=self.recipe_id, status=ReleaseStatus.PUBLISHED)
        best = max(others.select_related("recipe"), key=lambda row: versions.parse(row.version), default=None)
        return best if best and versions.parse(best.version) > versions.parse(self.version) else None


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


class ReleasePerson(models.Model):
    """How much of a release stems from one person: who withdraws consent withdraws these releases."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="people")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    row_count = models.PositiveIntegerField(help_text="Rows and judgements.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "user"], name="release_person_once")]
        verbose_name_plural = "release people"

    def __str__(self) -> str:
        return f"{self.release}: {self.row_count}"


class Rescan(models.Model):
    """What a published release was asked again after the protected registry had grown, and what was found."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="rescans")
    registry_version = models.PositiveIntegerField()
    registry_sha256 = models.CharField(max_length=64)
    row_count = models.PositiveIntegerField(default=0, help_text="Rows that were looked at.")
    match_count = models.PositiveIntegerField(default=0, help_text="Rows that match a set registered since.")
    found = models.JSONField(
        default=list, help_text="The first of them: row, set, version, key, rule, score."
    )
    error = models.TextField(blank=True, default="", help_text="Why it could not be asked; empty: it was.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "registry_sha256"], name="rescan_once"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.release} against registry {self.registry_version}"

    @property
    def result(self) -> str:
        """What came of it, in a sentence."""
        asked = f"Against version {self.registry_version} of the protected registry"
        if self.error:
            return f"{asked}: could not be scanned. {self.error}"
        if self.match_count:
            rows = "1 row matches" if self.match_count == 1 else f"{self.match_count:,} rows match"
            return f"{asked}: {rows} what was registered since."
        return f"{asked}: no match by these rules at these thresholds."


class Verb(models.TextChoices):
    """What a token may do, within what its person may."""

    READ = "read", "List and look at releases, with their manifests"
    DOWNLOAD = "download", "Download files"
    PROJECT = "project", "Read the project: prompts, tasks, figures, imports, protected sets"
    IMPORT = "import", "Import prompts"
    BUILD = "build", "Build, deprecate and withdraw releases"
    WEBHOOKS = "webhooks", "Manage webhooks, and read their log"


def _read_and_download() -> list[str]:
    return [Verb.READ.value, Verb.DOWNLOAD.value]


class Token(models.Model):
    """A key to one project, or to one dataset of it, for some verbs. Only its SHA-256 is kept; it is shown once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tokens")
    recipe = models.ForeignKey(
        Recipe, null=True, on_delete=models.CASCADE, related_name="tokens", verbose_name="dataset",
        help_text="Only its releases; empty: every dataset of the project.",
    )  # fmt: skip
    verbs = ArrayField(models.CharField(max_length=10), default=_read_and_download)
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"
