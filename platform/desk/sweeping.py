"""One round of the sweep: each part on its own, so that one fault does not stop the others."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from arena import actions as arena
from catalog import import_actions as imports
from checks import actions as checks
from core import jobs, tally
from core.jobs import Job
from exports import actions as exports
from review import actions as review
from work import actions as work

log = structlog.get_logger(__name__)


def _ring_imports() -> int:
    return _ring(Job.RUN_IMPORT, imports.due())


def _ring_releases() -> int:
    return _ring(Job.BUILD_RELEASE, exports.due())


def _ring(job: Job, due: list[int]) -> int:
    for pk in due:
        jobs.ring_now(job, pk)
    return len(due)


PARTS: tuple[Callable[[], int], ...] = (
    work.expire_due,
    checks.recover_lost,
    checks.ring_due,
    review.ring_due,
    arena.ring_due,
    _ring_imports,
    _ring_releases,
    tally.fold,
)


def sweep() -> dict[str, int]:
    """Run every part; returns how many rows each one touched. A part that fails is logged and the rest goes on."""
    done: dict[str, int] = {}
    for part in PARTS:
        name = f"{part.__module__}.{part.__name__}"
        try:
            done[name] = part()
        except Exception:  # the other parts must still run; the next sweep tries this one again
            log.exception("sweep part failed", part=name)
    return done
