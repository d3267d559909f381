"""The arena: open the pair of an accepted submission."""

from celery import shared_task

from arena import actions


@shared_task
def open_pair(submission_id: int) -> None:
    """Open the blind pair of a submission."""
    actions.open_pair(submission_id=submission_id)
