"""How long checks wait and take, from the newest runs: for operators, and as an estimate for whoever waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min
from django.db.models.functions import Now

from checks.models import CheckRun
from checks.states import RunStatus

# Enough to tell nine in ten by, and few enough that yesterday's machine is forgotten.
NEWEST = 1_000
LEAST = 10  # runs of a check, below which nothing is said about it
_DONE = (RunStatus.PASSED, RunStatus.WARNED, RunStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds that half, and nine in ten, of `count` runs stay below."""

    half: float
    nine: float
    count: int


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue now: how many runs wait and run, and how many seconds the first in line has waited."""

    waiting: int
    running: int
    oldest: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds until the runs are done: half of such waits end below `low`, nine in ten below `high`.

    `before` is how many runs of other people are in front.
    """

    low: float
    high: float
    before: int

    @property
    def words(self) -> str:
        """As a person would say it, rounded up."""
        low, high = _rounded(self.low), _rounded(self.high)
        return f"about {low}" if low == high else f"{low} to {high}"


def spread(seconds: Sequence[float]) -> Spread:
    """Of some durations, at least one; to the millisecond."""
    cuts = quantiles(seconds, n=10, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 9
    return Spread(half=round(cuts[4], 3), nine=round(cuts[8], 3), count=len(seconds))


def steps() -> dict[str, Spread]:
    """What running each check took of late, by its name."""
    return _spreads("started_at", "finished_at", by="check_name")


def waits() -> dict[str, Spread]:
    """How long runs waited to be taken of late, by queue."""
    return _spreads("queued_at", "started_at", by="queue")


def _spreads(begun: str, ended: str, *, by: str) -> dict[str, Spread]:
    newest = CheckRun.objects.order_by("-pk").values("pk")[:NEWEST]
    lasted = ExpressionWrapper(F(ended) - F(begun), output_field=DurationField())
    found: dict[str, list[float]] = {}
    rows = CheckRun.objects.filter(pk__in=newest, status__in=_DONE, started_at__isnull=False)
    for name, duration in rows.annotate(lasted=lasted).values_list(by, "lasted"):
        found.setdefault(name, []).append(max(0.0, duration.total_seconds()))
    return {name: spread(seconds) for name, seconds in found.items()}


def queues() -> dict[str, Queue]:
    """Every queue that has something to do."""
    open_runs = CheckRun.objects.filter(status__in=(RunStatus.QUEUED, RunStatus.RUNNING))
    counted: dict[tuple[str, str], tuple[int, float]] = {}
    for name, status, count, age in open_runs.values_list("queue", "status").annotate(
        n=Count("pk"), age=ExpressionWrapper(Now() - Min("queued_at"), output_field=DurationField())
    ):
        counted[name, status] = (count, age.total_seconds())
    return {
        name: Queue(
            waiting=counted.get((name, RunStatus.QUEUED), (0, 0.0))[0],
            running=counted.get((name, RunStatus.RUNNING), (0, 0.0))[0],
            oldest=counted.get((name, RunStatus.QUEUED), (0, 0.0))[1],
        )
        for name in sorted({queue for queue, _ in counted})
    }


def estimate(runs: Iterable[CheckRun]) -> Estimate | None:
    """When these runs of one submission or draft will all be done; None when they are, or too little is known.

    Runs are taken in the order they were queued, as many at a time as run now; reruns come last and count for nothing.
    """
    mine = [run for run in runs if run.status in (RunStatus.QUEUED, RunStatus.RUNNING)]
    if not mine:
        return None
    took = steps()
    if any(took.get(run.check_name, _NOTHING).count < LEAST for run in mine):
        return None
    by_queue = {queue: [run for run in mine if run.queue == queue] for queue in {run.queue for run in mine}}
    each = [_of_queue(queue, own, took) for queue, own in by_queue.items()]
    # The queues work side by side: the slowest is what one waits for.
    return Estimate(
        max(one.low for one in each), max(one.high for one in each), sum(one.before for one in each)
    )


_NOTHING = Spread(0.0, 0.0, 0)


def _of_queue(queue: str, own: Sequence[CheckRun], took: Mapping[str, Spread]) -> Estimate:
    first = min(run.pk for run in own)
    others = CheckRun.objects.filter(queue=queue, retrial__isnull=True, pk__lt=first)
    ahead = list(
        others.filter(status=RunStatus.QUEUED).values_list("check_name").annotate(n=Count("pk")).order_by()
    )
    at_once = max(1, CheckRun.objects.filter(queue=queue, status=RunStatus.RUNNING).count())

    def seconds(of: Callable[[Spread], float]) -> float:
        before: float = sum(of(took.get(name, _NOTHING)) * n for name, n in ahead) / at_once
        return before + sum(of(took[run.check_name]) for run in own)

    return Estimate(
        seconds(lambda each: each.half), seconds(lambda each: each.nine), sum(n for _, n in ahead)
    )


def _rounded(seconds: float) -> str:
    if seconds <= 50:
        return f"{max(5, -int(-seconds // 5) * 5)} s"
    minutes = -int(-seconds // 60)
    return f"{minutes} min" if minutes < 100 else f"{-int(-seconds // 3600)} h"
