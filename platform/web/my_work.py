"""A person's own work, read for the list: where each piece stands, what was said of it, what it earns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from checks.models import CheckRun
from checks.states import Policy, RunStatus
from review.models import Review
from web.work_pay import Pay, pay_of
from work.drafts import free_seats
from work.models import Assignment, DraftVersion, Submission
from work.states import AUTHORING, AssignmentStatus, TaskKind

if TYPE_CHECKING:
    from people.models import User

MAX_DRAFTS = 20
_JUDGING = (TaskKind.REVIEW, TaskKind.COMPARE)


@dataclass(frozen=True, slots=True)
class Row:
    """One submission of the list. `remark` is what a check or a reviewer said, if anything."""

    submission: Submission
    remark: str
    pay: Pay


def submissions(user: User) -> QuerySet[Submission]:
    """What the person sent, newest first; a reviewer's fix belongs to the page of what it fixes."""
    sent = Submission.objects.filter(author=user, fixed_by=None).order_by("-pk")
    return sent.select_related("task__prompt", "project", "assignment")


def rows(page: Sequence[Submission]) -> list[Row]:
    """Rows of one page of submissions, in four further queries."""
    ids = [submission.pk for submission in page]
    remarks: dict[int, str] = {}
    blocked = CheckRun.objects.standing().filter(
        submission__in=ids, status=RunStatus.FAILED, policy=Policy.BLOCK
    )
    for run in blocked.order_by("submission_id", "-pk"):
        if run.submission_id is not None:
            remarks[run.submission_id] = run.summary
    for review in Review.objects.filter(submission__in=ids).select_related("rule").order_by("pk"):
        remarks[review.submission_id] = remark_of(review)
    pay = pay_of(page)
    return [Row(submission, remarks.get(submission.pk, ""), pay[submission.pk]) for submission in page]


def remark_of(review: Review) -> str:
    """The words of a review that its author should read first."""
    named = f"Rule {review.rule.code}: {review.rule.text}" if review.rule else ""
    return named or review.notes


def judged(user: User) -> QuerySet[Assignment]:
    """Reviews and votes that the person sent, newest first."""
    sent = Assignment.objects.filter(assignee=user, kind__in=_JUDGING, status=AssignmentStatus.SUBMITTED)
    return sent.select_related("project").order_by("-claimed_at")


def kept_drafts(user: User) -> list[Assignment]:
    """Seats the person lost or gave back with a draft saved, and did not come back to; newest first.

    `free_seat` is the id of the open seat on which the draft can be taken up again, None while there is none.
    """
    drafts = DraftVersion.objects.filter(assignment=OuterRef("pk"))
    since = Assignment.objects.filter(
        task=OuterRef("task"),
        assignee=user,
        status__in=[AssignmentStatus.ACTIVE, AssignmentStatus.SUBMITTED],
        pk__gt=OuterRef("pk"),
    )
    later = Assignment.objects.filter(
        Exists(DraftVersion.objects.filter(assignment=OuterRef("pk"))),
        task=OuterRef("task"),
        assignee=user,
        pk__gt=OuterRef("pk"),
    )
    ended = Assignment.objects.filter(
        ~Exists(since),
        ~Exists(later),
        Exists(drafts),
        assignee=user,
        kind__in=AUTHORING,
        status__in=[AssignmentStatus.EXPIRED, AssignmentStatus.RELEASED],
    )
    found = ended.annotate(free_seat=Subquery(free_seats(OuterRef("task"), user.pk).values("pk")[:1]))
    return list(found.select_related("task__prompt", "project").order_by("-claimed_at")[:MAX_DRAFTS])


def free_seats_of(drafts: Sequence[Assignment]) -> list[int]:
    """The free seats of what `kept_drafts` found."""
    return [pk for seat in drafts if (pk := getattr(seat, "free_seat", None)) is not None]
