"""Writes of webhooks: endpoints, tests, replays, and what came of each try."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from catalog.models import Project
from catalog.rules import demand
from core import audit, flow, jobs
from core.errors import BadInput, Conflict, Problem
from core.flow import NOW
from core.jobs import Job
from people.models import User
from people.rules import Permission
from webhooks import backoff, signing, targets
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.sending import Answer
from webhooks.states import DELIVERY, TOLD, DeliveryStatus, News

LEASE_SECONDS = 120
MAX_ENDPOINTS = 10
# How long the secret before the last change is still signed with.
OVERLAP = timedelta(hours=24)
# How long the log keeps a message after it was delivered or given up, and how many a sweep forgets at most.
KEPT = timedelta(days=90)
FORGET_AT_ONCE = 1_000
_MACHINE = "webhooks.endpoint"


class LeaseLost(Conflict):
    """Another worker sends to this endpoint now."""


def key(endpoint: Endpoint, version: int | None = None) -> bytes:
    """The endpoint's present key, or that of an earlier version."""
    return signing.key_of(settings.SECRET_KEY, endpoint.salt, version or endpoint.secret_version)


def secret(endpoint: Endpoint, version: int | None = None) -> str:
    """A key as its receiver is given it: shown when it is made, and never again."""
    return signing.secret_of(key(endpoint, version))


def keys(endpoint: Endpoint, now: datetime) -> list[bytes]:
    """What to sign with: the present key, and for a day after a change the one before."""
    found = [key(endpoint)]
    if endpoint.rotated_at is not None and now - endpoint.rotated_at < OVERLAP:
        found.append(key(endpoint, endpoint.secret_version - 1))
    return found


def target_of(url: str) -> targets.Target:
    """The address, if the operator allows it. Raises BadInput that says what is wrong."""
    try:
        target = targets.parse(url)
    except ValueError as error:
        raise _bad("url", str(error), "") from None
    if not targets.is_allowed(target, settings.WEBHOOK_TARGETS):
        raise _bad(
            "url",
            "is not among the addresses that the operator allows",
            "Ask the operator to add it to WEBHOOK_TARGETS.",
        )
    return target


def _bad(where: str, what: str, todo: str) -> BadInput:
    return BadInput("The webhook was not kept.", problems=[Problem(where, what, todo)])


def _checked_events(events: Sequence[str]) -> list[str]:
    if not events or set(events) - set(TOLD):
        raise _bad("events", "must name one kind of news or more", f"Choose from {', '.join(TOLD)}.")
    return [kind.value for kind in TOLD if kind in events]


@transaction.atomic
def add_endpoint(
    *, project: Project, url: str, events: Sequence[str], description: str = "", by: User
) -> Endpoint:
    """A new receiver; its `secret` is to be shown this once. Raises NotAllowed, BadInput, Conflict."""
    demand(by, Permission.LEAD, project.pk)
    target_of(url)
    if len(description) > 120:
        raise _bad("description", "is longer than 120 characters", "")
    chosen = _checked_events(events)
    # Held, so that two at once are counted one after the other.
    Project.objects.select_for_update().get(pk=project.pk)
    if Endpoint.objects.filter(project=project, removed_at=None).count() >= MAX_ENDPOINTS:
        raise Conflict(f"A project has at most {MAX_ENDPOINTS} webhooks. Remove one first.")
    try:
        with transaction.atomic():
            endpoint = Endpoint.objects.create(
                project=project, url=url, events=chosen, description=description.strip(),
                salt=secrets.token_hex(16), created_by=by,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict("This project has a webhook for that address already.") from None
    audit.record(_MACHINE, "add", endpoint.pk, by=by, project=project.slug)
    return endpoint


@transaction.atomic
def change_endpoint(
    *, endpoint: Endpoint, by: User, events: Sequence[str] | None = None, description: str | None = None
) -> None:
    """Choose other news or another description. Raises NotAllowed, BadInput."""
    demand(by, Permission.LEAD, endpoint.project_id)
    if events is not None:
        endpoint.events = _checked_events(events)
    if description is not None:
        if len(description) > 120:
            raise _bad("description", "is longer than 120 characters", "")
        endpoint.description = description.strip()
    endpoint.save(update_fields=["events", "description"])
    audit.record(_MACHINE, "change", endpoint.pk, by=by, events=endpoint.events)


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, by: User) -> str:
    """A new secret, shown this once; messages carry signatures by both for a day."""
    demand(by, Permission.LEAD, endpoint.project_id)
    Endpoint.objects.filter(pk=endpoint.pk).update(secret_version=F("secret_version") + 1, rotated_at=Now())
    endpoint.refresh_from_db()
    audit.record(_MACHINE, "rotate", endpoint.pk, by=by)
    return secret(endpoint)


@transaction.atomic
def pause(*, endpoint: Endpoint, by: User | None, reason: str = "") -> None:
    """Send nothing until it is resumed; what happens meanwhile is not told later, what waits already is."""
    if by is not None:
        demand(by, Permission.LEAD, endpoint.project_id)
    if not Endpoint.objects.filter(pk=endpoint.pk, paused_at=None, removed_at=None).update(
        paused_at=Now(), paused_reason=reason[:200]
    ):
        raise Conflict("This webhook is paused or removed already.")
    endpoint.refresh_from_db()
    audit.record(_MACHINE, "pause", endpoint.pk, by=by, reason=reason)


@transaction.atomic
def resume(*, endpoint: Endpoint, by: User) -> None:
    """Send again, at once. Raises BadInput when the operator no longer allows the address."""
    demand(by, Permission.LEAD, endpoint.project_id)
    target_of(endpoint.url)
    if not Endpoint.objects.filter(pk=endpoint.pk, paused_at__isnull=False, removed_at=None).update(
        paused_at=None, paused_reason="", failures=0, quiet_until=None
    ):
        raise Conflict("This webhook is not paused.")
    endpoint.refresh_from_db()
    audit.record(_MACHINE, "resume", endpoint.pk, by=by)
    jobs.ring(Job.SEND_WEBHOOKS, endpoint.pk)


@transaction.atomic
def remove(*, endpoint: Endpoint, by: User) -> None:
    """Send nothing any more, for good. Its log stays as long as that of others."""
    demand(by, Permission.LEAD, endpoint.project_id)
    if not Endpoint.objects.filter(pk=endpoint.pk, removed_at=None).update(removed_at=Now()):
        raise Conflict("This webhook is removed already.")
    endpoint.refresh_from_db()
    audit.record(_MACHINE, "remove", endpoint.pk, by=by)


@transaction.atomic
def send_test(*, endpoint: Endpoint, by: User) -> Delivery:
    """Queue a test message. Raises NotAllowed, Conflict when the webhook is paused or removed."""
    demand(by, Permission.LEAD, endpoint.project_id)
    return _queue(endpoint, Delivery(event=News.TEST, message=uuid.uuid4(), object_id=endpoint.pk, happened_at=timezone.now()), by)  # fmt: skip


@transaction.atomic
def replay(*, delivery: Delivery, by: User) -> Delivery:
    """Queue the same message once more, under the same id. Raises NotAllowed, Conflict while it is pending."""
    endpoint = delivery.endpoint
    demand(by, Permission.LEAD, endpoint.project_id)
    if delivery.status == DeliveryStatus.PENDING:
        raise Conflict("This message is still on its way: its next try comes by itself.")
    made = Delivery(
        event=delivery.event, message=delivery.message, object_id=delivery.object_id,
        happened_at=delivery.happened_at, body=delivery.body, replay_of=delivery,
    )  # fmt: skip
    return _queue(endpoint, made, by)


def _queue(endpoint: Endpoint, made: Delivery, by: User) -> Delivery:
    # Somebody looks at it now: the receiver is asked at once, however it fared before.
    active = Endpoint.objects.filter(pk=endpoint.pk, paused_at=None, removed_at=None)
    if not active.update(quiet_until=None):
        raise Conflict("This webhook is paused or removed, so nothing is sent to it. Resume it first.")
    made.endpoint = endpoint
    made.save()
    flow.created(DELIVERY, made, by=by)
    jobs.ring(Job.SEND_WEBHOOKS, endpoint.pk)
    return made


def _ready() -> Q:
    return Q(paused_at=None, removed_at=None) & (Q(quiet_until=None) | Q(quiet_until__lte=Now()))


def due() -> list[int]:
    """Endpoints that have something to be sent now and that nobody sends to."""
    ready = Endpoint.objects.filter(_ready(), Q(lease_until=None) | Q(lease_until__lte=Now()))
    waiting = Delivery.objects.filter(status=DeliveryStatus.PENDING, next_at__lte=Now()).values("endpoint_id")
    return list(ready.filter(pk__in=waiting).order_by("pk").values_list("pk", flat=True)[:50])


def take(*, endpoint_id: int) -> Endpoint | None:
    """Lease an endpoint for sending; None when somebody else sends, or it is to be left alone."""
    taken = Endpoint.objects.filter(
        _ready(), Q(lease_until=None) | Q(lease_until__lte=Now()), pk=endpoint_id
    ).update(epoch=F("epoch") + 1, lease_until=Now() + timedelta(seconds=LEASE_SECONDS))
    return Endpoint.objects.select_related("project").get(pk=endpoint_id) if taken else None


def give_back(*, endpoint: Endpoint) -> None:
    """End the lease, if it is still ours."""
    Endpoint.objects.filter(pk=endpoint.pk, epoch=endpoint.epoch).update(lease_until=None)


def next_due(endpoint: Endpoint) -> Delivery | None:
    """The message that has waited longest of those that are due."""
    return (
        endpoint.deliveries.filter(status=DeliveryStatus.PENDING, next_at__lte=Now())
        .order_by("next_at", "pk")
        .first()
    )


def keep_body(*, delivery: Delivery, body: str) -> None:
    """What is sent is made once: every try and replay has the same bytes."""
    Delivery.objects.filter(pk=delivery.pk, body="").update(body=body)
    delivery.refresh_from_db(fields=["body"])


@transaction.atomic
def record(*, endpoint: Endpoint, delivery: Delivery, answer: Answer) -> bool:
    """Note what came of a try: delivered, to be tried again, or given up. Whether it was delivered.

    Raises LeaseLost when another worker has the endpoint.
    """
    luck = random.random()
    failures = 0 if answer.is_taken else endpoint.failures + 1
    pause_for = (
        0.0 if answer.is_taken else max(backoff.quiet(failures, luck), backoff.asked(answer.retry_after))
    )
    kept = Endpoint.objects.filter(pk=endpoint.pk, epoch=endpoint.epoch).update(
        failures=failures,
        quiet_until=Now() + timedelta(seconds=pause_for) if pause_for else None,
        lease_until=Now() + timedelta(seconds=LEASE_SECONDS),
    )
    if not kept:
        raise LeaseLost("Another worker sends to this webhook now.")
    endpoint.failures = failures
    tries = delivery.tries + 1
    Attempt.objects.create(
        delivery=delivery,
        number=tries,
        answer=answer.status,
        said=answer.said[:500],
        milliseconds=answer.milliseconds,
    )
    if answer.is_taken:
        DELIVERY.move(delivery, "deliver", by=None, tries=tries, ended_at=NOW)
    elif answer.status == 410 or tries >= backoff.MAX_TRIES:
        DELIVERY.move(delivery, "give_up", by=None, tries=tries, ended_at=NOW)
    else:
        wait = max(backoff.delay(tries, luck), backoff.asked(answer.retry_after))
        Delivery.objects.filter(pk=delivery.pk).update(tries=tries, next_at=Now() + timedelta(seconds=wait))
    if answer.status == 410 and endpoint.is_active:
        pause(endpoint=endpoint, by=None, reason="The receiver answered 410: it wants no more.")
    return answer.is_taken


def forget() -> int:
    """Forget messages that ended KEPT ago, with their tries; a removed webhook's are over, sent or not. How many went."""
    before = Now() - KEPT
    over = Delivery.objects.filter(ended_at__lt=before).order_by("ended_at")
    unsent = Delivery.objects.filter(status=DeliveryStatus.PENDING, endpoint__removed_at__lt=before)
    gone = 0
    for rows in (over, unsent):
        pks = list(rows.values_list("pk", flat=True)[: FORGET_AT_ONCE - gone])
        Delivery.objects.filter(pk__in=pks).delete()
        gone += len(pks)
    return gone
