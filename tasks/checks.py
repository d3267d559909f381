"""Checks: plan a submission's runs, run one."""

from celery import shared_task
from celery.signals import worker_process_shutdown

from checks import actions, robot, running

# Both limits lie below the lease (CHECK_LEASE_SECONDS), so that an overdue run is ended before another worker takes
# it. At the soft one it is given back in order; the hard one is for code that no signal interrupts.
SOFT, HARD = 100, 110


@shared_task
def plan(submission_id: int) -> None:
    """Queue the runs of a submission."""
    actions.plan(submission_id=submission_id)


@shared_task(soft_time_limit=SOFT, time_limit=HARD)
def run_light(run_id: int) -> None:
    """Run a check that needs no browser."""
    running.run(run_id)


@shared_task(soft_time_limit=SOFT, time_limit=HARD)
def run_chromium(run_id: int) -> None:
    """Run a check in the browser."""
    running.run(run_id)


@worker_process_shutdown.connect
def close_browser(**_: object) -> None:
    """A pool's child leaves without Python's exit functions, so the browser is closed here."""
    robot.discard()
