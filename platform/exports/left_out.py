"""The judged pairs that a release leaves out, by id and reason; those refused for rights with the model and its terms.

`LEFT_OUT.parquet` names every one. Call inside the transaction of `exports.selection.select`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

from catalog.models import Use
from exports import changes
from exports.candidates import CHOSEN, REJECTED
from exports.names import LEFT_OUT

RIGHTS = (CHOSEN, REJECTED)
NAMED = 20
_SCHEMA = pa.schema([(name, pa.string()) for name in ("id", "reason", "model", "use", "terms")])

# The chosen side hangs on the base, and on the target where the in-task model wrote a part of it.
_QUERY = f"""
SELECT %(name)s::text || '-' || pick.submission_id,
       CASE WHEN pick.reason = '' THEN 'contributor of the other split' ELSE pick.reason END,
       CASE WHEN pick.reason IN ('{CHOSEN}', '{REJECTED}') THEN model.name ELSE '' END,
       CASE WHEN pick.reason = '{REJECTED}' THEN pick.rejected_use WHEN pick.reason = '{CHOSEN}' THEN pick.chosen_use ELSE '' END,
       CASE WHEN pick.reason IN ('{CHOSEN}', '{REJECTED}') THEN model.terms ELSE '' END
FROM release_pick pick
JOIN work_submission submission ON submission.id = pick.submission_id JOIN work_task task ON task.id = submission.task_id
JOIN catalog_project project ON project.id = submission.project_id
JOIN catalog_generation other ON other.id = pick.other_id
JOIN catalog_codemodel model ON model.id = CASE WHEN pick.reason = '{CHOSEN}' AND (task.base_id IS NULL OR pick.rejected_use = 'train')
                                                THEN project.target_id ELSE other.model_id END
LEFT JOIN release_row kept ON kept.submission_id = pick.submission_id
WHERE {{where}}
"""


_ANY = "(pick.reason <> '' OR kept.submission_id IS NULL)"


def _query(where: str) -> str:
    return _QUERY.replace("{where}", where)


class LeftOut(NamedTuple):
    """One judged pair that is in no training pair."""

    id: str
    reason: str
    model: str  # whose terms refuse it; empty for other reasons
    use: str
    terms: str


def write(folder: Path, name: str) -> None:
    """LEFT_OUT.parquet, by submission; not written when nothing was left out. `name`: what ids begin with."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({_query(_ANY)})", {"name": name})
        if not cursor.fetchone()[0]:
            return
    query = _query(f"{_ANY} ORDER BY pick.submission_id")
    changes.write_list(folder / LEFT_OUT, _SCHEMA, query, {"name": name})


def refused(name: str, limit: int = NAMED) -> list[LeftOut]:
    """The first rows that rights refuse."""
    with connection.cursor() as cursor:
        cursor.execute(
            _query("pick.reason = ANY(%(rights)s) ORDER BY pick.submission_id LIMIT %(limit)s"),
            {"name": name, "rights": list(RIGHTS), "limit": limit},
        )
        return [LeftOut(*row) for row in cursor.fetchall()]


def read(folder: Path, limit: int = NAMED) -> list[LeftOut]:
    """The first rows that rights refused in a finished release; none for releases of before there was a list."""
    path = folder / LEFT_OUT
    if not path.is_file():
        return []
    found = pq.read_table(path, filters=[("reason", "in", list(RIGHTS))]).slice(0, limit).to_pylist()
    return [LeftOut(**row) for row in found]


def refusal(name: str) -> str:
    """Which rows rights refuse and why, in words; empty when they refuse none."""
    rows = refused(name)
    if not rows:
        return ""
    by_model: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        by_model.setdefault((row.reason, row.model, row.use), []).append(row.id)
    told = [
        f"{', '.join(ids)}: the {reason} by the terms of {model} ({Use(use).label.lower()})"
        for (reason, model, use), ids in by_model.items()
    ]
    more = " (the first of them)" if len(rows) == NAMED else ""
    return (
        f"Refused{more}: {'; '.join(told)}. A lead who holds other terms can override these, for the record."
    )
