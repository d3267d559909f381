"""Reruns: a check's present version over old submissions, looked at first, then applied or discarded.

Nothing of a submission moves by it, not even when it is applied: the new verdict then stands where the old one stood,
for whoever looks, and for later releases. What was decided stays decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from checks import actions, likeness_actions, registry
from checks.models import CheckRun, Rerun, Retrial
from checks.states import CHECK_RUN, RERUN, RerunStatus, RunStatus
from core import flow
from core.errors import BadInput, Conflict, Problem
from core.flow import NOW
from work.models import Submission

if TYPE_CHECKING:
    from catalog.models import Project
    from people.models import User

MAX_SUBMISSIONS = 200
FIRST_RINGS = 2
WAITING = (RunStatus.QUEUED, RunStatus.RUNNING)
OVER = (RunStatus.PASSED, RunStatus.WARNED, RunStatus.FAILED)


def candidates(*, project: Project, check: str) -> QuerySet[Submission]:
    """Submissions of `project` that an earlier version of `check` judged, and this version did not, newest first."""
    version = registry.CHECKS[check].version
    runs = CheckRun.objects.filter(check_name=check, submission__project=project)
    return (
        Submission.objects.filter(
            project=project,
            fileset__isnull=False,
            pk__in=runs.filter(status__in=OVER, version__lt=version).values("submission"),
        )
        .exclude(pk__in=runs.filter(version=version).values("submission"))
        .order_by("-pk")
    )


@transaction.atomic
def start(*, project: Project, check: str, by: User, limit: int = MAX_SUBMISSIONS) -> Rerun:
    """Queue the present version of `check` over the newest `limit` submissions that an earlier version judged.

    Raises BadInput for an unknown check or when there are none, Conflict while such a rerun is still open.
    """
    if check not in registry.CHECKS:
        raise BadInput("There is no such check.", problems=[Problem("check", "is unknown", "Choose one.")])
    about = registry.CHECKS[check]
    found = list(candidates(project=project, check=check)[: min(limit, MAX_SUBMISSIONS)])
    if not found:
        raise BadInput(
            f"No submission was judged by an earlier version of {about.label} than {about.version}.",
            problems=[Problem("check", "has nothing to look at again", "Choose another check or project.")],
        )
    try:
        with transaction.atomic():
            rerun = Rerun.objects.create(
                project=project, check_name=check, version=about.version, created_by=by
            )
    except IntegrityError:
        raise Conflict("This check is being run again already. Apply or discard that first.") from None
    flow.created(RERUN, rerun, by=by, submissions=len(found))
    for place, submission in enumerate(found):
        run = CheckRun.objects.create(
            retrial=Retrial.objects.create(rerun=rerun, submission=submission),
            check_name=check,
            version=about.version,
            queue=about.queue,
            policy=actions.policy_of(project.check_policy, check),
        )
        flow.created(CHECK_RUN, run, by=by)
        # The rest follows one by one, each rung by a run that ends: submissions are not made to wait.
        if place < FIRST_RINGS:
            actions.ring(run)
    return rerun


@transaction.atomic
def apply(*, rerun: Rerun, by: User) -> int:
    """Let the new verdicts stand; returns how many. No submission changes its state.

    Raises Conflict while runs are waiting, WrongState when it was applied or discarded before.
    """
    if CheckRun.objects.filter(retrial__rerun=rerun, status__in=WAITING).exists():
        raise Conflict("Some submissions have not been looked at yet. Wait for them, or discard the rerun.")
    judged = CheckRun.objects.filter(
        submission__isnull=False, check_name=rerun.check_name, version=rerun.version
    ).values("submission")
    RERUN.move(rerun, "apply", by=by)
    n = 0
    runs = CheckRun.objects.select_for_update(of=("self",)).filter(retrial__rerun=rerun, status__in=OVER)
    for run in runs.exclude(retrial__submission__in=judged).select_related("retrial"):
        assert run.retrial is not None
        run.submission_id = run.retrial.submission_id
        run.save(update_fields=["submission"])
        likeness_actions.note(run)
        n += 1
    return n


@transaction.atomic
def discard(*, rerun: Rerun, by: User) -> None:
    """Let the old verdicts stand. What still waits is not looked at any more.

    Raises WrongState when it was applied or discarded before.
    """
    RERUN.move(rerun, "discard", by=by)
    CHECK_RUN.take(
        "SELECT run.id, run.status FROM checks_checkrun run JOIN checks_retrial retrial ON retrial.id = run.retrial_id"
        " WHERE retrial.rerun_id = %s AND run.status = 'queued' FOR UPDATE OF run",
        [rerun.pk],
        "drop",
        by=by,
        finished_at=NOW,
    )


def is_open(rerun: Rerun) -> bool:
    """Whether it can still be applied or discarded."""
    return rerun.status == RerunStatus.LOOKING
