"""One round of the sweep: each part on its own, so that one fault does not stop the others."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from arena import actions as arena
from arena import judge_actions as judge
from catalog import import_actions as imports
from checks import actions as checks
from core import idempotency, jobs, tally
from core.jobs import Job
from exports import actions as exports
from exports import rescanning
from exports import withdrawal_actions as withdrawals
from people import sessions
from review import actions as review
from review import pay_actions as pay
from webhooks import actions as webhooks
from work import actions as work
from work import assist_actions as assist
from work import protected_actions as protected
from work import queue_notices

log = structlog.get_logger(__name__)


def _ring_imports() -> int:
    return _ring(Job.RUN_IMPORT, imports.due())


def _ring_prompts() -> int:
    return _ring(Job.RESCAN_PROMPTS, protected.due())


def _ring_releases() -> int:
    return _ring(Job.BUILD_RELEASE, exports.due())


def _ring_rescans() -> int:
    return _ring(Job.RESCAN_RELEASE, rescanning.due())


def _ring_notices() -> int:
    return _ring(Job.MAIL_NOTICE, queue_notices.due())


def _ring_judge() -> int:
    return _ring(Job.JUDGE, judge.due())


def _ring_webhooks() -> int:
    return _ring(Job.SEND_WEBHOOKS, webhooks.due())


def _ring(job: Job, due: list[int]) -> int:
    for pk in due:
        jobs.ring_now(job, pk)
    return len(due)


PARTS: tuple[Callable[[], int], ...] = (
    work.expire_due,
    assist.expire_due,
    checks.recover_lost,
    checks.ring_due,
    review.ring_due,
    pay.pay_unreviewed,
    arena.ring_due,
    arena.leave_withdrawn,
    _ring_judge,
    _ring_imports,
    _ring_prompts,
    withdrawals.honour_consents,
    _ring_releases,
    _ring_rescans,
    queue_notices.look,
    _ring_notices,
    _ring_webhooks,
    webhooks.forget,
    idempotency.forget,
    sessions.forget_ended,
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
