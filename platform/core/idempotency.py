"""One effect per Idempotency-Key (invariant I2): same key and request, same answer; other request, 422."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import connection, transaction

from core.errors import BadInput, KeyReused, Problem
from core.models import IdempotencyKey

if TYPE_CHECKING:
    from django.http import HttpRequest

Answer = tuple[int, dict[str, object]]


def fingerprint(request: HttpRequest) -> str:
    """SHA-256 of method, path and body."""
    text = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(text).hexdigest()


def once(request: HttpRequest, effect: Callable[[], Answer]) -> Answer:
    """Run `effect` at most once for this person and `Idempotency-Key`; answer as the first time ever after.

    The key row and the effect commit together, and a second request with the same key waits for the first.
    Raises BadInput without a key, KeyReused when the key came with another request.
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
    mark = fingerprint(request)
    user_id = int(request.user.pk or 0)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_idempotencykey (user_id, key, fingerprint, created_at)"
                " VALUES (%s, %s, %s, now()) ON CONFLICT DO NOTHING RETURNING id",
                [user_id, key, mark],
            )
            fresh = cursor.fetchone()
        if fresh is None:
            return _again(user_id, key, mark)
        status, body = effect()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE core_idempotencykey SET status = %s, body = %s WHERE id = %s",
                [status, json.dumps(body), *fresh],
            )
        return status, body


def _again(user_id: int, key: str, mark: str) -> Answer:
    first = IdempotencyKey.objects.get(user_id=user_id, key=key)
    if first.fingerprint != mark or first.status is None:
        raise KeyReused(
            "The same Idempotency-Key was sent with another request. Use a new key for a new request."
        )
    return first.status, dict(first.body or {})
