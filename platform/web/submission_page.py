"""A submission as its author reads it: no name of a person or a model, nothing of a verdict before it is final (I9)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from arena.models import Pair
from arena.states import PairOutcome, PairStatus
from checks import waiting
from checks.reading import runs_as_json
from checks.waiting import Estimate
from review.models import Dispute, Review
from web.work_pay import Pay, pay_of
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
class Progress:
    """The checks of a submission, and how long they will take while they run."""

    submission: Submission
    runs: list[dict[str, Any]]
    expected: Estimate | None

    @property
    def seen(self) -> str:
        """What is on the page, in short: while it is the same, a page that waits is told nothing new."""
        told = [
            *(run["status"] for run in self.runs),
            self.expected and (self.expected.words, self.expected.before),
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page shows."""

    submission: Submission
    progress: Progress
    review: Review | None
    dispute: Dispute | None
    may_dispute: bool
    next_round: Assignment | None
    verdict: Verdict | None
    explore: dict[str, Any]
    pay: Pay

    @property
    def kept_back(self) -> bool:
        """Whether it waits for the project's lead, because one of its pages names a model."""
        sent, task = self.submission, self.submission.task
        told = [sent.quarantine, *(side.quarantine for side in (task.base, task.rival) if side is not None)]
        return sent.status == SubmissionStatus.AWAITING_REVIEW and any(told)

    @property
    def has_words(self) -> bool:
        """Whether the review says more than its decision."""
        review = self.review
        fixed = self.submission.status == SubmissionStatus.SUPERSEDED
        return review is not None and (fixed or bool(review.rule or review.evidence or review.notes))


def progress_of(submission: Submission) -> Progress:
    """How far the checks of `submission` are."""
    runs = list(submission.check_runs.standing().order_by("id"))
    return Progress(submission, runs_as_json(runs), waiting.estimate(runs))


def page_of(submission: Submission) -> Page:
    """The page of `submission`, whose task, prompt, sides and assignment come with it."""
    review = Review.objects.filter(submission=submission).select_related("rule").order_by("-pk").first()
    dispute = Dispute.objects.filter(submission=submission).first()
    following = Assignment.objects.filter(follows=submission.assignment_id)
    pair = Pair.objects.filter(Q(submission=submission) | Q(submission__supersedes=submission)).first()
    return Page(
        submission=submission,
        progress=progress_of(submission),
        review=review,
        dispute=dispute,
        may_dispute=submission.status == SubmissionStatus.REJECTED and dispute is None,
        next_round=following.filter(
            reserved_for=submission.author_id, status__in=[AssignmentStatus.OPEN, AssignmentStatus.ACTIVE]
        ).first(),
        verdict=verdict_of(pair) if pair else None,
        explore=_explore(submission),
        pay=pay_of([submission])[submission.pk],
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
