"""Writes of the arena: open a blind pair, take a vote, decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from arena import sides, stopping
from arena.models import Pair, Vote
from arena.states import PAIR, PairKind, PairStatus
from arena.stopping import State, Tally
from catalog.models import Criterion
from core import flow, jobs
from core.errors import BadInput, Problem
from core.flow import NOW
from core.jobs import Job
from ledger.actions import post_pay
from work import actions as work_actions
from work import kept_back, queue
from work.actions import LeaseLost
from work.models import Assignment, Submission
from work.states import ASSIGNMENT, AssignmentStatus, Outcome, SubmissionStatus, TaskKind, TaskStatus

if TYPE_CHECKING:
    from people.models import User

MAX_SECONDS = 24 * 3600


def _key() -> bytes:
    return settings.SECRET_KEY.encode()


@transaction.atomic
def open_pair(*, submission_id: int) -> None:
    """Open the blind pair refined vs rival of an accepted refinement, once, with the fewest seats that can decide it."""
    submission = Submission.objects.select_for_update().select_related("task").get(pk=submission_id)
    judged = submission.status == SubmissionStatus.ACCEPTED and submission.outcome == Outcome.REFINED
    if not judged or submission.task.rival_id is None or submission.pairs.exists():
        return
    task = work_actions.open_follow_up(
        kind=TaskKind.COMPARE, submission=submission, seats=stopping.LEAST, by=None
    )
    pair = Pair.objects.create(
        project_id=submission.project_id, task=task, submission=submission, kind=PairKind.REFINED_RIVAL
    )
    flow.created(PAIR, pair, by=None)


def ring_due(*, limit: int = 200) -> int:
    """Ring again for accepted refinements whose pair nobody opened; returns how many rings."""
    waiting = Submission.objects.filter(
        status=SubmissionStatus.ACCEPTED,
        outcome=Outcome.REFINED,
        task__rival__isnull=False,
        pairs__isnull=True,
    )
    due = list(waiting.order_by("id").values_list("pk", flat=True)[:limit])
    for pk in due:
        jobs.ring_now(Job.OPEN_PAIR, pk)
    return len(due)


def leave_withdrawn(*, limit: int = 200) -> int:
    """Leave undecided what nobody is asked about any more: open pairs of withdrawn tasks without a seat; returns how many."""
    asked = Assignment.objects.filter(
        task=OuterRef("task"), status__in=[AssignmentStatus.OPEN, AssignmentStatus.ACTIVE]
    )
    stuck = Pair.objects.filter(~Exists(asked), status=PairStatus.OPEN, task__status=TaskStatus.WITHDRAWN)
    left = 0
    for pk in stuck.order_by("id").values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            pair = (
                Pair.objects.select_for_update(skip_locked=True).filter(pk=pk, status=PairStatus.OPEN).first()
            )
            if pair is not None:
                PAIR.move(pair, "leave", by=None, note={"why": "withdrawn"}, outcome="", decided_at=NOW)
                left += 1
    return left


def refined_is_a(pair: Pair, voter: User) -> bool:
    """Whether this voter sees the refined page on the left. Fixed for pair and voter, not foreseeable."""
    return not sides.swapped(_key(), pair.pk, voter.pk)


@transaction.atomic
def vote(
    *,
    by: User,
    assignment: Assignment,
    choice: int,
    both_bad: bool,
    criteria: Mapping[str, object],
    seconds: int,
) -> Vote | None:
    """Take one vote under a held compare assignment, pay it, and decide the pair if that was enough.

    `choice` runs from -3 (A much better) to 3 (B much better). None when a page was found to name a model since the
    claim: that vote is paid and not counted, and somebody else is asked. Raises BadInput, LeaseLost, or NotAllowed
    without the role.
    """
    if assignment.assignee_id != by.pk or assignment.status != AssignmentStatus.ACTIVE:
        raise LeaseLost("This comparison is no longer yours. Your vote was not counted.")
    # The role may have been taken away since the claim, and a heartbeat keeps a seat for ever.
    queue.demand_role(by, project_id=assignment.project_id, kind=TaskKind.COMPARE)
    if not -3 <= choice <= 3 or (both_bad and choice != 0):
        raise BadInput(
            "Choose one point of the scale.",
            problems=[Problem("choice", "must be -3 to 3; 0 for both bad", "")],
        )
    pair = Pair.objects.select_for_update().get(task=assignment.task_id)
    checked = _criteria(pair, criteria)
    ASSIGNMENT.move(assignment, "submit", by=by, where={"assignee": by.pk}, ended_at=NOW)
    if kept_back.among([assignment.pk]):
        _pay(assignment, pair, by=by, source=f"work.assignment:{assignment.pk}")
        work_actions.add_seats(task=pair.task, n=1, by=None)
        return None
    cast = Vote.objects.create(
        pair=pair,
        assignment=assignment,
        voter=by,
        refined_is_a=refined_is_a(pair, by),
        choice=choice,
        both_bad=both_bad,
        criteria=checked,
        seconds=max(0, min(seconds, MAX_SECONDS)),
    )
    _pay(assignment, pair, by=by, source=f"arena.vote:{cast.pk}")
    _count(pair)
    return cast


def _pay(assignment: Assignment, pair: Pair, *, by: User, source: str) -> None:
    post_pay(
        source=source,
        kind="compare",
        project_id=pair.project_id,
        to=by,
        amount=assignment.quote or 0,
        currency=assignment.currency,
        memo=f"Vote on pair {pair.pk}",
        by=by,
    )


def _criteria(pair: Pair, criteria: Mapping[str, object]) -> dict[str, int]:
    slugs = set(Criterion.objects.filter(project=pair.project_id).values_list("slug", flat=True))
    for slug, value in criteria.items():
        if slug not in slugs or not isinstance(value, int) or isinstance(value, bool) or not -3 <= value <= 3:
            raise BadInput(
                "The criteria do not fit.",
                problems=[
                    Problem(f"criteria.{slug}"[:80], "is not -3 to 3 for a criterion of this project", "")
                ],
            )
    return {slug: int(value) for slug, value in criteria.items() if isinstance(value, int)}


def _count(pair: Pair) -> None:
    """Count the votes and apply the stopping rule; open further seats when more votes are wanted."""
    scores = [
        sides.for_first(choice, not is_a) for choice, is_a in pair.votes.values_list("choice", "refined_is_a")
    ]
    tally = Tally.of(scores)
    counted = {"wins": tally.refined, "losses": tally.rival, "ties": tally.ties}
    Pair.objects.filter(pk=pair.pk).update(**counted)
    waiting = pair.task.assignments.filter(
        status__in=[AssignmentStatus.OPEN, AssignmentStatus.ACTIVE]
    ).count()
    decision = stopping.decide(tally, gold=bool(pair.gold))
    if waiting:
        return
    if decision.state == State.OPEN and work_actions.add_seats(task=pair.task, n=decision.wants, by=None):
        return
    # Open still, of a withdrawn task: nobody more is asked, so it is left undecided.
    if pair.status == PairStatus.OPEN:
        outcome = decision.winner.value if decision.winner else ""
        PAIR.move(
            pair, "decide" if outcome else "leave", by=None, note=counted, outcome=outcome, decided_at=NOW
        )
        work_actions.settle_if_done(task=pair.task, by=None)
