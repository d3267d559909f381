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
from protect.models import ProtectedSet


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
    pay_after_days = models.PositiveSmallIntegerField(
        default=7, help_text="Work that nobody reviewed for so many days is paid all the same; 0: never."
    )
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
    assist_on = models.BooleanField(
        "contributors may ask the target model",
        default=False,
        help_text="Works where the operator has set an endpoint for the target model.",
    )
    assist_requests = models.PositiveSmallIntegerField(
        "questions a task", default=30, help_text="How often one person may ask on one task."
    )
    assist_tokens = models.PositiveIntegerField(
        "tokens a task",
        default=300_000,
        help_text="What one person’s questions on one task may cost, answers included.",
    )
    judge_on = models.BooleanField(
        default=False, db_default=False, help_text="The operator’s judging model looks at submissions here."
    )
    judge_orders = models.BooleanField(
        default=False, db_default=False, help_text="What it thinks of a submission orders the review queue."
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
            models.CheckConstraint(name="target_is_not_rival", condition=~models.Q(target=models.F("rival"))),
            models.CheckConstraint(
                name="only_a_judge_that_is_on_orders",
                condition=models.Q(judge_orders=False) | models.Q(judge_on=True),
            ),
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


class Acknowledgement(models.Model):
    """A person has read one version of a guideline and says so. Kept for good, as every version is."""

    guideline = models.ForeignKey(
        Guideline, on_delete=models.CASCADE, related_name="acknowledgements", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="acknowledgements", db_index=False
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "guideline"], name="acknowledged_once")]
        indexes = [models.Index(fields=["guideline", "-at"], name="acknowledged_list")]

    def __str__(self) -> str:
        return f"{self.user} has read {self.guideline}"


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


class PromptScan(models.Model):
    """One protected set, asked about every prompt that was here before it: how far, and what was found."""

    protected_set = models.OneToOneField(
        ProtectedSet, primary_key=True, on_delete=models.CASCADE, related_name="prompt_scan"
    )
    asked_to = models.BigIntegerField(default=0, help_text="The last prompt that was asked about.")
    kept_back = models.PositiveIntegerField(default=0, help_text="Prompts that were kept from work for it.")
    begun = models.PositiveIntegerField(
        default=0,
        help_text="Prompts that match and that people had begun to work on: releases leave them out.",
    )
    lease_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"prompts against {self.protected_set}"


class Generation(models.Model):
    """One model's output for one prompt."""

    # The unique constraint's index serves look-ups by prompt; nothing looks one model's outputs up.
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="generations", db_index=False)
    model = models.ForeignKey(CodeModel, on_delete=models.PROTECT, related_name="generations", db_index=False)
    fileset = models.ForeignKey(FileSet, on_delete=models.PROTECT, related_name="generations")
    params = models.JSONField(default=dict, blank=True)
    use = models.CharField(max_length=12, choices=Use.choices, help_text="Allowed use of this very output.")
    quarantine = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="Which names it tells, so that nobody is shown it; empty: none.",
    )
    names_accepted = models.BooleanField(
        default=False, db_default=False, help_text="A lead has read the names it tells, and lets them stand."
    )
    imported = models.ForeignKey(
        FileSet, null=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The files as they were imported, where names were taken out since.",
    )  # fmt: skip
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prompt", "model"], name="generation_once")]
        indexes = [
            models.Index(fields=["-id"], name="generation_quarantined", condition=~models.Q(quarantine="")),
            models.Index(
                fields=["imported"], name="generation_imported", condition=models.Q(imported__isnull=False)
            ),
        ]

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
