"""Imports: run one."""

from celery import shared_task

from catalog import import_actions


@shared_task
def run(import_id: int) -> None:
    """Check the file of an import and write what is in it, or refuse it."""
    import_actions.run(import_id)
