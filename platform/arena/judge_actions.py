"""Writes around the judging model: switch it on, ask it, let it order the review queue.

It may triage and never decides: what it says changes which submission a reviewer is handed first, and nothing else. One
question at a time on the whole site, so that slow answers hold one hand of a worker at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from arena import judge_call, judge_prompt, judge_reading
from arena.models import Judgement, Pair
from arena.states import PairStatus
from arena.stopping import Winner
from catalog.models import Project
from catalog.rules import demand
from core import audit, jobs
from core.errors import BadInput, Conflict, NotAllowed
from core.jobs import Job
from people.rules import Permission
from work.assist_protocol import Broken
from work.models import Submission, Task
from work.states import AssistFault, Outcome, SubmissionStatus, TaskKind, TaskStatus

if TYPE_CHECKING:
    from people.models import User
    from work.assist_endpoints import Endpoint

log = structlog.get_logger(__name__)

# With fewer pairs kappa's interval is too wide to say anything.
LEAST_PAIRS = 30
MAX_TRIES = 3
TRY_AGAIN = timedelta(minutes=5)
_TOP = 2**31 - 1
# Where in the queue: what it thinks better than the rival in the first quarter, what it thinks worse in the last.
_QUARTERS = {Winner.REFINED: (0.0, 0.25), Winner.TIE: (0.25, 0.75), Winner.RIVAL: (0.75, 1.0)}


def endpoint() -> Endpoint | None:
    """Where the model answers; None when the operator named nothing."""
    found: Endpoint | None = settings.JUDGE_ENDPOINT
    return found


@transaction.atomic
def switch(*, project: Project, on: bool, by: User) -> None:
    """Have the model look at submissions of a project, or not any more. Off, it orders nothing either.

    Raises NotAllowed for who does not lead the project, and when the operator named no endpoint.
    """
    demand(by, Permission.LEAD, project.pk)
    if on and endpoint() is None:
        raise NotAllowed("There is no judging model on this site: its operator has named none.")
    if not on and project.judge_orders:
        stop_ordering(project=project, by=by)
    _set(project, judge_on=on)
    audit.record("catalog.project", "judge_on" if on else "judge_off", project.pk, by=by)


@transaction.atomic
def let_order(*, project: Project, seen: str, by: User) -> None:
    """Let the model order the review queue, having seen how far it agrees with people: `seen` is the mark of those figures.

    Raises NotAllowed, BadInput when it is off or too few pairs were judged, Conflict when the figures are others by now.
    """
    demand(by, Permission.LEAD, project.pk)
    standing = judge_reading.of_project(project)
    if not project.judge_on or standing.agreement.n < LEAST_PAIRS:
        raise BadInput(
            f"It can order the queue once it has judged {LEAST_PAIRS} pairs that people have decided;"
            f" so far there are {standing.agreement.n}."
        )
    if seen != standing.mark:
        raise Conflict("The figures have changed since you looked. Look at the new ones, then decide.")
    _set(project, judge_orders=True)
    agreement = standing.agreement
    audit.record(
        "catalog.project", "judge_orders", project.pk, by=by, pairs=agreement.n, kappa=agreement.kappa,
        consistent=agreement.consistent.rate, longer=agreement.longer_model.rate,
    )  # fmt: skip
    for submission in _awaiting(project):
        place(submission)


@transaction.atomic
def stop_ordering(*, project: Project, by: User) -> None:
    """Back to a queue in random order. Raises NotAllowed."""
    demand(by, Permission.LEAD, project.pk)
    _set(project, judge_orders=False)
    audit.record("catalog.project", "judge_orders_not", project.pk, by=by)
    _shuffle("project_id = %s", [project.pk], 0.0, 1.0)


def due(*, limit: int = 1) -> list[int]:
    """Submissions to ask about next, those that await a review first; none without an endpoint or past the day's limit."""
    if endpoint() is None:
        return []
    today = Judgement.objects.filter(asked_at__gt=Now() - timedelta(days=1))
    if today.count() >= settings.JUDGE_PER_DAY:
        return []
    found: list[int] = []
    for project in Project.objects.filter(judge_on=True).order_by("pk"):
        review = Task.objects.filter(submission=OuterRef("pk"), kind=TaskKind.REVIEW, status=TaskStatus.OPEN)
        waiting = _unjudged(_awaiting(project).filter(Exists(review))).order_by("pk")
        found += waiting.values_list("pk", flat=True)[:limit]
        decided = Pair.objects.filter(project=project).exclude(status=PairStatus.OPEN).order_by("-pk")
        newest = list(decided.values_list("submission", flat=True)[: judge_reading.MEASURED])
        known = _unjudged(Submission.objects.filter(pk__in=newest)).order_by("-pk")
        found += known.values_list("pk", flat=True)[:limit]
    return found[:limit]


def judge(*, submission_id: int) -> None:
    """Ask about one submission, both ways round, unless somebody asks just now; then about the next that is due."""
    found = endpoint()
    if found is None:
        return
    with _alone() as mine:
        if not mine:
            return
        submission = _unjudged(
            Submission.objects.filter(pk=submission_id, project__judge_on=True).select_related(
                "project", "fileset", "task__prompt", "task__rival__fileset"
            )
        ).first()
        if submission is not None:
            _ask(found, submission)
    for pk in due():
        jobs.ring_now(Job.JUDGE, pk)


def place(submission: Submission) -> None:
    """Give an awaited review its place in the queue by what the model thinks; nothing while it has not answered."""
    thinks = judge_reading.verdict(submission)
    if thinks is not None:
        _shuffle(
            "task_id IN (SELECT id FROM work_task WHERE submission_id = %s)",
            [submission.pk],
            *_QUARTERS[thinks],
        )


def _ask(found: Endpoint, submission: Submission) -> None:
    assert submission.fileset is not None
    assert submission.task.rival is not None
    refined, rival = submission.fileset.files, submission.task.rival.fileset.files
    for refined_is_a in (True, False):
        row = Judgement.objects.filter(submission=submission, refined_is_a=refined_is_a).first()
        if row is not None and (row.better or row.tries >= MAX_TRIES):
            continue
        asked = judge_prompt.messages(submission.task.prompt.text, refined, rival, refined_is_a=refined_is_a)
        better, fault = _answered(found, asked, refined_is_a)
        Judgement.objects.update_or_create(
            submission=submission,
            refined_is_a=refined_is_a,
            defaults={
                "better": better, "fault": fault, "tries": row.tries + 1 if row else 1, "asked_at": Now(),
            },
        )  # fmt: skip
        if fault:
            log.warning("the judging model gave no answer", submission=submission.pk, fault=fault)
    if Project.objects.filter(pk=submission.project_id, judge_orders=True).exists():
        place(submission)


def _answered(found: Endpoint, asked: Sequence[dict[str, str]], refined_is_a: bool) -> tuple[str, str]:
    """(winner, "") or ("", fault)."""
    try:
        winner = judge_prompt.read(judge_call.answer(found, asked), refined_is_a=refined_is_a)
    except Broken as broken:
        return "", broken.fault.value
    return (winner.value, "") if winner is not None else ("", AssistFault.NONSENSE.value)


def _awaiting(project: Project) -> QuerySet[Submission]:
    return Submission.objects.filter(project=project, status=SubmissionStatus.AWAITING_REVIEW)


def _unjudged(rows: QuerySet[Submission]) -> QuerySet[Submission]:
    """Refinements with a rival and without names, of which an answer is missing and may be asked for now."""
    settled = Judgement.objects.filter(submission=OuterRef("pk")).filter(
        ~Q(better="") | Q(tries__gte=MAX_TRIES) | Q(asked_at__gt=Now() - TRY_AGAIN)
    )
    return rows.filter(outcome=Outcome.REFINED, task__rival__isnull=False, quarantine="").filter(
        ~Exists(settled.filter(refined_is_a=True)) | ~Exists(settled.filter(refined_is_a=False))
    )


def _shuffle(where: str, params: Sequence[int], low: float, high: float) -> None:
    """Random places between these shares of the queue for open review seats; `where` is our own text only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE work_assignment SET priority = floor((%s + random() * %s) * %s)::int"
            f" WHERE kind = 'review' AND status = 'open' AND {where}",
            [low, high - low, _TOP, *params],
        )


def _set(project: Project, **fields: bool) -> None:
    Project.objects.filter(pk=project.pk).update(**fields)
    for name, value in fields.items():
        setattr(project, name, value)


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else asks; while the block lasts nobody else may. Ends with the connection at the latest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('arena.judge'))")
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('arena.judge'))")
