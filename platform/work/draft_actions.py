"""Writes to drafts and submissions: save, submit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Criterion
from core import filesets, jobs
from core.errors import BadInput, Conflict, Problem
from core.flow import NOW
from core.jobs import Job
from work import actions, drafts
from work.actions import LeaseLost
from work.models import Assignment, DraftVersion, Submission
from work.states import ASSIGNMENT, AUTHORING, SUBMISSION, AssignmentStatus, Outcome

if TYPE_CHECKING:
    from people.models import User

MAX_TEXT = 8_000
MIN_RATIONALE = 12


class StaleDraft(Conflict):
    """The draft was saved elsewhere since; `extra["theirs"]` is that version."""

    code = "stale_draft"
    title = "This draft was changed elsewhere"


def _checked_ratings(assignment: Assignment, ratings: object) -> dict[str, int]:
    slugs = set(Criterion.objects.filter(project=assignment.project_id).values_list("slug", flat=True))
    if not isinstance(ratings, Mapping) or not set(ratings) <= slugs:
        raise BadInput(
            "The ratings do not fit the project's criteria.",
            problems=[Problem("ratings", f"must map some of {sorted(slugs)} to 1..5", "Reload the page.")],
        )
    for slug, value in ratings.items():
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 5:
            raise BadInput(
                "A rating is a whole number from 1 to 5.", problems=[Problem(f"ratings.{slug}", "is not", "")]
            )
    return {str(slug): int(value) for slug, value in ratings.items()}


def _checked_text(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or "\x00" in value:
        raise BadInput(
            "The text cannot be taken.",
            problems=[Problem(where, f"must be text of at most {MAX_TEXT:,} characters", "Shorten it.")],
        )
    return value


@transaction.atomic
def save(
    *, by: User, assignment: Assignment, rev: int, files: object, rationale: object, ratings: object
) -> DraftVersion:
    """Save the draft version that follows `rev`, and extend the lease.

    Saving what is already the newest content answers with that version. Raises StaleDraft when `rev` is not the
    newest, LeaseLost when the assignment is not held, BadInput when the files are not sound.
    """
    checked = filesets.check(files, max_bytes=assignment.project.max_bytes)
    text = _checked_text(rationale, "rationale")
    marks = _checked_ratings(assignment, ratings)
    _demand_held(by, assignment)
    newest = drafts.newest(assignment)
    current = newest.rev if newest else 0
    if rev != current:
        raise _stale(newest)
    fileset = filesets.store(checked)
    Assignment.objects.filter(pk=assignment.pk).update(
        lease_until=timezone.now() + timedelta(minutes=assignment.project.lease_minutes)
    )
    if newest and (newest.fileset_id, newest.rationale, newest.ratings) == (fileset.pk, text, marks):
        return newest
    try:
        with transaction.atomic():
            return DraftVersion.objects.create(
                assignment=assignment,
                rev=rev + 1,
                fileset=fileset,
                rationale=text,
                ratings=marks,
                saved_at=timezone.now(),
            )
    except IntegrityError:
        raise _stale(drafts.newest(assignment)) from None


def _demand_held(by: User, assignment: Assignment) -> None:
    """Hold the assignment's row against a racing submit, release or expiry until we commit."""
    row = (
        Assignment.objects.select_for_update(no_key=True)
        .filter(pk=assignment.pk, assignee=by, status=AssignmentStatus.ACTIVE)
        .values_list("pk")
        .first()
    )
    if row is None:
        raise LeaseLost("The lease of this task has ended. Your draft is kept as it was last saved.")


def _stale(theirs: DraftVersion | None) -> StaleDraft:
    return StaleDraft(
        "It was saved from another tab or device since this page last saw it. Nothing of either side is lost: choose.",
        extra={"theirs": drafts.as_json(theirs) if theirs else None},
    )


@transaction.atomic
def submit(*, by: User, assignment: Assignment, rev: int, outcome: Outcome, reason: str) -> Submission:
    """Freeze the draft at `rev` as a submission and ring for its checks.

    An expired assignment is taken again first, if its seat is still free. Raises StaleDraft, LeaseLost, or
    BadInput when there is nothing to send or no reason is given.
    """
    if assignment.kind not in AUTHORING:
        raise BadInput("Only refine and write tasks are submitted here.")
    newest = drafts.newest(assignment)
    if (newest.rev if newest else 0) != rev:
        raise _stale(newest)
    why = _checked_text(reason, "reason").strip() or (newest.rationale.strip() if newest else "")
    if len(why) < MIN_RATIONALE:
        raise BadInput(
            "Say why, so that the reviewer can judge it.",
            problems=[
                Problem(
                    "reason", "is too short", "Write a sentence: what is better than the rival, or why not."
                )
            ],
        )
    if outcome == Outcome.REFINED and newest is None:
        raise BadInput(
            "There is no saved draft to submit.", problems=[Problem("files", "are unchanged", "Edit first.")]
        )
    if outcome == Outcome.ALREADY_BEATS and assignment.task.base_id is None:
        raise BadInput(
            "There is no base that could already beat the rival: this page is written from scratch."
        )
    if assignment.status == AssignmentStatus.EXPIRED and assignment.assignee_id == by.pk:
        assignment = _take_again(by, assignment)
    if assignment.status != AssignmentStatus.ACTIVE or assignment.assignee_id != by.pk:
        raise LeaseLost("This task is no longer yours to submit. Your draft is kept.")
    ASSIGNMENT.move(assignment, "submit", by=by, where={"assignee": by.pk}, ended_at=NOW)
    submission = Submission(
        project_id=assignment.project_id,
        task_id=assignment.task_id,
        assignment=assignment,
        author=by,
        outcome=outcome,
        fileset_id=newest.fileset_id if newest and outcome == Outcome.REFINED else None,
        rationale=why,
        ratings=newest.ratings if newest else {},
        round=assignment.round,
    )
    SUBMISSION.create(submission, by=by)
    jobs.ring(Job.PLAN_CHECKS, submission.pk)
    return submission


def _take_again(by: User, expired: Assignment) -> Assignment:
    """A late submit: take the fresh seat of the same task, if it is still open."""
    seat = drafts.free_seat_like(expired)
    if seat is None:
        raise LeaseLost("The lease had ended and somebody else holds the task now. Your draft is kept.")
    taken = actions.claim_seat(by=by, seat=seat)
    return Assignment.objects.select_related("task", "project").get(pk=taken.pk)
