"""Releases: build one."""

from celery import shared_task

from exports import building


@shared_task
def build(release_id: int) -> None:
    """Build a release that is due."""
    building.build(release_id)
