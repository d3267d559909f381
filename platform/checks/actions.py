"""Writes to check runs: plan, take, finish, lose, and the route a submission takes when all are done.

A run is a leased step. Its worker holds no transaction while it works; every write it makes afterwards names the
epoch it took, so a worker that lost its lease cannot overwrite its successor (I4).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from checks import likeness_actions, quarantine_actions, registry
from checks.models import CheckRun
from checks.reading import runs_over
from checks.states import CHECK_RUN, Policy, RerunStatus, RunStatus
from checks.verdict import Outcome, Verdict
from core import blobs, flow, jobs
from core.errors import Conflict
from core.flow import NOW, DatabaseNow
from core.jobs import Job
from work import actions as work_actions
from work.models import DraftVersion, Submission
from work.states import SUBMISSION, SubmissionStatus
from work.states import Outcome as WorkOutcome

if TYPE_CHECKING:
    from people.models import User

log = structlog.get_logger(__name__)

MAX_LOSSES = 3
MAX_DRAFTS_WAITING = 3  # versions of one person's drafts
# The sweep only has to start a worker again: each run that ends rings the next one that waits too long.
RINGS_PER_SWEEP = 20

DEFAULT_POLICY: Mapping[str, Policy] = {
    "static": Policy.BLOCK,
    "render": Policy.BLOCK,
    "accessibility": Policy.WARN,
    "effort": Policy.BLOCK,
    "originality": Policy.WARN,
}

_VERBS = {Outcome.PASS: "pass", Outcome.WARN: "warn", Outcome.FAIL: "fail"}
FINAL = (RunStatus.PASSED, RunStatus.WARNED, RunStatus.FAILED, RunStatus.INFRA_ERROR)


def policy_of(project_policy: Mapping[str, str], check: str) -> Policy:
    """What a project makes of a check."""
    return Policy(project_policy.get(check) or DEFAULT_POLICY.get(check, Policy.WARN))


@transaction.atomic
def plan(*, submission_id: int) -> None:
    """Queue the runs of a submission that is being checked, once; without files it goes straight to review."""
    submission = Submission.objects.select_for_update().select_related("project").get(pk=submission_id)
    if submission.status != SubmissionStatus.CHECKING or submission.check_runs.exists():
        return
    if submission.outcome != WorkOutcome.REFINED:
        _pass(submission)
        return
    likeness_actions.sign(submission)
    quarantine_actions.look(submission)
    runs = _queue_runs(submission.project.check_policy, submission=submission)
    if not runs:
        _pass(submission)


@transaction.atomic
def check_draft(*, version: DraftVersion, by: User) -> list[CheckRun]:
    """Queue every check over a draft version, once; the author asked to see before submitting.

    Raises Conflict while so many earlier versions wait that nobody else's work would be checked.
    """
    DraftVersion.objects.select_for_update(no_key=True).filter(assignment=version.assignment_id).order_by(
        "pk"
    ).first()
    known = list(runs_over(version))
    if known:
        return known
    # Of the person, whatever the seat: one given back makes no room for more.
    waiting = CheckRun.objects.filter(
        draft__assignment__assignee=version.assignment.assignee_id,
        status__in=(RunStatus.QUEUED, RunStatus.RUNNING),
    )
    if waiting.values("draft").distinct().count() >= MAX_DRAFTS_WAITING:
        raise Conflict(
            "Checks of your earlier versions are still waiting. Wait for them, then check this one."
        )
    return _queue_runs(version.assignment.project.check_policy, draft=version, by=by)


def _queue_runs(
    policy: Mapping[str, str],
    *,
    submission: Submission | None = None,
    draft: DraftVersion | None = None,
    by: User | None = None,
) -> list[CheckRun]:
    runs = []
    for check in registry.CHECKS.values():
        rule = policy_of(policy, check.name)
        if rule == Policy.OFF:
            continue
        run = CheckRun.objects.create(
            submission=submission,
            draft=draft,
            check_name=check.name,
            version=check.version,
            queue=check.queue,
            policy=rule,
        )
        flow.created(CHECK_RUN, run, by=by)
        ring(run)
        runs.append(run)
    return runs


def ring(run: CheckRun) -> None:
    """Ring the worker whose queue this run belongs to."""
    jobs.ring(Job.CHECK_CHROMIUM if run.queue == "chromium" else Job.CHECK_LIGHT, run.pk)


def take(*, run_id: int) -> CheckRun | None:
    """Lease a queued run; None when another worker was faster or it is over."""
    run = CheckRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).first()
    if run is None:
        return None
    with transaction.atomic():
        taken = CHECK_RUN.take(
            "SELECT id, status FROM checks_checkrun WHERE id = %s AND status = 'queued' AND epoch = %s"
            " FOR UPDATE SKIP LOCKED",
            [run.pk, run.epoch],
            "take",
            by=None,
            epoch=run.epoch + 1,
            started_at=NOW,
            lease_until=DatabaseNow(settings.CHECK_LEASE_SECONDS),
        )
    if not taken:
        return None
    run.refresh_from_db()
    return run


@transaction.atomic
def finish(*, run: CheckRun, verdict: Verdict) -> None:
    """Keep a verdict and its evidence, then route the submission if this was the last run.

    Raises WrongState when the lease was lost meanwhile: another worker's result stands.
    """
    CHECK_RUN.move(
        run,
        _VERBS[verdict.outcome],
        by=None,
        where={"epoch": run.epoch},
        summary=verdict.summary[:500],
        findings=[finding.as_dict() for finding in verdict.findings],
        metrics=dict(verdict.metrics),
        evidence={name: blobs.put(data) for name, data in verdict.evidence.items()},
        finished_at=NOW,
        lease_until=None,
    )
    likeness_actions.note(run)
    _route_if_done(run)


@transaction.atomic
def lose(*, run: CheckRun, why: str) -> None:
    """Give a run back after an infrastructure fault; after three losses it ends as one that could not be run.

    The contributor is not blamed: a run that could not be run blocks nothing. Raises WrongState when the lease was
    lost meanwhile.
    """
    losses = run.losses + 1
    note = {"why": why[:500], "loss": losses}
    if losses >= MAX_LOSSES or _unwanted(run):
        CHECK_RUN.move(
            run, "give_up", by=None, note=note, where={"epoch": run.epoch}, losses=losses, finished_at=NOW,
            lease_until=None, summary="Our machine could not run this check. It counts for nothing against the work.",
        )  # fmt: skip
        _route_if_done(run)
    else:
        CHECK_RUN.move(
            run, "lose", by=None, note=note, where={"epoch": run.epoch}, losses=losses, lease_until=None,
            queued_at=NOW,
        )  # fmt: skip
        # Once at once; after that the sweep rings, so that a starved machine has time to recover.
        if losses == 1:
            ring(run)


def _unwanted(run: CheckRun) -> bool:
    """Whether it belongs to a rerun that was discarded."""
    return run.retrial is not None and run.retrial.rerun.status == RerunStatus.DISCARDED


def recover_lost(*, limit: int = 100) -> int:
    """Give back every run whose lease ran out (its worker died or froze); returns how many."""
    lost = CheckRun.objects.filter(status=RunStatus.RUNNING, lease_until__lt=Now()).order_by("lease_until")
    n = 0
    for run in lost[:limit]:
        with transaction.atomic():
            # One sweeper at a time gives a run back; the others skip it.
            held = CheckRun.objects.select_for_update(skip_locked=True).filter(
                pk=run.pk, epoch=run.epoch, status=RunStatus.RUNNING, lease_until__lt=Now()
            )
            if (locked := held.first()) is not None:
                lose(run=locked, why="lease ran out")
                n += 1
    return n


def ring_due(*, limit: int = 200) -> int:
    """Ring again for whatever waits although it was rung; returns how many rings."""
    unplanned = Submission.objects.filter(
        status=SubmissionStatus.CHECKING, submitted_at__lt=_overdue(), check_runs__isnull=True
    )
    rings = 0
    for pk in unplanned.order_by("id").values_list("pk", flat=True)[:limit]:
        jobs.ring_now(Job.PLAN_CHECKS, pk)
        rings += 1
    queues = sorted({check.queue for check in registry.CHECKS.values()})
    return rings + sum(ring_overdue(queue=queue, limit=RINGS_PER_SWEEP) for queue in queues)


def ring_overdue(*, queue: str, limit: int) -> int:
    """Ring for the oldest runs of a queue that wait longer than a ring takes; returns how many rings.

    Runs of a rerun come last: nobody waits for them as for a submission.
    """
    waiting = CheckRun.objects.filter(queue=queue, status=RunStatus.QUEUED, queued_at__lt=_overdue())
    rings = 0
    for again in (False, True):
        for run in waiting.filter(retrial__isnull=not again).order_by("id")[: limit - rings]:
            ring(run)
            rings += 1
    return rings


def _overdue() -> CombinedExpression:
    """The moment before which a ring must have been heard, by the database's clock."""
    return Now() - timedelta(seconds=settings.RING_AGAIN_SECONDS)


def _route_if_done(run: CheckRun) -> None:
    """When no run of the submission is waiting, send it on: back to its author, or to review."""
    if run.submission_id is None:
        return
    submission = Submission.objects.select_for_update().get(pk=run.submission_id)
    if submission.status != SubmissionStatus.CHECKING:
        return
    runs = list(submission.check_runs.standing())
    if any(each.status not in FINAL for each in runs):
        return
    blocked = [each for each in runs if each.status == RunStatus.FAILED and each.policy == Policy.BLOCK]
    # A reviewer's own fix is never bounced to the author: another reviewer looks at it.
    if blocked and submission.fixed_by_id is None:
        SUBMISSION.move(
            submission,
            "return",
            by=None,
            note={"checks": [each.check_name for each in blocked]},
            decided_at=NOW,
        )
        work_actions.open_round(submission=submission, feedback=_feedback(blocked), by=None)
    else:
        _pass(submission)


def _feedback(blocked: list[CheckRun]) -> dict[str, object]:
    findings = [finding for run in blocked for finding in run.findings if finding["severity"] == "error"]
    return {
        "decision": "returned",
        "notes": " ".join(run.summary for run in blocked),
        "findings": findings[:20],
    }


def _pass(submission: Submission) -> None:
    SUBMISSION.move(submission, "pass_checks", by=None)
    jobs.ring(Job.OPEN_REVIEW, submission.pk)
