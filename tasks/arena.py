"""The arena: open the pair of an accepted submission, ask the judging model about one."""

from celery import shared_task

from arena import actions, judge_actions


@shared_task
def open_pair(submission_id: int) -> None:
    """Open the blind pair of a submission."""
    actions.open_pair(submission_id=submission_id)


# Two questions, each as long as the operator's endpoint may take (half an hour at most).
@shared_task(soft_time_limit=3700, time_limit=3760)
def judge(submission_id: int) -> None:
    """Ask the judging model about a submission."""
    judge_actions.judge(submission_id=submission_id)
