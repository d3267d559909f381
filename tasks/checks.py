"""Checks: plan a submission's runs, run one."""

from celery import shared_task

from checks import actions, running


@shared_task
def plan(submission_id: int) -> None:
    """Queue the runs of a submission."""
    actions.plan(submission_id=submission_id)


@shared_task
def run_light(run_id: int) -> None:
    """Run a check that needs no browser."""
    running.run(run_id)


@shared_task
def run_chromium(run_id: int) -> None:
    """Run a check in the browser."""
    running.run(run_id)
