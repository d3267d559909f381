"""Reading the history of a draft: its saved versions, what changed from one to the next, and which may be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from work import drafts
from work.models import Assignment, DraftVersion

PAGE = 50
# So many of the newest versions are kept all; of those before them every second, before those every fourth, and so on.
ALL_OF = 100

# The database compares the files, so that no text leaves it. Two versions of one file set differ in their words alone.
_PAGE_SQL = """
    WITH page AS (
        SELECT v.rev, v.saved_at, v.fileset_id, kept.rev AS before_rev, kept.fileset_id AS before_id
        FROM work_draftversion v LEFT JOIN LATERAL (
            SELECT w.rev, w.fileset_id FROM work_draftversion w
            WHERE w.assignment_id = v.assignment_id AND w.rev < v.rev ORDER BY w.rev DESC LIMIT 1) kept ON true
        WHERE v.assignment_id = %s AND v.rev < %s ORDER BY v.rev DESC LIMIT %s)
    SELECT page.rev, page.saved_at, files.file_count, files.byte_size, page.before_rev,
           CASE WHEN before.id IS NULL OR before.id = files.id THEN ARRAY[]::text[] ELSE ARRAY(
               SELECT coalesce(was.key, now.key)
               FROM json_each_text(before.body::json) was FULL JOIN json_each_text(files.body::json) now USING (key)
               WHERE was.value IS DISTINCT FROM now.value ORDER BY 1) END
    FROM page JOIN core_fileset files ON files.id = page.fileset_id LEFT JOIN core_fileset before ON before.id = page.before_id
    ORDER BY page.rev DESC
"""
_NEWEST = 2**31 - 1


def page_of(assignment: Assignment, *, before: int | None = None) -> list[dict[str, Any]]:
    """Up to `PAGE` versions of a draft below revision `before`, newest first.

    Each has `rev`, `saved_at` (ISO 8601), `files` (how many), `bytes` (their UTF-8 sizes), `changed_files`: the
    paths that differ from the version kept before it; of the first version, from what the bench opened with; and
    `forgotten`: how many versions between these two are kept no longer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PAGE_SQL, [assignment.pk, before or _NEWEST, PAGE])
        found = cursor.fetchall()
    return [_line(assignment, *row) for row in found]


def _line(
    assignment: Assignment,
    rev: int,
    saved_at: datetime,
    count: int,
    size: int,
    before: int | None,
    changed: list[str],
) -> dict[str, Any]:
    return {
        "rev": rev,
        "saved_at": saved_at.isoformat(),
        "files": count,
        "bytes": size,
        "changed_files": _against_opening(assignment, rev) if before is None else changed,
        "forgotten": rev - (before or 0) - 1,
    }


def _against_opening(assignment: Assignment, rev: int) -> list[str]:
    files = DraftVersion.objects.select_related("fileset").get(assignment=assignment, rev=rev).fileset.files
    opened = drafts.opening(assignment)["files"]
    return sorted(path for path in files.keys() | opened.keys() if files.get(path) != opened.get(path))


def superfluous(history: Sequence[tuple[int, int]]) -> set[int]:
    """Which revisions of a history, given as (revision, id of its files) in order, may be forgotten.

    Never the first, the newest ALL_OF, or the first to have files that were put back later, while they are. The further
    back, the fewer stay, so a history of n versions keeps about ALL_OF / 2 for each time that n doubles.
    """
    if not history:
        return set()
    newest, before = history[-1][0], 0
    had_first: dict[int, int] = {}
    put_back = {history[0][0]}
    for rev, files in history:
        if files in had_first and files != before:
            put_back.add(had_first[files])
        had_first.setdefault(files, rev)
        before = files
    return {rev for rev, _ in history if rev % _step(newest - rev) and rev not in put_back}


def _step(back: int) -> int:
    """Of the versions so far back one in so many stays: a power of two, so that what stays then had stayed before."""
    return 1 if back < ALL_OF else 1 << (back // ALL_OF).bit_length()
