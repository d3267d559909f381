"""Projects of a given size, made in SQL: a task has a 200-character prompt and two outputs of 6 kB."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass

from django.contrib.auth import BACKEND_SESSION_KEY as BACKEND
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from catalog.models import CodeModel, Membership, Project, Use
from catalog.states import PROJECT
from core import filesets
from people.models import User
from people.rules import Role
from work.actions import open_tasks

DISTINCT = 2_000  # Distinct outputs; at a million tasks each is shared, as content-addressing allows.
STRIDE = 100_000  # Prompts written by one statement.
WORDS = [hashlib.sha256(b"%d" % n).hexdigest()[: 3 + n % 9] for n in range(3000)]


@dataclass(frozen=True, slots=True)
class Seeded:
    """A seeded project and its lead."""

    project: Project
    lead: User


def output(seed: int, size: int = 6_000) -> dict[str, str]:
    """One HTML page of about `size` bytes, with the entropy of real markup."""
    rng = random.Random(seed)
    parts = ['<!doctype html><html lang="en"><head><title>Page</title></head><body>']
    length = len(parts[0])
    while length < size:
        words = " ".join(rng.choices(WORDS, k=8))
        part = f'<section class="card {words[:9]}"><h2>{words[:20]}</h2><p>{words}</p></section>\n'
        parts.append(part)
        length += len(part)
    return {"index.html": "".join(parts) + "</body></html>"}


def project(slug: str, tasks: int) -> Seeded:
    """An active project with `tasks` open refine tasks; statistics are fresh."""
    target, _ = CodeModel.objects.get_or_create(name="target", defaults={"vendor": "T", "use": Use.TRAIN})
    rival, _ = CodeModel.objects.get_or_create(name="rival", defaults={"vendor": "R", "use": Use.EVAL_ONLY})
    made = Project.objects.create(
        name=f"Benchmark {slug}", slug=slug, target=target, rival=rival, lease_minutes=600
    )
    lead = User.objects.create(username=f"lead-{slug}", email=f"lead-{slug}@example.com", is_staff=True)
    Membership.objects.create(project=made, user=lead, role=Role.LEAD)
    PROJECT.move(made, "activate", by=lead)
    add_tasks(made, tasks)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    return Seeded(made, lead)


def add_tasks(made: Project, tasks: int) -> None:
    """`tasks` more prompts with both models' outputs, and open refine tasks for them."""
    ids = _outputs()
    with connection.cursor() as cursor:
        for begin in range(0, tasks, STRIDE):
            cursor.execute(
                "WITH prompts AS (INSERT INTO catalog_prompt (project_id, key, text, tags, framework, source, licence,"
                " cluster, held_out, quarantine, created_at)"
                " SELECT %(project)s, k, rpad('Make page ' || n || ' ', 200, md5(n::text)), '{bench}', 'html',"
                " 'benchmark', 'CC0-1.0', k, false, '', now()"
                " FROM generate_series(1, %(count)s) n, gen_random_uuid() u, LATERAL (SELECT u || '-' || n AS k) keys"
                " RETURNING id)"
                " INSERT INTO catalog_generation (prompt_id, model_id, fileset_id, params, use, created_at)"
                " SELECT prompts.id, m.id, (%(ids)s::bigint[])[1 + (prompts.id * 2 + m.id) %% %(distinct)s], '{}', m.use, now()"
                " FROM prompts, catalog_codemodel m WHERE m.id IN (%(target)s, %(rival)s)",
                {
                    "project": made.pk,
                    "count": min(STRIDE, tasks - begin),
                    "ids": ids,
                    "distinct": len(ids),
                    "target": made.target_id,
                    "rival": made.rival_id,
                },
            )
    open_tasks(project=made, by=None)


def _outputs() -> list[int]:
    """Ids of `DISTINCT` stored outputs."""
    packed = [filesets.pack(output(n)) for n in range(DISTINCT)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_fileset (digest, body, file_count, byte_size, created_at)"
            " SELECT d, b, 1, s, now() FROM jsonb_to_recordset(%s::jsonb) AS x(d text, b text, s int)"
            " ON CONFLICT DO NOTHING",
            [json.dumps([{"d": p.digest, "b": p.body, "s": p.byte_size} for p in packed])],
        )
        cursor.execute("SELECT id FROM core_fileset WHERE digest = ANY(%s)", [[p.digest for p in packed]])
        return [pk for (pk,) in cursor.fetchall()]


def people(made: Project, count: int, prefix: str) -> list[User]:
    """`count` contributors of a project."""
    users = User.objects.bulk_create(
        [User(username=f"{prefix}-{n}", email=f"{prefix}-{n}@example.com") for n in range(count)]
    )
    Membership.objects.bulk_create(
        [Membership(project=made, user=user, role=Role.CONTRIBUTOR) for user in users]
    )
    return users


def sessions(users: list[User]) -> list[str]:
    """A signed-in session key for each person."""
    keys = []
    for user in users:
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND] = "allauth.account.auth_backends.AuthenticationBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.create()
        keys.append(str(store.session_key))
    return keys
