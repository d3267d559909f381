"""The Celery application: a doorbell, never the queue. Rows in PostgreSQL are the queue."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def _settings() -> dict[str, Any]:
    return {
        "broker_url": settings.CELERY_BROKER_URL,
        "broker_transport": "config.broker:Transport",
        # No result backend: results are rows.
        "result_backend": None,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        # A ring is lost only after its task returned; the sweep rings again anyway.
        "task_acks_late": True,
        # Re-queueing a task whose worker died loops for ever on a poison page; the lease and the sweep bound it.
        "task_reject_on_worker_lost": False,
        "worker_prefetch_multiplier": 1,
        # 3 x the longest step (a render check is leased for 120 s).
        "broker_transport_options": {
            "visibility_timeout": 360,
            "socket_timeout": 3,
            "socket_connect_timeout": 3,
            # One attempt: without this a ring tries for five seconds and more, and a request with it. Workers have
            # their own number of attempts (below).
            "max_retries": 0,
        },
        "broker_connection_retry_on_startup": True,
        # However long the broker is away, a worker waits for it; giving up would need a person.
        "broker_connection_max_retries": None,
        # A request that rings must never wait for a dead broker.
        "task_publish_retry": False,
        "task_default_queue": "light",
        "task_create_missing_queues": True,
        # A fresh child now and then bounds whatever parsers and drivers leak; its browser goes with it.
        "worker_max_tasks_per_child": 500,
        # KiB of the child's own memory, looked at after each task; Chromium has a limit of its own. A child needs
        # about 150 MB, and a check of a full megabyte with fifty neighbours under 400.
        "worker_max_memory_per_child": 600_000,
        # What plans, opens and routes is a few statements: past a minute it waits for a lock that will not come.
        # Tasks that rightly take longer name their own limits.
        "task_soft_time_limit": 60,
        "task_time_limit": 75,
        "imports": [
            "tasks.sweep",
            "tasks.checks",
            "tasks.review",
            "tasks.arena",
            "tasks.releases",
            "tasks.imports",
            "tasks.notices",
            "tasks.webhooks",
        ],
        "beat_schedule": {
            "sweep": {
                "task": "tasks.sweep.sweep",
                "schedule": settings.SWEEP_SECONDS,
                # A sweep older than one period says nothing the next will not.
                "options": {"queue": "light", "expires": settings.SWEEP_SECONDS},
            }
        },
        "beat_schedule_filename": str(settings.VAR_DIR / "celerybeat-schedule"),
    }


app = Celery("hillclimb")
# Read when first needed: this module is imported while the settings are still loading.
app.add_defaults(_settings)
