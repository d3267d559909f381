"""What was paid for submissions, read from the ledger: work may be paid before it is judged, and once a task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum

from ledger.models import Entry
from review.pay_actions import source_of
from work.models import Submission
from work.states import SubmissionStatus

# Ended without pay; a later round may still earn it.
UNPAID = (SubmissionStatus.REJECTED, SubmissionStatus.RETURNED, SubmissionStatus.CHANGES_REQUESTED)
ACCEPTED = (SubmissionStatus.ACCEPTED, SubmissionStatus.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class Pay:
    """`posted`: minor units on the statement for this submission; `earlier`: the round whose pay covers this one."""

    posted: int = 0
    earlier: int | None = None
    pending: bool = False

    @property
    def none(self) -> bool:
        """Whether nothing was paid and nothing will be."""
        return not self.posted and self.earlier is None and not self.pending


def pay_of(submissions: Sequence[Submission]) -> dict[int, Pay]:
    """Pay by id of submission, in two queries; all are of one author."""
    if not submissions:
        return {}
    author = submissions[0].author_id
    tasks = {one.task_id for one in submissions}
    rounds: dict[int, list[tuple[int, int]]] = defaultdict(list)
    sent = Submission.objects.filter(task__in=tasks, author=author, fixed_by=None).order_by("round")
    for pk, task, number in sent.values_list("pk", "task_id", "round"):
        rounds[task].append((number, pk))
    sources = [source_of(pk) for each in rounds.values() for _, pk in each]
    entries = Entry.objects.filter(user=author, transaction__source__in=sources).order_by()
    # With reversals: what was taken back is no longer paid.
    posted = dict(
        entries.values("transaction__source")
        .annotate(sum=Sum("amount"))
        .values_list("transaction__source", "sum")
    )
    return {one.pk: _pay(one, rounds[one.task_id], posted) for one in submissions}


def _pay(submission: Submission, rounds: list[tuple[int, int]], posted: dict[str, int]) -> Pay:
    own = posted.get(source_of(submission.pk), 0)
    before = [number for number, pk in rounds if number < submission.round and posted.get(source_of(pk))]
    waits = submission.status not in UNPAID + ACCEPTED
    return Pay(own, None if own or not before else before[0], waits and not own and not before)
