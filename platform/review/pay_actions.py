"""Paying authors: when their work is accepted, and when it has waited too long for a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from ledger.actions import post_pay
from ledger.models import Transaction
from work.models import Submission
from work.states import SubmissionStatus

if TYPE_CHECKING:
    from people.models import User


def pay_author(submission: Submission, *, by: User | None, why: str = "") -> bool:
    """Owe the author the quote that was frozen at claim, once a task; returns whether it was posted now.

    A reviewer's fix owes nothing, since what it mends was paid; nor does a further round of work whose earlier round
    was paid because nobody reviewed it in time.
    """
    if submission.fixed_by_id is not None or _was_paid_before(submission):
        return False
    seat = submission.assignment
    return post_pay(
        source=source_of(submission.pk),
        kind=seat.kind,
        project_id=submission.project_id,
        to=submission.author,
        amount=seat.quote or 0,
        currency=seat.currency,
        memo=f"{submission.get_outcome_display()}, submission {submission.pk}{why}",
        by=by,
    )


def source_of(pk: int) -> str:
    """Under which source of the ledger the author of submission `pk` is paid."""
    return f"work.submission:{pk}"


def _was_paid_before(submission: Submission) -> bool:
    if submission.round == 1:
        return False
    rounds = Submission.objects.filter(
        task=submission.task_id, author=submission.author_id, round__lt=submission.round, fixed_by=None
    )
    sources = [source_of(pk) for pk in rounds.values_list("pk", flat=True)]
    return Transaction.objects.filter(source__in=sources, kind=submission.assignment.kind).exists()


# Judged by the database's clock. Who is on hold waits until a person has looked.
_WAITED_TOO_LONG = """
    SELECT sent.id FROM work_submission sent
    JOIN catalog_project project ON project.id = sent.project_id AND project.pay_after_days > 0
    JOIN work_assignment seat ON seat.id = sent.assignment_id AND seat.quote > 0
    JOIN people_user author ON author.id = sent.author_id AND author.hold_reason = ''
    WHERE sent.status = 'awaiting_review' AND sent.fixed_by_id IS NULL
      AND sent.submitted_at < clock_timestamp() - make_interval(days => project.pay_after_days)
      AND NOT EXISTS (
          SELECT 1 FROM work_submission round
          JOIN ledger_transaction paid ON paid.source = 'work.submission:' || round.id AND paid.kind = seat.kind
          WHERE round.task_id = sent.task_id AND round.author_id = sent.author_id)
    ORDER BY sent.id LIMIT %s
"""


def pay_unreviewed(*, limit: int = 100) -> int:
    """Pay work that has awaited a review for longer than its project allows; returns how many.

    The review stays open and may still ask for changes or reject: what was paid stays paid.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WAITED_TOO_LONG, [limit])
        due = [int(pk) for (pk,) in cursor.fetchall()]
    return sum(_pay_one(pk) for pk in due)


@transaction.atomic
def _pay_one(pk: int) -> bool:
    # Locked, since a review may be deciding it at this moment; that one then pays, or has refused to.
    sent = (
        Submission.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("project", "assignment", "author")
        .filter(pk=pk, status=SubmissionStatus.AWAITING_REVIEW)
        .first()
    )
    if sent is None:
        return False
    return pay_author(sent, by=None, why=f", unreviewed for {sent.project.pay_after_days} days")
