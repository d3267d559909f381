"""Writes to drafts and submissions: save, submit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from catalog.models import Criterion
from core import filesets, jobs
from core.errors import BadInput, Conflict, Problem
from core.flow import NOW
from core.jobs import Job
from work import actions, assist, drafts, versions
from work.actions import LeaseLost
from work.models import Assignment, DraftVersion, Submission
from work.states import ASSIGNMENT, AUTHORING, SUBMISSION, AssignmentStatus, Outcome

if TYPE_CHECKING:
    from people.models import User

MAX_TEXT = 8_000
MIN_RATIONALE = 12
THIN_EVERY = 50  # saves


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
        lease_until=Now() + timedelta(minutes=assignment.project.lease_minutes)
    )
    if newest and (newest.fileset_id, newest.rationale, newest.ratings) == (fileset.pk, text, marks):
        return newest
    try:
        with transaction.atomic():
            saved = DraftVersion.objects.create(
                assignment=assignment,
                rev=rev + 1,
                fileset=fileset,
                rationale=text,
                ratings=marks,
                saved_at=timezone.now(),
            )
    except IntegrityError:
        raise _stale(drafts.newest(assignment)) from None
    if saved.rev % THIN_EVERY == 0:
        _thin(assignment)
    return saved


# File sets are shared by content: those that nothing else points to go with the last version that had them. One that
# somebody is about to point to is locked by `filesets.store`, and stays.
_FORGET_FILES = """
    DELETE FROM core_fileset WHERE id IN (
        SELECT files.id FROM core_fileset files WHERE files.id = ANY(%s)
          AND NOT EXISTS (SELECT 1 FROM work_draftversion WHERE fileset_id = files.id)
          AND NOT EXISTS (SELECT 1 FROM work_assistturn WHERE fileset_id = files.id)
          AND NOT EXISTS (SELECT 1 FROM work_submission WHERE fileset_id = files.id)
          AND NOT EXISTS (SELECT 1 FROM work_submission WHERE sent_id = files.id)
          AND NOT EXISTS (SELECT 1 FROM catalog_generation WHERE fileset_id = files.id)
          AND NOT EXISTS (SELECT 1 FROM catalog_generation WHERE imported_id = files.id)
        FOR UPDATE SKIP LOCKED)
"""


def _thin(assignment: Assignment) -> None:
    """Forget what `versions.superfluous` names, except what a check has looked at. Under the seat's lock."""
    history = list(assignment.versions.order_by("rev").values_list("rev", "fileset"))
    gone = assignment.versions.filter(rev__in=versions.superfluous(history), check_runs__isnull=True)
    files = list(gone.values_list("fileset", flat=True))
    gone.delete()
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_FILES, [files])


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


# No savepoint: a refusal undoes the whole request, and its answer is kept in the same transaction.
@transaction.atomic(savepoint=False)
def submit(*, by: User, assignment: Assignment, rev: int, outcome: Outcome, reason: str) -> Submission:
    """Freeze the draft at `rev` as a submission and ring for its checks.

    An expired assignment is taken again first, if its seat is still free. Raises StaleDraft, LeaseLost, or
    BadInput when there is nothing to send or no reason is given.
    """
    if assignment.kind not in AUTHORING:
        raise BadInput("Only refine and write tasks are submitted here.")
    newest, asked = assist.newest(assignment)
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
    fileset_id = newest.fileset_id if newest and outcome == Outcome.REFINED else None
    submission = Submission(
        project_id=assignment.project_id,
        task_id=assignment.task_id,
        assignment=assignment,
        author=by,
        outcome=outcome,
        fileset_id=fileset_id,
        rationale=why,
        ratings=newest.ratings if newest else {},
        round=assignment.round,
        **_authorship(assignment, fileset_id, asked=asked),
    )
    SUBMISSION.create(submission, by=by)
    jobs.ring(Job.PLAN_CHECKS, submission.pk)
    return submission


def _authorship(assignment: Assignment, fileset_id: int | None, *, asked: bool) -> dict[str, object]:
    """Whose what is sent is: all the person's where the model was never asked, nothing where nothing is sent."""
    if fileset_id is None or not asked:
        return {"model_share": None if fileset_id is None else 0.0}
    return assist.authorship(assignment, fileset_id)


def _take_again(by: User, expired: Assignment) -> Assignment:
    """A late submit: take the fresh seat of the same task, if it is still open."""
    seat = drafts.free_seats(expired.task_id, by.pk).first()
    if seat is None:
        raise LeaseLost("The lease had ended and somebody else holds the task now. Your draft is kept.")
    taken = actions.claim_seat(by=by, seat=seat)
    return Assignment.objects.select_related("task", "project").get(pk=taken.pk)
