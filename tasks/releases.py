"""Releases: build one."""

from celery import shared_task

from exports import building


# Rows by the million take hours; a run that stands still is told by its lease, which it renews as it goes.
@shared_task(soft_time_limit=6 * 3600, time_limit=6 * 3600 + 60)
def build(release_id: int) -> None:
    """Build a release that is due."""
    building.build(release_id)
