"""Releases: build one, scan one again."""

from celery import shared_task

from exports import building, rescanning


# Rows by the million take hours; a run that stands still is told by its lease, which it renews as it goes.
@shared_task(soft_time_limit=6 * 3600, time_limit=6 * 3600 + 60)
def build(release_id: int) -> None:
    """Build a release that is due."""
    building.build(release_id)


@shared_task(soft_time_limit=6 * 3600, time_limit=6 * 3600 + 60)
def rescan(release_id: int) -> None:
    """Ask a published release against protected sets that were registered since."""
    rescanning.rescan(release_id=release_id)
