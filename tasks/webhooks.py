"""Webhooks: send what is due to one endpoint."""

from celery import shared_task

from webhooks import delivering


@shared_task
def send(endpoint_id: int) -> None:
    """Send an endpoint's messages that are due."""
    delivering.deliver(endpoint_id)
