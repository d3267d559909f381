"""A hundred thousand tasks by one statement: the lists probe an index and never walk the table."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from tests.worlds import world

pytestmark = pytest.mark.django_db

MANY = 100_000
# A walk reads MANY; the planner itself may step over a few thousand dead rows of tests before this one.
FEW = 10_000

_PROMPTS = """
INSERT INTO catalog_prompt (project_id, key, text, tags, framework, source, licence, cluster, held_out, quarantine, created_at)
SELECT %s, 'bulk-' || n, 'x', '{}', 'html', 's', 'CC0', 'c' || n, false, '', now() FROM generate_series(1, %s) n
"""
_TASKS = """
INSERT INTO work_task (project_id, kind, prompt_id, status, seats, priority, created_at)
SELECT p.project_id, 'write', p.id, CASE WHEN p.id %% 1000 = 0 THEN 'withdrawn' ELSE 'open' END, 1, 0, now()
FROM catalog_prompt p WHERE p.key LIKE 'bulk-%%' LIMIT %s
"""


def test_first_last_and_rare_pages_touch_few_rows() -> None:
    scene = world(prompts=1)
    with connection.cursor() as cursor:
        cursor.execute(_PROMPTS, [scene.project.pk, MANY])
        cursor.execute(_TASKS, [MANY])
        cursor.execute("ANALYZE work_task, catalog_prompt, core_tally")
    client = Client()
    client.force_login(scene.lead)

    def rows_read() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid)), 0)"
                " FROM pg_class WHERE relname LIKE 'work_task%%' OR relname LIKE 'task_%%' OR relname LIKE 'catalog_prompt%%'"
            )
            return int(cursor.fetchone()[0])

    base = f"/admin/work/task/?project={scene.project.pk}"
    for url in (
        base,
        f"{base}&p=last",
        f"{base}&status=withdrawn",
        f"{base}&kind=write&status=open&p=b50000",
        f"/desk/{scene.project.slug}/",
    ):
        before = rows_read()
        answer = client.get(url)
        assert answer.status_code == 200
        assert rows_read() - before < FEW, url
    assert "100,001" in client.get(base).content.decode()
    assert "100,001" in client.get(f"/desk/{scene.project.slug}/").content.decode()
