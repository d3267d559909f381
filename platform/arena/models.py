"""Blind comparisons and their votes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from arena.states import PairKind, PairOutcome, PairStatus
from catalog.models import Project
from work.models import Assignment, Submission, Task
from work.states import AssistFault


class Pair(models.Model):
    """Two pages to be compared. Which is A and which is B is drawn anew for each voter."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="pairs", db_index=False)
    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="pair")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="pairs")
    kind = models.CharField(max_length=16, choices=PairKind.choices)
    status = models.CharField(max_length=10, choices=PairStatus.choices, default=PairStatus.OPEN)
    outcome = models.CharField(max_length=8, choices=PairOutcome.choices, blank=True, default="")
    wins = models.PositiveSmallIntegerField(default=0, help_text="Votes for the refined page.")
    losses = models.PositiveSmallIntegerField(default=0, help_text="Votes for the rival.")
    ties = models.PositiveSmallIntegerField(default=0, help_text="Ties, both bad among them.")
    gold = models.CharField(
        max_length=8, choices=PairOutcome.choices, blank=True, default="", db_default="",
        help_text="The known answer, by which votes on it are judged; empty: none is known.",
    )  # fmt: skip
    gold_at = models.DateTimeField(null=True)
    gold_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    opened_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["project", "status"], include=["outcome"], name="pair_list"),
            models.Index(fields=["id"], name="pair_gold", condition=~Q(gold="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["submission", "kind"], name="pair_once"),
            models.CheckConstraint(
                name="pair_decided_paired",
                condition=Q(status="open", decided_at__isnull=True, outcome="")
                | Q(status="decided", decided_at__isnull=False) & ~Q(outcome="")
                | Q(status="undecided", decided_at__isnull=False, outcome=""),
            ),
            models.CheckConstraint(
                name="pair_gold_paired",
                condition=Q(gold="", gold_at__isnull=True, gold_by__isnull=True)
                | ~Q(gold="") & Q(gold_at__isnull=False, gold_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Pair #{self.pk}"


class Vote(models.Model):
    """One blind judgement. Negative: A is better; positive: B; 0: a tie."""

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="votes")
    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="vote")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="votes")
    refined_is_a = models.BooleanField(help_text="Whether the refined page stood on the left, as A.")
    choice = models.SmallIntegerField()
    both_bad = models.BooleanField(default=False)
    criteria = models.JSONField(default=dict, help_text="Criterion slug to -3..3.")
    seconds = models.PositiveIntegerField(help_text="From reveal to vote, as the browser measured.")
    cast_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pair", "voter"], name="vote_once"),
            models.CheckConstraint(name="vote_range", condition=Q(choice__gte=-3, choice__lte=3)),
            models.CheckConstraint(name="both_bad_is_a_tie", condition=Q(both_bad=False) | Q(choice=0)),
        ]

    def __str__(self) -> str:
        return f"Vote #{self.pk}"


class Judgement(models.Model):
    """What the judging model said of a refinement beside its rival, asked once each way round. It decides nothing."""

    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, related_name="judgements", db_index=False
    )
    refined_is_a = models.BooleanField(help_text="Whether the refined page was shown first, as A.")
    better = models.CharField(
        max_length=8,
        choices=PairOutcome.choices,
        blank=True,
        default="",
        help_text="Empty: there was no answer.",
    )
    fault = models.CharField(max_length=12, choices=AssistFault.choices, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=1)
    asked_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="judgement_asked")]
        constraints = [
            models.UniqueConstraint(fields=["submission", "refined_is_a"], name="judged_once_each_way"),
            models.CheckConstraint(
                name="an_answer_or_a_fault",
                condition=Q(better="") & ~Q(fault="") | ~Q(better="") & Q(fault=""),
            ),
        ]

    def __str__(self) -> str:
        return f"judgement of {self.submission}"
