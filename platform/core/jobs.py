"""The doorbell. Rows are the queue; a ring only says that one is due, and may be lost.

A lost ring costs at most one sweep (`SWEEP_SECONDS`): the sweep rings again for whatever rows are due.
"""

from __future__ import annotations

import time
from enum import StrEnum

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger(__name__)


class Job(StrEnum):
    """The jobs that can be rung: Celery task names."""

    PLAN_CHECKS = "tasks.checks.plan"
    CHECK_LIGHT = "tasks.checks.run_light"
    CHECK_CHROMIUM = "tasks.checks.run_chromium"
    OPEN_REVIEW = "tasks.review.open_review"
    OPEN_PAIR = "tasks.arena.open_pair"
    JUDGE = "tasks.arena.judge"
    BUILD_RELEASE = "tasks.releases.build"
    RESCAN_RELEASE = "tasks.releases.rescan"
    RUN_IMPORT = "tasks.imports.run"
    RESCAN_PROMPTS = "tasks.imports.rescan"
    MAIL_NOTICE = "tasks.notices.mail"
    SEND_WEBHOOKS = "tasks.webhooks.send"

    @property
    def queue(self) -> str:
        """The queue whose workers serve this job."""
        return "chromium" if self is Job.CHECK_CHROMIUM else "light"


def ring(job: Job, pk: int) -> None:
    """Ring for row `pk` once the present transaction has committed. Never raises, never waits for long."""
    transaction.on_commit(lambda: ring_now(job, pk), robust=True)


# After a failed ring this process stays quiet for a while: the sweep rings, and no request waits for a dead broker.
QUIET_SECONDS = 10.0
_quiet_until = 0.0


def ring_now(job: Job, pk: int) -> None:
    """Ring at once. A dead broker costs one bounded connection attempt in `QUIET_SECONDS`, and a log line."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        current_app.send_task(job.value, args=[pk], queue=job.queue, ignore_result=True, retry=False)
    except Exception as error:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("doorbell unanswered", job=job.value, pk=pk, error=type(error).__name__)
