"""Claim and submit under 8 signed-in clients, beside the empty signed-in view on the same server.

The sizes take turns, round after round, each on a database and a server of its own: what the rest of the machine
does meanwhile falls on all alike. A ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from statistics import median

import redis
from django.conf import settings
from django.db import connection

from benchmarks import clients, databases, seed
from benchmarks.clients import Request
from benchmarks.seed import Seeded
from benchmarks.table import Row, Table
from core import filesets

PEOPLE = 200
ROUNDS = 10
QUEUE = "light"  # Where `submit` rings: one message for each submission.


@dataclass
class Field:
    """One size: its database, its server, its people, and what was measured there, one figure a round."""

    size: int
    database: str
    port: int
    seeded: Seeded
    keys: dict[int, str] = field(default_factory=dict)
    taken: int = 0
    empty: list[float] = field(default_factory=list)
    claim: list[float] = field(default_factory=list)
    submit: list[float] = field(default_factory=list)
    slowest: list[float] = field(default_factory=list)


def measure(table: Table, fields: list[Field]) -> None:
    """Claims and submits of `PEOPLE` people in `ROUNDS` rounds at every size. Raises on a double hand-out."""
    for one in fields:
        with databases.inside(one.database):
            people = seed.people(one.seeded.project, PEOPLE, f"c{one.size}")
            one.keys = dict(zip([user.pk for user in people], seed.sessions(people), strict=True))
            _round(one)
        one.empty, one.claim, one.submit, one.slowest = [], [], [], []  # The first round only warms up.
    for _ in range(ROUNDS):
        for one in fields:
            with databases.inside(one.database):
                _round(one)
    for one in fields:
        table.head(f"{one.size:,} open tasks, 8 clients")
        limit = f"{median(one.empty):,.0f} empty views/s"
        claims = f"{median(one.claim):,.0f}/s, p95 {median(one.slowest) * 1000:.0f} ms"
        table.add(Row("claim", claims, limit, _ratio(one.claim, one.empty), 0.50))
        table.add(Row("submit", f"{median(one.submit):,.0f}/s", limit, _ratio(one.submit, one.empty), 0.35))


def compare(table: Table, small: Field, large: Field) -> None:
    """A row each for claim and submit: the large size beside the small one."""
    for name in ("claim", "submit"):
        there, here = getattr(large, name), getattr(small, name)
        table.add(
            Row(
                f"{name} at {large.size:,} open tasks",
                f"{median(there):,.0f}/s",
                f"{median(here):,.0f}/s at {small.size:,}",
                _ratio(there, here),
                0.85,
            )
        )


def _ratio(measured: list[float], limit: list[float]) -> float:
    return median(one / other for one, other in zip(measured, limit, strict=True))


def _round(one: Field) -> None:
    project = one.seeded.project.pk
    claim = f"project={project}&kind=refine&csrfmiddlewaretoken={clients.TOKEN}".encode()
    keys = list(one.keys.values())
    one.empty.append(_run(one, [Request(key, "POST", "/benchmark/empty/") for key in keys], 200).rate)
    claimed = _run(one, [Request(key, "POST", "/queue/claim/", claim) for key in keys], 302)
    one.claim.append(claimed.rate)
    one.slowest.append(claimed.quantile(0.95))
    _demand_no_double(project)
    submits = _submits(one.keys)
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.delete(QUEUE)
        one.submit.append(_run(one, submits, 201).rate)
        if (rung := broker.llen(QUEUE)) != PEOPLE:
            raise RuntimeError(f"{PEOPLE} submissions rang {rung} times")
        broker.delete(QUEUE)
    one.taken += PEOPLE
    if one.taken > one.size // 20:
        seed.add_tasks(one.seeded.project, one.taken)
        one.taken = 0


def _run(one: Field, requests: list[Request], wanted: int) -> clients.Measured:
    measured = clients.run(one.port, requests)
    if set(measured.statuses) != {wanted}:
        raise RuntimeError(f"expected {wanted} only, got {measured.statuses}")
    return measured


def _demand_no_double(project_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT task_id), count(DISTINCT assignee_id) FROM work_assignment"
            " WHERE status = 'active' AND project_id = %s",
            [project_id],
        )
        counts = cursor.fetchone()
    if counts != (PEOPLE, PEOPLE, PEOPLE):
        raise RuntimeError(f"a seat was handed out twice or not at all: seats, tasks, people = {counts}")


def _submits(keys: dict[int, str]) -> list[Request]:
    """A saved draft for each held assignment, written in SQL, and the request that submits it."""
    fileset = filesets.store(seed.output(10_000_000))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO work_draftversion (assignment_id, rev, fileset_id, rationale, ratings, saved_at)"
            " SELECT id, 1, %s, 'Clearer and calmer.', '{}', now() FROM work_assignment WHERE assignee_id = ANY(%s)"
            " AND status = 'active' RETURNING assignment_id",
            [fileset.pk, list(keys)],
        )
        drafted = [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT id, assignee_id FROM work_assignment WHERE id = ANY(%s)", [drafted])
        held = cursor.fetchall()
    body = json.dumps(
        {"rev": 1, "outcome": "refined", "reason": "Clearer and calmer than the rival."}
    ).encode()
    return [
        Request(
            keys[person], "POST", f"/bench/{pk}/submit", body, "application/json",
            f"Idempotency-Key: {uuid.uuid4()}\r\n",
        )
        for pk, person in held
    ]  # fmt: skip
