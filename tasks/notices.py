"""Notices: send one by mail."""

from celery import shared_task

from work import queue_notices


@shared_task
def mail(notice_id: int) -> None:
    """Send a notice that is due by mail."""
    queue_notices.mail(notice_id=notice_id)
