"""What reviewers decided, and what contributors said against it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models import GuidelineRule
from review.states import Decision, DisputeStatus
from work.models import Assignment, Submission, Task


class Review(models.Model):
    """One decision about one submission, with its reasons."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reviews")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="reviews")
    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="review")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=16, choices=Decision.choices)
    notes = models.TextField(blank=True, default="", help_text="Shown to the contributor.")
    rule = models.ForeignKey(GuidelineRule, null=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.TextField(blank=True, default="")
    scores = models.JSONField(default=dict, help_text="Criterion slug to 1..5.")
    decided_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rejection_names_rule_and_evidence",
                condition=~Q(decision=Decision.REJECT) | Q(rule__isnull=False) & ~Q(evidence=""),
            ),
            models.CheckConstraint(
                name="changes_say_what", condition=~Q(decision=Decision.REQUEST_CHANGES) | ~Q(notes="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} of {self.submission}"


class Dispute(models.Model):
    """A contributor's objection to a rejection."""

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="dispute")
    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="dispute")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="disputes")
    reason = models.TextField()
    status = models.CharField(max_length=10, choices=DisputeStatus.choices, default=DisputeStatus.OPEN)
    opened_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"Dispute of {self.submission}"
