"""Kept counters: summed for pages, folded by the sweep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Sum

from core.models import Tally

FOLD_AT = 200


class Count(NamedTuple):
    """How many rows of one subject (task, prompt, pair, …) and kind stand in one status."""

    project_id: int
    subject: str
    kind: str
    status: str
    n: int


def counts(project_ids: Iterable[int] | None = None, *, subject: str | None = None) -> list[Count]:
    """Counts now, exact: one query, its cost bounded by folding and not by the number of rows counted."""
    rows = Tally.objects.all()
    if project_ids is not None:
        rows = rows.filter(project_id__in=list(project_ids))
    if subject is not None:
        rows = rows.filter(subject=subject)
    grouped = rows.values_list("project_id", "subject", "kind", "status").annotate(total=Sum("n")).order_by()
    return [Count(*row) for row in grouped if row[4]]


def fold() -> int:
    """Fold deltas into one row a key; returns how many rows were folded. One folder at a time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('core.tally.fold'))")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT count(*) FROM (SELECT 1 FROM core_tally LIMIT %s) few", [FOLD_AT])
        if cursor.fetchone()[0] < FOLD_AT:
            return 0
        cursor.execute(
            "WITH many AS (SELECT project_id, subject, kind, status FROM core_tally GROUP BY 1, 2, 3, 4"
            " HAVING count(*) > 1), gone AS (DELETE FROM core_tally t USING many m WHERE (t.project_id, t.subject,"
            " t.kind, t.status) = (m.project_id, m.subject, m.kind, m.status) RETURNING t.*)"
            " INSERT INTO core_tally (project_id, subject, kind, status, n)"
            " SELECT project_id, subject, kind, status, sum(n) FROM gone"
            " GROUP BY project_id, subject, kind, status HAVING sum(n) <> 0"
        )
        return int(cursor.rowcount)
