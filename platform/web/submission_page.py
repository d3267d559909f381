"""A submission as its author reads it: no name of a person or a model, nothing of a verdict before it is final (I9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from arena.models import Pair
from arena.states import PairOutcome, PairStatus
from checks.reading import runs_as_json
from review.models import Dispute, Review
from work.held import preview_as_json, side_as_json
from work.models import Assignment, Submission
from work.states import AssignmentStatus, SubmissionStatus


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the voters said, in words. `won` is None while it is open or when they could not agree."""

    sentence: str
    won: bool | None
    final: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page shows."""

    submission: Submission
    runs: list[dict[str, Any]]
    review: Review | None
    dispute: Dispute | None
    may_dispute: bool
    next_round: Assignment | None
    verdict: Verdict | None
    explore: dict[str, Any]

    @property
    def has_words(self) -> bool:
        """Whether the review says more than its decision."""
        review = self.review
        fixed = self.submission.status == SubmissionStatus.SUPERSEDED
        return review is not None and (fixed or bool(review.rule or review.evidence or review.notes))


def page_of(submission: Submission) -> Page:
    """The page of `submission`, whose task, prompt, sides and assignment come with it."""
    review = Review.objects.filter(submission=submission).select_related("rule").order_by("-pk").first()
    dispute = Dispute.objects.filter(submission=submission).first()
    following = Assignment.objects.filter(follows=submission.assignment_id)
    pair = Pair.objects.filter(Q(submission=submission) | Q(submission__supersedes=submission)).first()
    return Page(
        submission=submission,
        runs=runs_as_json(submission.check_runs.order_by("id")),
        review=review,
        dispute=dispute,
        may_dispute=submission.status == SubmissionStatus.REJECTED and dispute is None,
        next_round=following.filter(
            reserved_for=submission.author_id, status__in=[AssignmentStatus.OPEN, AssignmentStatus.ACTIVE]
        ).first(),
        verdict=verdict_of(pair) if pair else None,
        explore=_explore(submission),
    )


def verdict_of(pair: Pair) -> Verdict:
    """A pair's verdict in words; the count is told only once it is final."""
    if pair.status == PairStatus.OPEN:
        return Verdict("Voters are comparing your page with the rival’s, blind.", None, False)
    ties = f", with {pair.ties} {'tie' if pair.ties == 1 else 'ties'}" if pair.ties else ""
    match pair.outcome:
        case PairOutcome.REFINED:
            return Verdict(f"Voters preferred your page {pair.wins} : {pair.losses}{ties}.", True, True)
        case PairOutcome.RIVAL:
            return Verdict(
                f"Voters preferred the rival’s page {pair.losses} : {pair.wins}{ties}.", False, True
            )
        case PairOutcome.TIE:
            return Verdict(f"Voters found both pages equal, {pair.wins} : {pair.losses}{ties}.", False, True)
        case _:
            return Verdict(f"Voters could not agree: {pair.wins} : {pair.losses}{ties}.", None, True)


def _explore(submission: Submission) -> dict[str, Any]:
    """The pages to run side by side, as explore.js reads them."""
    task = submission.task
    sides = [
        ("Base", "base", side_as_json(task.base)),
        ("Rival", "rival", side_as_json(task.rival)),
        ("Yours", "refined", {"files": submission.fileset.files} if submission.fileset else None),
    ]
    return {
        "preview": preview_as_json(),
        "sets": [
            {"label": label, "role": role, "framework": task.prompt.framework, **side}
            for label, role, side in sides
            if side is not None
        ],
    }
