"""The checks' figures for Prometheus, read from the rows when it asks: every process would tell the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from checks import registry, waiting
from checks.waiting import Spread


def exposition() -> bytes:
    """Everything, in Prometheus' text format."""
    book = CollectorRegistry(auto_describe=False)
    book.register(_Checks())
    return generate_latest(book)


class _Checks(Collector):
    def collect(self) -> Iterator[Metric]:
        now = waiting.queues()
        names = sorted({check.queue for check in registry.CHECKS.values()})
        waits = GaugeMetricFamily("hillclimb_check_runs", "Check runs by state", labels=["queue", "state"])
        oldest = GaugeMetricFamily(
            "hillclimb_check_oldest_wait_seconds",
            "How long the first run in line has waited",
            labels=["queue"],
        )
        for name in names:
            queue = now.get(name, waiting.Queue(0, 0, 0.0))
            waits.add_metric([name, "waiting"], queue.waiting)
            waits.add_metric([name, "running"], queue.running)
            oldest.add_metric([name], queue.oldest)
        yield waits
        yield oldest
        yield from _quantiles("wait", "Waited to be taken", "queue", waiting.waits())
        yield from _quantiles("step", "Took once taken", "check", waiting.steps())


def _quantiles(what: str, told: str, label: str, spreads: Mapping[str, Spread]) -> Iterator[Metric]:
    seconds = GaugeMetricFamily(
        f"hillclimb_check_{what}_seconds",
        f"{told}, of the newest {waiting.NEWEST} runs",
        labels=[label, "quantile"],
    )
    counts = GaugeMetricFamily(
        f"hillclimb_check_{what}_runs", "Runs that the quantiles are of", labels=[label]
    )
    for name, spread in sorted(spreads.items()):
        seconds.add_metric([name, "0.5"], spread.half)
        seconds.add_metric([name, "0.9"], spread.nine)
        counts.add_metric([name], spread.count)
    yield seconds
    yield counts
