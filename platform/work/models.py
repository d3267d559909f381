"""The queue and what comes of it: tasks, their seats, drafts and submissions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import Generation, Project, Prompt
from core.models import FileSet
from work.states import (
    ASSIST_OPEN,
    AUTHORING,
    AssignmentStatus,
    AssistScope,
    AssistStatus,
    Outcome,
    SubmissionStatus,
    TaskKind,
    TaskStatus,
)


class Task(models.Model):
    """Something people are paid to do. Review and compare tasks are about a submission."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    kind = models.CharField(max_length=8, choices=TaskKind.choices)
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="tasks")
    base = models.ForeignKey(
        Generation, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rival = models.ForeignKey(
        Generation, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    submission = models.ForeignKey(
        "work.Submission", null=True, on_delete=models.PROTECT, related_name="follow_ups", db_index=False
    )
    status = models.CharField(max_length=10, choices=TaskStatus.choices, default=TaskStatus.OPEN)
    seats = models.PositiveSmallIntegerField(default=1, help_text="open + active + submitted seats, always")
    priority = models.IntegerField(help_text="Lower comes first; random where order must not tell.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["project", "kind", "status", "-id"], name="task_list"),
            models.Index(
                fields=["submission"], name="task_submission", condition=Q(submission__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "prompt"],
                condition=Q(kind__in=AUTHORING),
                name="one_authoring_task_per_prompt",
            ),
            models.CheckConstraint(
                name="task_subject",
                condition=Q(kind__in=AUTHORING, submission__isnull=True)
                | Q(kind__in=[TaskKind.REVIEW, TaskKind.COMPARE], submission__isnull=False),
            ),
            models.CheckConstraint(
                name="write_has_no_base", condition=~Q(kind=TaskKind.WRITE) | Q(base__isnull=True)
            ),
            models.CheckConstraint(
                name="refine_has_base", condition=~Q(kind=TaskKind.REFINE) | Q(base__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class Assignment(models.Model):
    """One seat of a task. Project, kind, priority and lineage are copied so that a claim reads one table."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=TaskKind.choices)
    lineage = models.BigIntegerField(
        help_text="Hash of project and prompt cluster: who judges must be new to it."
    )
    priority = models.IntegerField()
    status = models.CharField(max_length=10, choices=AssignmentStatus.choices, default=AssignmentStatus.OPEN)
    reserved_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="assignments",
        db_index=False,
    )
    quote = models.PositiveIntegerField(null=True, help_text="Minor units, frozen at claim.")
    currency = models.CharField(max_length=3, blank=True, default="")
    round = models.PositiveSmallIntegerField(default=1)
    follows = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The assignment whose draft seeds this one.",
    )  # fmt: skip
    claimed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=300, blank=True, default="")
    feedback = models.JSONField(
        null=True,
        help_text="Why there is this further round: decision, notes, rule, findings; shown on the bench.",
    )

    class Meta:
        indexes = [
            # The claim: walked from its head, never past closed seats.
            models.Index(
                fields=["project", "kind", "priority", "id"], name="seat_claim", condition=Q(status="open")
            ),
            models.Index(fields=["lease_until"], name="seat_lease", condition=Q(status="active")),
            models.Index(
                fields=["assignee", "lineage"], name="seat_lineage", condition=Q(assignee__isnull=False)
            ),
            models.Index(
                fields=["assignee", "-claimed_at"], name="seat_mine", condition=Q(assignee__isnull=False)
            ),
            models.Index(
                fields=["reserved_for"],
                name="seat_reserved",
                condition=Q(reserved_for__isnull=False, status="open"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["assignee"], condition=Q(status="active"), name="one_active_assignment_per_person"
            ),
            models.UniqueConstraint(
                fields=["task", "assignee", "round"],
                condition=Q(status__in=["active", "submitted"]),
                name="no_person_twice_on_a_task",
            ),
            models.CheckConstraint(
                name="seat_state_fits_its_fields",
                condition=Q(status__in=["open", "withdrawn"], assignee__isnull=True, quote__isnull=True,
                            claimed_at__isnull=True, lease_until__isnull=True)
                | Q(status="active", assignee__isnull=False, quote__isnull=False, claimed_at__isnull=False,
                    lease_until__isnull=False, ended_at__isnull=True)
                | Q(status__in=["submitted", "released", "expired"], assignee__isnull=False, quote__isnull=False,
                    claimed_at__isnull=False, ended_at__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} seat #{self.pk}"


class DraftVersion(models.Model):
    """One autosaved version of a draft. The highest `rev` is the draft; a save names the one it follows."""

    assignment = models.ForeignKey(
        Assignment, on_delete=models.PROTECT, related_name="versions", db_index=False
    )
    rev = models.PositiveIntegerField()
    fileset = models.ForeignKey(FileSet, on_delete=models.PROTECT, related_name="+", db_index=False)
    rationale = models.TextField(blank=True, default="")
    ratings = models.JSONField(default=dict)
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Forgetting a file set asks each table that may point to it.
        indexes = [models.Index(fields=["fileset"], name="draft_files")]
        constraints = [models.UniqueConstraint(fields=["assignment", "rev"], name="draft_rev")]
        verbose_name = "draft version"

    def __str__(self) -> str:
        return f"draft of seat {self.assignment_id}, rev {self.rev}"


class Submission(models.Model):
    """Frozen work: a refinement, or one of the paid outcomes without one."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="submissions", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="submissions")
    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="submission")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="submissions", db_index=False
    )
    fixed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The reviewer whose fix this is.",
    )  # fmt: skip
    supersedes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    fileset = models.ForeignKey(FileSet, null=True, on_delete=models.PROTECT, related_name="+")
    quarantine = models.TextField(
        blank=True, default="", db_default="",
        help_text="Which names of models or vendors it tells, so that nobody is shown it; empty: none.",
    )  # fmt: skip
    names_accepted = models.BooleanField(
        default=False, db_default=False, help_text="A lead has read the names it tells, and lets them stand."
    )
    sent = models.ForeignKey(
        FileSet, null=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The files as they were sent, where names were taken out since.",
    )  # fmt: skip
    rationale = models.TextField()
    ratings = models.JSONField(default=dict)
    model_share = models.FloatField(
        null=True,
        help_text="0 to 1: the in-task model's part of what is not the base's. Empty: no files, or not known.",
    )
    origins = models.JSONField(
        null=True, help_text="Tokens by origin, as model_share was counted: kept, model, copied, person."
    )
    round = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(
        max_length=20, choices=SubmissionStatus.choices, default=SubmissionStatus.CHECKING
    )
    submitted_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["author", "-id"], name="submission_mine"),
            models.Index(fields=["project", "status", "-id"], name="submission_list"),
            models.Index(fields=["id"], name="submission_checking", condition=Q(status="checking")),
            models.Index(fields=["-id"], name="submission_quarantined", condition=~Q(quarantine="")),
            models.Index(fields=["sent"], name="submission_sent", condition=Q(sent__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="refined_has_files", condition=~Q(outcome=Outcome.REFINED) | Q(fileset__isnull=False)
            ),
            models.CheckConstraint(
                name="model_share_is_a_share",
                condition=Q(model_share__isnull=True) | Q(model_share__gte=0, model_share__lte=1),
            ),
            models.CheckConstraint(
                name="fix_names_its_original",
                condition=Q(fixed_by__isnull=True, supersedes__isnull=True)
                | Q(fixed_by__isnull=False, supersedes__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Submission #{self.pk}"


class Watch(models.Model):
    """A person's wish to be told when work of a kind opens for them in a project. Ended by deleting it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watches")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=TaskKind.choices)
    since = models.DateTimeField(db_default=Now())
    looked_at = models.DateTimeField(null=True, help_text="When the sweep last looked for it.")
    told_at = models.DateTimeField(
        null=True, help_text="When the opening was told; empty again once the work is gone."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "project", "kind"], name="watch_once")]
        indexes = [models.Index(fields=["looked_at", "id"], name="watch_due")]
        verbose_name_plural = "watches"

    def __str__(self) -> str:
        return f"{self.user} waits for {self.get_kind_display().lower()} work in {self.project}"


class Notice(models.Model):
    """One opening of work, told to one person: on their pages until `seen_at`, and by mail where there is mail."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=TaskKind.choices)
    at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True)
    mail_due = models.BooleanField(default=False)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mail_lease_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_unseen", condition=Q(seen_at__isnull=True)),
            models.Index(fields=["id"], name="notice_mail", condition=Q(mail_due=True)),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_kind_display().lower()} work in {self.project} is open"


class AssistTurn(models.Model):
    """One question to the in-task model from the bench, and what came back."""

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="turns")
    scope = models.CharField(max_length=10, choices=AssistScope.choices)
    path = models.CharField(max_length=200, blank=True, default="", help_text="The file asked about.")
    first_line = models.PositiveIntegerField(null=True, help_text="Of the selection, counted from 1.")
    last_line = models.PositiveIntegerField(null=True, help_text="Of the selection, itself included.")
    instruction = models.TextField(blank=True, default="")
    fileset = models.ForeignKey(
        FileSet, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The draft as it was when asked: what the answer is compared with.",
    )  # fmt: skip
    status = models.CharField(max_length=10, choices=AssistStatus.choices, default=AssistStatus.ASKED)
    fault = models.CharField(
        max_length=12, blank=True, default="", help_text="One of AssistFault; its label is shown."
    )
    answer = models.TextField(blank=True, default="", help_text="Untrusted text, as far as it came.")
    tokens = models.PositiveIntegerField(
        help_text="Set aside while it is open; once it is over, what question and answer cost."
    )
    lease_until = models.DateTimeField(help_text="An open question not renewed by then is over.")
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["lease_until"], name="assist_due", condition=Q(status__in=ASSIST_OPEN)),
            models.Index(fields=["fileset"], name="assist_files"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"], condition=Q(status__in=ASSIST_OPEN), name="one_open_question_per_seat"
            ),
            models.CheckConstraint(
                name="over_has_an_end",
                condition=Q(status__in=ASSIST_OPEN, ended_at__isnull=True)
                | (~Q(status__in=ASSIST_OPEN) & Q(ended_at__isnull=False)),
            ),
        ]
        verbose_name = "question to the model"

    def __str__(self) -> str:
        return f"question #{self.pk} of seat {self.assignment_id}"


class AssistHunk(models.Model):
    """A piece of an answer that the person took: where it stood in the answer's file, and its text."""

    turn = models.ForeignKey(AssistTurn, on_delete=models.PROTECT, related_name="hunks", db_index=False)
    path = models.CharField(max_length=200)
    first_line = models.PositiveIntegerField(help_text="In the answer's file, counted from 1.")
    line_count = models.PositiveIntegerField(help_text="0: lines were only taken away.")
    text = models.TextField(blank=True)
    accepted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["turn", "path", "first_line"], name="hunk_once")]
        verbose_name = "accepted piece"

    def __str__(self) -> str:
        return f"{self.path}:{self.first_line} of question {self.turn_id}"
