"""The sweep: rings again for whatever is due, expires leases, folds counters."""

from celery import shared_task

from desk import sweeping


@shared_task
def sweep() -> None:
    """Every `SWEEP_SECONDS`, from beat."""
    sweeping.sweep()
