"""What is worked on: projects, their rules and people, models, prompts and the models' outputs."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from catalog.states import ImportStatus, ProjectStatus
from core.models import FileSet
from people.models import Qualification
from people.rules import Role


class Use(models.TextChoices):
    """What an artefact's terms allow it to be used for."""

    TRAIN = "train", "May be trained on"
    EVAL_ONLY = "eval_only", "Evaluation only"
    NONE = "none", "No use"


class Framework(models.TextChoices):
    """What kind of front-end code a prompt asks for."""

    HTML = "html", "HTML, CSS, JavaScript"
    REACT = "react", "React, TSX"


class CodeModel(models.Model):
    """A model that writes code, and what its terms allow."""

    name = models.CharField(max_length=80, unique=True)
    vendor = models.CharField(max_length=80)
    use = models.CharField(max_length=12, choices=Use.choices, default=Use.EVAL_ONLY)
    terms = models.TextField(blank=True, help_text="Which terms say so, and where they are.")

    class Meta:
        verbose_name = "model"

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    """A target model to improve, a rival to beat, and the rules and pay of the work."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    purpose = models.TextField(
        blank=True, help_text="What contributors should know first, in a few sentences."
    )
    status = models.CharField(max_length=8, choices=ProjectStatus.choices, default=ProjectStatus.DRAFT)
    target = models.ForeignKey(CodeModel, on_delete=models.PROTECT, related_name="targeted_by")
    rival = models.ForeignKey(CodeModel, on_delete=models.PROTECT, related_name="rival_in")
    currency = models.CharField(max_length=3, default="EUR")
    pay_refine = models.PositiveIntegerField(
        default=1500, help_text="Minor units for an accepted refinement."
    )
    pay_write = models.PositiveIntegerField(
        default=2000, help_text="Minor units for an accepted page from scratch."
    )
    pay_review = models.PositiveIntegerField(default=400, help_text="Minor units for a review.")
    pay_compare = models.PositiveIntegerField(default=80, help_text="Minor units for a vote.")
    lease_minutes = models.PositiveSmallIntegerField(
        default=60, help_text="How long a claim is held without a heartbeat."
    )
    daily_cap = models.PositiveSmallIntegerField(default=0, help_text="Claims a person and day; 0: no cap.")
    seats_refine = models.PositiveSmallIntegerField(default=1, help_text="People who refine the same prompt.")
    max_bytes = models.PositiveIntegerField(
        default=1024 * 1024, help_text="Size limit of a submission, in bytes."
    )
    disclose_names = models.BooleanField(
        default=False, help_text="Show model names to contributors and reviewers."
    )
    check_policy = models.JSONField(
        default=dict, blank=True, help_text='Per check: "block", "warn" or "off".'
    )
    refine_needs = models.ForeignKey(
        Qualification, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    review_needs = models.ForeignKey(
        Qualification, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    compare_needs = models.ForeignKey(
        Qualification, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(name="target_is_not_rival", condition=~models.Q(target=models.F("rival")))
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One role of one person in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user", "role"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class Guideline(models.Model):
    """One version of a project's guideline, in Markdown. The newest is in force."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="guidelines")
    version = models.PositiveSmallIntegerField()
    text = models.TextField(help_text="Markdown.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="guideline_version")]
        ordering = ["project_id", "-version"]

    def __str__(self) -> str:
        return f"{self.project} guideline v{self.version}"


class GuidelineRule(models.Model):
    """A rule that a rejection can name."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rules")
    code = models.CharField(max_length=8)
    text = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "code"], name="rule_code")]
        ordering = ["project_id", "code"]
        verbose_name = "guideline rule"

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class Criterion(models.Model):
    """A question that contributors, reviewers and voters answer about a page."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="criteria")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=60)
    question = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "slug"], name="criterion_slug")]
        ordering = ["project_id", "position", "id"]
        verbose_name_plural = "criteria"

    def __str__(self) -> str:
        return self.name


class Prompt(models.Model):
    """What models and people were asked for."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="prompts", db_index=False)
    # Collation C: the unique index then also finds keys by how they begin.
    key = models.CharField(max_length=120, db_collation="C")
    text = models.TextField()
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    framework = models.CharField(max_length=8, choices=Framework.choices)
    source = models.CharField(max_length=300)
    licence = models.CharField(max_length=80)
    cluster = models.CharField(
        max_length=120, help_text="Near-equal prompts share one; splits never cross it."
    )
    held_out = models.BooleanField(default=False)
    quarantine = models.TextField(
        blank=True, default="", help_text="Why it is kept from work; empty: it is not."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="prompt_key")]
        indexes = [
            models.Index(fields=["project", "-id"], name="prompt_list"),
            models.Index(
                fields=["project", "-id"], name="prompt_quarantined", condition=~models.Q(quarantine="")
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Generation(models.Model):
    """One model's output for one prompt."""

    # The unique constraint's index serves look-ups by prompt; nothing looks one model's outputs up.
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="generations", db_index=False)
    model = models.ForeignKey(CodeModel, on_delete=models.PROTECT, related_name="generations", db_index=False)
    fileset = models.ForeignKey(FileSet, on_delete=models.PROTECT, related_name="generations")
    params = models.JSONField(default=dict, blank=True)
    use = models.CharField(max_length=12, choices=Use.choices, help_text="Allowed use of this very output.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prompt", "model"], name="generation_once")]

    def __str__(self) -> str:
        return f"{self.prompt} by {self.model}"


class Import(models.Model):
    """One run of an import: its file, its progress, its problems."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=200)
    path = models.CharField(max_length=300, help_text="Where the upload is kept, below MEDIA_ROOT.")
    update = models.BooleanField(
        default=False, help_text="Replace changed prompts and outputs under the same key."
    )
    status = models.CharField(max_length=8, choices=ImportStatus.choices, default=ImportStatus.QUEUED)
    phase = models.CharField(max_length=24, blank=True, default="")
    lines_done = models.PositiveIntegerField(default=0)
    lines_total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(
        default=list, help_text="The first of them; counts.problems tells how many there are."
    )
    epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="Empty: started from the command line.",
    )  # fmt: skip
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.file_name} → {self.project}"
