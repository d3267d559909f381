"""One effect per Idempotency-Key (invariant I2): same key and request, same answer; other request, 422."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models.functions import Now

from core.errors import BadInput, KeyReused, Problem
from core.models import IdempotencyKey

if TYPE_CHECKING:
    from django.http import HttpRequest

Answer = tuple[int, dict[str, object]]
# A retry comes within hours; a client that was away for a holiday is still answered.
KEPT = timedelta(days=30)
# A sweep takes no longer for it than for its other parts.
FORGET_AT_ONCE = 1_000


def fingerprint(request: HttpRequest) -> str:
    """SHA-256 of method, path and body."""
    text = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(text).hexdigest()


def once(request: HttpRequest, effect: Callable[[], Answer], *, mark: str | None = None) -> Answer:
    """Run `effect` at most once for this person and `Idempotency-Key`; answer as the first time ever after.

    The effect and its key commit together: of two requests with one key the later finds the key taken, its effect
    is undone, and it gets the first's answer. Raises BadInput without a key, KeyReused when the key came with
    another request, and whatever the effect raises the first time. `mark` stands for the request where its body is
    not held in memory.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > 200:
        raise BadInput(
            "This request needs an Idempotency-Key header.",
            problems=[
                Problem(
                    "Idempotency-Key", "is missing or too long", "Send 1 to 200 characters, such as a UUID."
                )
            ],
        )
    mark = mark or fingerprint(request)
    user_id = int(request.user.pk or 0)
    try:
        with transaction.atomic():
            status, body = effect()
            # Last, not first: one statement instead of two, and a retry is rare.
            _keep(user_id, key, mark, status, body)
    except Exception:
        # A retry mostly fails on what the first time did: what it is owed is the first answer.
        if (first := _first(user_id, key, mark)) is not None:
            return first
        raise
    return status, body


class _Taken(Exception):
    """The key was used meanwhile."""


def _keep(user_id: int, key: str, mark: str, status: int, body: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_idempotencykey (user_id, key, fingerprint, status, body, created_at)"
            " VALUES (%s, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING",
            [user_id, key, mark, status, json.dumps(body)],
        )
        if not cursor.rowcount:
            raise _Taken


def _first(user_id: int, key: str, mark: str) -> Answer | None:
    first = IdempotencyKey.objects.filter(user_id=user_id, key=key).first()
    if first is None:
        return None
    if first.fingerprint != mark:
        raise KeyReused(
            "The same Idempotency-Key was sent with another request. Use a new key for a new request."
        )
    return first.status, dict(first.body)


def forget() -> int:
    """Forget answers given KEPT ago, a bounded number, the oldest first; how many went.

    Rows are numbered in the order of time, so no index on it is needed, which every claim would pay for.
    """
    oldest = IdempotencyKey.objects.order_by("pk").values("pk")[:FORGET_AT_ONCE]
    gone, _ = IdempotencyKey.objects.filter(pk__in=oldest, created_at__lt=Now() - KEPT).delete()
    return gone
