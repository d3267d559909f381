"""The audit trail: what happened, when, by whom. Append-only; a database trigger refuses change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model


def actor_id(by: Model | None) -> int | None:
    """The id to record for `by`; None stands for the system itself."""
    return None if by is None else int(by.pk)


def record(what: str, verb: str, object_id: int, *, by: Model | None, **data: object) -> None:
    """Append one event that is not a state transition (`what` names the kind of object, as in `exports.release`)."""
    insert(what, verb, object_id, by=by, data=data)


def insert(machine: str, verb: str, object_id: int, *, by: Model | None, data: Mapping[str, object]) -> None:
    """Append one event row, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_event (machine, verb, object_id, source, target, actor_id, data, at)"
            " VALUES (%s, %s, %s, '', '', %s, %s, clock_timestamp())",
            [machine, verb, object_id, actor_id(by), json.dumps(data, default=str)],
        )
