"""Reviews: open the task of a submission that awaits one."""

from celery import shared_task

from review import actions


@shared_task
def open_review(submission_id: int) -> None:
    """Open the review task of a submission."""
    actions.open_review(submission_id=submission_id)
