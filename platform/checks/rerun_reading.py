"""What a rerun would change, as a lead reads it."""

from __future__ import annotations

from dataclasses import dataclass

from checks.models import CheckRun, Rerun
from checks.states import Policy, RunStatus
from work.models import Submission

_WAITING = (RunStatus.QUEUED, RunStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Change:
    """One submission: the verdict that stands, the new one, and what it would mean; `seen` is whether it was looked at."""

    submission: Submission
    old: CheckRun | None
    new: CheckRun
    waits: bool
    seen: bool
    differs: bool
    meaning: str


def changes(rerun: Rerun) -> list[Change]:
    """Every submission of the rerun, those whose verdict differs first; two queries."""
    runs = list(
        CheckRun.objects.filter(retrial__rerun=rerun)
        .select_related("retrial__submission")
        .defer("metrics")
        .order_by("-retrial__submission")
    )
    ids = [run.retrial.submission_id for run in runs if run.retrial]
    standing: dict[int | None, CheckRun] = {}
    for old in CheckRun.objects.filter(
        submission__in=ids, check_name=rerun.check_name, version__lt=rerun.version
    ).order_by("version"):
        standing[old.submission_id] = old
    found = [_change(run, standing) for run in runs]
    return sorted(found, key=lambda change: (not change.differs, change.waits))


def _change(new: CheckRun, standing: dict[int | None, CheckRun]) -> Change:
    assert new.retrial is not None
    old = standing.get(new.retrial.submission_id)
    waits = new.status in _WAITING
    seen = not waits and new.status != RunStatus.DROPPED
    differs = seen and (old is None or old.status != new.status)
    return Change(
        new.retrial.submission, old, new, waits, seen, differs, _meaning(old, new) if differs else ""
    )


def _meaning(old: CheckRun | None, new: CheckRun) -> str:
    if new.status == RunStatus.INFRA_ERROR:
        return "could not be looked at; the old verdict stays"
    blocks = new.policy == Policy.BLOCK
    if new.status == RunStatus.FAILED:
        return "would be sent back, were it handed in today" if blocks else "would be marked as failed"
    if old is not None and old.status == RunStatus.FAILED:
        return "would no longer be sent back" if blocks else "would no longer be marked as failed"
    return "would carry remarks" if new.status == RunStatus.WARNED else "would carry no remarks"
