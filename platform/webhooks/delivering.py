"""Sending what is due to one endpoint, in order, for a bounded time; a failed try leaves the rest for later."""

from __future__ import annotations

import time

import structlog
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from core.errors import BadInput
from webhooks import actions, news, sending, signing
from webhooks.actions import LeaseLost
from webhooks.models import Delivery, Endpoint
from webhooks.sending import Answer

log = structlog.get_logger(__name__)

# A hand of the worker is lent for so long; what is left is rung for again.
BUDGET_SECONDS = 20.0


def deliver(endpoint_id: int) -> int:
    """Send what is due to an endpoint unless somebody else does; returns how many messages were taken."""
    endpoint = actions.take(endpoint_id=endpoint_id)
    if endpoint is None:
        return 0
    taken, until = 0, time.monotonic() + BUDGET_SECONDS
    try:
        while time.monotonic() < until and (delivery := actions.next_due(endpoint)) is not None:
            if not actions.record(endpoint=endpoint, delivery=delivery, answer=_sent(endpoint, delivery)):
                break
            taken += 1
    except LeaseLost:
        log.warning("webhook taken over", endpoint=endpoint.pk, epoch=endpoint.epoch)
        return taken
    actions.give_back(endpoint=endpoint)
    return taken


def _sent(endpoint: Endpoint, delivery: Delivery) -> Answer:
    """One try. The operator may have taken the address off the list since."""
    try:
        target = actions.target_of(endpoint.url)
    except BadInput as error:
        return Answer(None, f"The address {error.problems[0].what}.", 0)
    if not delivery.body:
        delivery.endpoint = endpoint
        try:
            body = news.body_of(delivery)
        except ObjectDoesNotExist:
            return Answer(None, "What it was about is no more.", 0)
        actions.keep_body(delivery=delivery, body=body)
    now = timezone.now()
    signed = signing.headers(
        actions.keys(endpoint, now),
        message=f"msg_{delivery.message.hex}",
        timestamp=int(now.timestamp()),
        body=delivery.body,
    )
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Hillclimb/{settings.CODE_VERSION}",
        "Connection": "close",
        **signed,
    }
    return sending.post(target, delivery.body.encode(), headers, private=settings.WEBHOOK_PRIVATE_NETWORKS)
