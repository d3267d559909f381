"""Imports: run one; ask the prompts of earlier ones again."""

from celery import shared_task

from catalog import import_actions
from work import protected_actions


# Rows by the million take hours; a run that stands still is told by its lease, which it renews as it goes.
@shared_task(soft_time_limit=6 * 3600, time_limit=6 * 3600 + 60)
def run(import_id: int) -> None:
    """Check the file of an import and write what is in it, or refuse it."""
    import_actions.run(import_id)


@shared_task(soft_time_limit=6 * 3600, time_limit=6 * 3600 + 60)
def rescan(set_id: int) -> None:
    """Ask the prompts that are here already against a protected set."""
    protected_actions.rescan(set_id=set_id)
