"""Writes to tasks and their seats: open, claim, keep, release, expire, withdraw.

Invariant held by every function here: `open + active + submitted seats = task.seats` (I6).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from catalog.models import Project
from catalog.states import ProjectStatus
from core.errors import Conflict, NotAllowed
from core.flow import NOW, DatabaseNow
from work import kept_back, queue
from work.models import Assignment, Submission, Task
from work.states import ASSIGNMENT, TASK, AssignmentStatus, TaskKind, TaskStatus

if TYPE_CHECKING:
    from people.models import User

MAX_REJECTIONS = 3  # A prompt rejected this often is not handed out again.


class AlreadyActive(Conflict):
    """The person already holds an assignment; `assignment` is it."""

    code = "already_active"
    title = "You already hold a task"

    def __init__(self, assignment: Assignment) -> None:
        super().__init__("Finish or release the task you hold before you claim another.")
        self.assignment = assignment


class NothingToClaim(Conflict):
    """No seat could be given; `reason` says why, typed."""

    code = "nothing_to_claim"
    title = "Nothing to claim"

    def __init__(self, reason: queue.Empty) -> None:
        super().__init__(reason.sentence, extra={"reason": reason.kind.value})
        self.reason = reason


class LeaseLost(Conflict):
    """The assignment is no longer held by this person."""

    code = "lease_lost"
    title = "This task is no longer yours"


@dataclass(frozen=True, slots=True)
class Opened:
    """How many tasks were opened; how many prompts wait for the rival's output, and how many for a lead's look at names."""

    refine: int
    write: int
    waiting: int
    telling: int = 0


@transaction.atomic
def open_tasks(*, project: Project, by: User | None) -> Opened:
    """Open an authoring task for each prompt that has the rival's output and no such task yet.

    With the target's output it is a refine task, without it a write task. What is in quarantine, a prompt or one
    of its two outputs, is left out.
    """
    params = {
        "project": project.pk,
        "target": project.target_id,
        "rival": project.rival_id,
        "seats": project.seats_refine,
        "by": by.pk if by else None,
    }
    with connection.cursor() as cursor:
        # Right after an import the planner takes the tables for small, and would join them row by row.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(
            """
            WITH fresh AS (
                INSERT INTO work_task (project_id, kind, prompt_id, base_id, rival_id, status, seats, priority, created_at)
                SELECT p.project_id, CASE WHEN base.id IS NULL THEN 'write' ELSE 'refine' END, p.id, base.id, rival.id,
                       'open', %(seats)s, floor(random() * 2147483647)::int, clock_timestamp()
                FROM catalog_prompt p
                JOIN catalog_generation rival ON rival.prompt_id = p.id AND rival.model_id = %(rival)s
                    AND rival.quarantine = ''
                LEFT JOIN catalog_generation base ON base.prompt_id = p.id AND base.model_id = %(target)s
                WHERE p.project_id = %(project)s AND p.quarantine = '' AND coalesce(base.quarantine, '') = ''
                  AND NOT EXISTS (
                    SELECT 1 FROM work_task t
                    WHERE t.project_id = p.project_id AND t.prompt_id = p.id AND t.kind IN ('refine', 'write'))
                ON CONFLICT DO NOTHING
                RETURNING id, project_id, kind, prompt_id, priority, seats
            ), seats AS (
                INSERT INTO work_assignment
                    (task_id, project_id, kind, lineage, priority, status, currency, round, release_reason)
                SELECT f.id, f.project_id, f.kind, hashtextextended(f.project_id || ':' || p.cluster, 0), f.priority,
                       'open', '', 1, ''
                FROM fresh f JOIN catalog_prompt p ON p.id = f.prompt_id, generate_series(1, f.seats)
                RETURNING id
            ), said AS (
                INSERT INTO core_event (machine, verb, object_id, source, target, actor_id, data, at)
                SELECT 'work.task', 'create', id, '', 'open', %(by)s::bigint, '{}'::jsonb, clock_timestamp() FROM fresh
                UNION ALL
                SELECT 'work.assignment', 'create', id, '', 'open', %(by)s::bigint, '{}'::jsonb, clock_timestamp() FROM seats
            )
            SELECT kind, count(*) FROM fresh GROUP BY kind
            """,
            params,
        )
        made = dict(cursor.fetchall())
        cursor.execute(
            "SELECT count(*) FROM catalog_prompt p WHERE p.project_id = %(project)s AND p.quarantine = '' AND NOT EXISTS"
            " (SELECT 1 FROM catalog_generation g WHERE g.prompt_id = p.id AND g.model_id = %(rival)s)",
            params,
        )
        waiting = int(cursor.fetchone()[0])
        cursor.execute("SET LOCAL enable_nestloop = on")
    return Opened(made.get("refine", 0), made.get("write", 0), waiting, telling=kept_back.prompts(project))


@transaction.atomic
def open_follow_up(*, kind: TaskKind, submission: Submission, seats: int, by: User | None) -> Task:
    """Open a review or compare task about a submission, with `seats` open seats, at a random place in the queue."""
    source = submission.task
    with connection.cursor() as cursor:
        cursor.execute("SELECT floor(random() * 2147483647)::int")
        priority = int(cursor.fetchone()[0])
    task = Task(
        project_id=submission.project_id,
        kind=kind,
        prompt_id=source.prompt_id,
        base_id=source.base_id,
        rival_id=source.rival_id,
        submission=submission,
        seats=seats,
        priority=priority,
    )
    TASK.create(task, by=by)
    lineage = Assignment.objects.filter(task_id=source.pk).values_list("lineage", flat=True)[0]
    for _ in range(seats):
        _seat(task, lineage=lineage, by=by)
    return task


def _seat(
    task: Task,
    *,
    lineage: int,
    by: User | None,
    reserved_for: User | None = None,
    round_: int = 1,
    follows: Assignment | None = None,
    feedback: Mapping[str, object] | None = None,
) -> Assignment:
    seat = Assignment(
        task=task,
        project_id=task.project_id,
        kind=task.kind,
        lineage=lineage,
        priority=task.priority,
        reserved_for=reserved_for,
        round=round_,
        follows=follows,
        feedback=feedback,
    )
    ASSIGNMENT.create(seat, by=by)
    return seat


@transaction.atomic
def add_seats(*, task: Task, n: int, by: User | None) -> bool:
    """Want `n` more people on a task; False, and nothing is done, when it was withdrawn."""
    # Locked: a withdrawal at this moment comes before, or finds the new seats.
    if Task.objects.select_for_update(no_key=True).get(pk=task.pk).status == TaskStatus.WITHDRAWN:
        return False
    lineage = task.assignments.values_list("lineage", flat=True)[0]
    Task.objects.filter(pk=task.pk).update(seats=F("seats") + n)
    for _ in range(n):
        _seat(task, lineage=lineage, by=by)
    return True


@transaction.atomic
def open_round(*, submission: Submission, feedback: Mapping[str, object], by: User | None) -> Assignment:
    """Give the author of a returned submission one more seat, reserved and seeded with what was sent.

    `feedback` (decision, notes, findings) is what the bench shows as the reason for the round.
    """
    previous = submission.assignment
    task = submission.task
    Task.objects.filter(pk=task.pk).update(seats=F("seats") + 1)
    return _seat(
        task,
        lineage=previous.lineage,
        by=by,
        reserved_for=submission.author,
        # The submission's, not the seat's: a reviewer's fix was sent from the seat of a review.
        round_=submission.round + 1,
        follows=previous,
        feedback=feedback,
    )


@transaction.atomic
def reopen_after_rejection(*, submission: Submission, by: User | None) -> bool:
    """Hand the prompt to somebody else after a rejection; False once it was rejected too often, or withdrawn."""
    if submission.task.submissions.filter(status="rejected").count() >= MAX_REJECTIONS:
        return False
    return add_seats(task=submission.task, n=1, by=by)


@transaction.atomic
def settle_if_done(*, task: Task, by: User | None) -> bool:
    """Settle an open task none of whose seats is open or held; returns whether it was settled."""
    locked = Task.objects.select_for_update().get(pk=task.pk)
    waiting = [AssignmentStatus.OPEN, AssignmentStatus.ACTIVE]
    if not TASK.can(locked.status, "settle") or locked.assignments.filter(status__in=waiting).exists():
        return False
    TASK.move(locked, "settle", by=by)
    return True


@transaction.atomic
def withdraw_task(*, task: Task, by: User | None, reason: str) -> None:
    """Take a task out of the queue. Open seats are withdrawn; who holds one may finish and is paid."""
    TASK.move(task, "withdraw", by=by, note={"reason": reason})
    withdrawn = ASSIGNMENT.take(
        "SELECT id, status FROM work_assignment WHERE task_id = %s AND status = 'open' FOR UPDATE",
        [task.pk],
        "withdraw",
        by=by,
    )
    Task.objects.filter(pk=task.pk).update(seats=F("seats") - len(withdrawn))


# One statement finds a seat, locks it and takes it. It walks the partial index of open seats from its head, and
# finds nothing for who holds a seat already.
_CLAIM = f"""
    SELECT seat.id, seat.status FROM work_assignment seat
    WHERE seat.project_id = %s AND seat.kind = %s AND {queue.CLAIMABLE}
      AND NOT EXISTS (SELECT 1 FROM work_assignment held WHERE held.assignee_id = %s AND held.status = 'active')
    ORDER BY seat.priority, seat.id LIMIT 1 FOR UPDATE OF seat SKIP LOCKED
"""


def claim(*, by: User, project_id: int, kind: TaskKind) -> Assignment:
    """Give `by` the next seat of a kind in a project, under a lease and at a frozen quote.

    Raises NotAllowed without the role, AlreadyActive when the person holds a seat, and NothingToClaim with the
    typed reason when there is none to give.
    """
    desk = queue.standing(by, project_id=project_id, kind=kind)
    if desk.closed is None:
        taken = _take(_CLAIM, [project_id, kind, by.pk, by.pk, by.pk], desk.project, kind, by=by)
        if taken is not None:
            return taken
    if (held := queue.active_seat(by)) is not None:
        raise AlreadyActive(held)
    raise NothingToClaim(desk.closed or queue.why_none(by, project=desk.project, kind=kind))


def claim_seat(*, by: User, seat: Assignment) -> Assignment:
    """Give `by` one very seat: their reserved next round, or a seat they held and lost.

    Raises AlreadyActive, or LeaseLost when the seat is gone or was never theirs to take.
    """
    kind = TaskKind(seat.kind)
    desk = queue.standing(by, project_id=seat.project_id, kind=kind)
    held = queue.active_seat(by)
    if held is not None and held.pk != seat.pk:
        raise AlreadyActive(held)
    if desk.project.status != ProjectStatus.ACTIVE or by.hold_reason:
        raise NotAllowed(by.hold_reason or "This project does not hand out work at the moment.")
    mine = queue.takeable_by(by).filter(pk=seat.pk).exists()
    select = f"SELECT id, status FROM work_assignment seat WHERE id = %s AND {queue.TAKEABLE} FOR UPDATE SKIP LOCKED"
    taken = _take(select, [seat.pk, by.pk, by.pk], desk.project, kind, by=by) if mine else None
    if taken is None:
        raise LeaseLost(
            "Somebody else holds this task now. Your draft is kept; you can copy it from My work."
        )
    return taken


def resume_seat(*, by: User, seat: Assignment) -> Assignment:
    """`claim_seat` for somebody who begins again: raises NothingToClaim for what would bar a claim by now.

    That is a guideline to be read first, a name of a model found in one of its pages and, but for a round of one's own,
    a qualification that is lacking, or the day's cap unless the task is among what was claimed today. Work that is only
    sent late meets none of these.
    """
    desk = queue.standing(by, project_id=seat.project_id, kind=TaskKind(seat.kind))
    if desk.unread is not None:
        raise NothingToClaim(desk.unread)
    if seat.reserved_for_id != by.pk and desk.closed is not None and queue.bars_again(by, seat, desk.closed):
        raise NothingToClaim(desk.closed)
    if kept_back.among([seat.pk]):
        raise NothingToClaim(queue.KEPT_BACK_AGAIN)
    return claim_seat(by=by, seat=seat)


def _take(
    select: str, params: list[object], project: Project, kind: TaskKind, *, by: User
) -> Assignment | None:
    # Alone, the statement is its own transaction; within one, a refusal must not spoil what came before it.
    guard = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with guard:
            ids = ASSIGNMENT.take(
                select,
                params,
                "claim",
                by=by,
                planned=True,
                assignee=by,
                quote=queue.pay_for(project, kind),
                currency=project.currency,
                claimed_at=NOW,
                lease_until=DatabaseNow(project.lease_minutes * 60),
            )
    except IntegrityError:
        # Two claims of one person at once: the constraint let one through.
        held = queue.active_seat(by)
        if held is None:
            return None
        raise AlreadyActive(held) from None
    return Assignment(pk=ids[0], kind=kind, project_id=project.pk) if ids else None


def heartbeat(*, by: User, assignment: Assignment) -> Assignment:
    """Extend the lease of a held assignment by the project's lease. Raises LeaseLost when it is not held."""
    extended = Assignment.objects.filter(
        pk=assignment.pk, assignee=by, status=AssignmentStatus.ACTIVE
    ).update(lease_until=Now() + timedelta(minutes=assignment.project.lease_minutes))
    if not extended:
        raise LeaseLost("The lease of this task has ended. Your draft is kept.")
    assignment.refresh_from_db(fields=["lease_until"])
    return assignment


@transaction.atomic
def release(*, by: User, assignment: Assignment, reason: str) -> None:
    """Give a seat back without penalty; a fresh one is opened for others. The draft is kept."""
    ASSIGNMENT.move(
        assignment,
        "release",
        by=by,
        where={"assignee": by.pk},
        ended_at=NOW,
        release_reason=reason[:300],
    )
    _replace([assignment.pk], keep_reservation=False, by=by)


def expire_due(*, limit: int = 200) -> int:
    """Expire leases that have run out, a few at a time, and open fresh seats; returns how many."""
    with transaction.atomic():
        ids = ASSIGNMENT.take(
            "SELECT id, status FROM work_assignment WHERE status = 'active' AND lease_until < clock_timestamp()"
            " ORDER BY lease_until LIMIT %s FOR UPDATE SKIP LOCKED",
            [limit],
            "expire",
            by=None,
            ended_at=NOW,
        )
        _replace(ids, keep_reservation=True, by=None)
    return len(ids)


def _replace(ids: list[int], *, keep_reservation: bool, by: User | None) -> None:
    """Open one fresh seat for each ended one, in the same transaction. A reserved round stays its author's on expiry.

    A task withdrawn meanwhile gets none: it wants one seat fewer instead.
    """
    found = Assignment.objects.filter(pk__in=ids).select_related("task", "reserved_for", "follows")
    # Locked: a withdrawal at this moment comes before, or finds the fresh seat. In one order, so that none wait in a ring.
    for ended in found.select_for_update(of=("task",), no_key=True).order_by("task_id"):
        if ended.task.status != TaskStatus.OPEN:
            Task.objects.filter(pk=ended.task_id).update(seats=F("seats") - 1)
            continue
        kept = keep_reservation and ended.reserved_for is not None
        _seat(
            ended.task,
            lineage=ended.lineage,
            by=by,
            reserved_for=ended.reserved_for if kept else None,
            round_=ended.round if kept else 1,
            follows=ended.follows if kept else None,
            feedback=ended.feedback if kept else None,
        )
