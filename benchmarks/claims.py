"""Claim and submit under 8 signed-in clients, beside the empty signed-in view on the same server."""

from __future__ import annotations

import json
import statistics
import uuid

from django.db import connection

from benchmarks import clients, seed
from benchmarks.clients import Request
from benchmarks.seed import Seeded
from benchmarks.table import Row, Table
from core import filesets

PEOPLE = 800
ROUNDS = 3


def measure(table: Table, host: str, port: int, seeded: Seeded, size: int) -> float:
    """Claims and submits of `PEOPLE` people, `ROUNDS` times; the median claim rate. Asserts no double hand-out."""
    project = seeded.project
    users = seed.people(project, PEOPLE, f"c{size}")
    keys = seed.sessions(users)
    empty = [Request(key, "POST", "/benchmark/empty/") for key in keys]
    claim = [
        Request(
            key,
            "POST",
            "/queue/claim/",
            f"project={project.pk}&kind=refine&csrfmiddlewaretoken={clients.TOKEN}".encode(),
        )
        for key in keys
    ]
    rates: dict[str, list[float]] = {"empty": [], "claim": [], "submit": []}
    worst = 0.0
    clients.run(host, port, empty[:200])
    for _ in range(ROUNDS):
        rates["empty"].append(_rate(clients.run(host, port, empty), 200))
        claimed = clients.run(host, port, claim)
        rates["claim"].append(_rate(claimed, 302))
        worst = max(worst, claimed.quantile(0.95))
        _no_double(project.pk)
        submits = _submits(dict(zip([user.pk for user in users], keys, strict=True)))
        rates["submit"].append(_rate(clients.run(host, port, submits), 201))
        _give_back(project.pk)
    base, claims, sent = (statistics.median(rates[name]) for name in ("empty", "claim", "submit"))
    limit = f"{base:,.0f} empty views/s"
    table.add(
        Row(
            f"claim, 8 clients, {size:,} open tasks",
            f"{claims:,.0f}/s, p95 {worst * 1000:.0f} ms",
            limit,
            claims / base,
            0.50,
        )
    )
    table.add(Row(f"submit, 8 clients, {size:,} open tasks", f"{sent:,.0f}/s", limit, sent / base, 0.35))
    return claims


def _rate(measured: clients.Measured, wanted: int) -> float:
    if set(measured.statuses) != {wanted}:
        raise RuntimeError(f"expected {wanted} only, got {measured.statuses}")
    return measured.rate


def _no_double(project_id: int) -> None:
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
            " AND status = 'active'",
            [fileset.pk, list(keys)],
        )
        cursor.execute(
            "SELECT id, assignee_id FROM work_assignment WHERE assignee_id = ANY(%s) AND status = 'active'",
            [list(keys)],
        )
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


def _give_back(project_id: int) -> None:
    """Make the project's claimed seats open again by putting fresh tasks in their place."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH fresh AS (INSERT INTO catalog_prompt (project_id, key, text, tags, framework, source, licence,"
            " cluster, held_out, quarantine, created_at) SELECT project_id, gen_random_uuid(), text, tags, framework,"
            " source, licence, gen_random_uuid(), false, '', now() FROM catalog_prompt WHERE project_id = %s LIMIT %s"
            " RETURNING id), outputs AS (INSERT INTO catalog_generation (prompt_id, model_id, fileset_id, params, use,"
            " created_at) SELECT fresh.id, g.model_id, g.fileset_id, '{}', g.use, now() FROM fresh, (SELECT DISTINCT ON"
            " (model_id) model_id, fileset_id, use FROM catalog_generation) g) SELECT 1",
            [project_id, PEOPLE],
        )
    from catalog.models import Project
    from work.actions import open_tasks

    open_tasks(project=Project.objects.get(pk=project_id), by=None)
