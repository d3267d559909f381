"""The rows of a release by id, and what became of those of the release before; streamed.

`ROWS.parquet` lists the rows of pairs and written pages with digests of what is in them, as they pass on their way into
the data files. The next release loads it into a temporary table and joins, in SQL, before any file of its own is written.
Call inside the transaction of `exports.selection.select`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

from core.errors import HillclimbError
from exports.columns import (
    KEY_COLUMNS,
    PAIR_TYPE_AT,
    REASON_AT,
    SOURCE_COLUMNS,
    SPLIT_AT,
    VOTES_AT,
    WEIGHT_AT,
)
from exports.models import Release
from exports.names import CHANGES, ROWS
from exports.queries import one, streamed
from exports.selection import KEPT
from exports.versions import MOVED, Changes
from exports.writers import HashingFile, Row

FETCH = 20_000
_TEXT = ("split", "pair_type", "prompt", "chosen", "rejected", "votes")
_ROWS_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("submission", pa.int64()),
        *[(name, pa.string()) for name in _TEXT],
        ("weight", pa.float64()),
    ]
)
_CHANGES_SCHEMA = pa.schema([(name, pa.string()) for name in ("id", "change", "why")])

# What the list of this release will say; a re-issue of the same rows finds no change only if both say the same.
_NOW = f"""(
SELECT submission_id AS submission, split, pair_type, encode(sha256(convert_to(prompt.text, 'UTF8')), 'hex') AS prompt,
       chosen.digest AS chosen, coalesce(rejected.digest, '') AS rejected, wins || '/' || losses || '/' || ties AS votes,
       round((weight * factor)::numeric, 6)::float8 AS weight, pair_id
FROM {KEPT} JOIN catalog_prompt prompt ON prompt.id = prompt_id JOIN core_fileset chosen ON chosen.id = chosen_id
LEFT JOIN core_fileset rejected ON rejected.id = rejected_id AND pair_type <> 'written' JOIN release_who USING (author_id)
)"""
_BEFORE = "submission bigint, split text, pair_type text, prompt text, chosen text, rejected text, votes text, weight float8"
_DIFF = f"""
CREATE TEMP TABLE release_change ON COMMIT DROP AS
SELECT submission, change, why FROM (
    SELECT coalesce(now.submission, before.submission) AS submission,
           CASE WHEN before.submission IS NULL THEN 'added' WHEN now.submission IS NULL THEN 'removed' ELSE 'changed' END AS change,
           CASE WHEN before.submission IS NULL THEN CASE WHEN judged.decided_at < %(since)s THEN 'left out before' ELSE 'new verdict' END
                WHEN now.submission IS NULL THEN coalesce(nullif(pick.reason, ''), CASE WHEN pick.pair_id IS NULL
                     THEN 'no longer selected by the recipe' ELSE 'contributor of the other split' END)
                WHEN now.split <> before.split THEN '{MOVED}'
                WHEN now.chosen <> before.chosen THEN 'other chosen files'
                WHEN (now.rejected, now.pair_type) <> (before.rejected, before.pair_type) THEN 'other rejected files'
                WHEN now.prompt <> before.prompt THEN 'other prompt text'
                WHEN now.votes <> before.votes THEN 'other votes'
                WHEN now.weight <> before.weight THEN 'weight, by the caps'
                ELSE '' END AS why
    FROM {_NOW} now FULL JOIN release_before before ON before.submission = now.submission
    LEFT JOIN release_pick pick ON pick.submission_id = before.submission AND now.submission IS NULL
    LEFT JOIN arena_pair judged ON judged.id = now.pair_id
) told WHERE why <> ''
"""


class PredecessorMissing(HillclimbError):
    """The row list of the release before is gone or is not what was published."""

    code = "predecessor_missing"
    title = "The release before this one cannot be read"


def compare(previous: Release, folder: Path, *, recipe: Sequence[str], note: str) -> Changes:
    """What became of the rows of `previous`, whose files are in `folder`. Raises PredecessorMissing."""
    _load(previous, folder / ROWS)
    counted: dict[str, dict[str, int]] = {"added": {}, "removed": {}, "changed": {}}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS release_change")
        cursor.execute(_DIFF, {"since": previous.as_of})
        cursor.execute("SELECT change, why, count(*) FROM release_change GROUP BY 1, 2 ORDER BY 1, 2")
        for change, why, n in cursor.fetchall():
            counted[change][why] = n
    kept = (
        one(f"SELECT count(*) FROM {KEPT}")
        - sum(counted["added"].values())
        - sum(counted["changed"].values())
    )
    return Changes(previous.version, note, tuple(recipe), **counted, kept=kept)


def _load(previous: Release, path: Path) -> None:
    """Copy the row list of the release before into `release_before`."""
    known = previous.files.filter(path=ROWS).values_list("sha256", flat=True).first()
    try:
        with path.open("rb") as file:
            there = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        there = None
    if known is None or there != known:
        raise PredecessorMissing(
            f"{ROWS} of {previous} is not the file that was published, so what changed since cannot be told. "
            "Put the files of that release back."
        )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS release_before")
        cursor.execute(f"CREATE TEMP TABLE release_before ({_BEFORE}) ON COMMIT DROP")
        names = ("submission", *_TEXT, "weight")
        with cursor.copy(f"COPY release_before ({', '.join(names)}) FROM STDIN") as copy:
            for batch in pq.ParquetFile(path).iter_batches(FETCH, columns=list(names)):
                for row in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
                    copy.write_row(row)
        cursor.execute("ANALYZE release_before")


def listed(folder: Path, batches: Iterable[list[Row]]) -> Generator[list[Row]]:
    """The batches of `selection.stream` without their keys; what is in pairs and written pages goes into ROWS.parquet.

    The file is by submission, as the batches are, and whole when the last one was taken.
    """
    waiting: list[Row] = []
    with (
        closing(HashingFile(folder / ROWS)) as file,
        pq.ParquetWriter(pa.PythonFile(file, mode="w"), _ROWS_SCHEMA, compression="zstd") as writer,
    ):
        for batch in batches:
            has_evidence = len(batch[0]) > len(SOURCE_COLUMNS) + len(KEY_COLUMNS)
            waiting += [_entry(row) for row in batch if not (has_evidence and row[REASON_AT])]
            while len(waiting) >= FETCH:
                writer.write_batch(_batch(waiting[:FETCH], _ROWS_SCHEMA))
                del waiting[:FETCH]
            yield [row[: -len(KEY_COLUMNS)] for row in batch]
        if waiting:
            writer.write_batch(_batch(waiting, _ROWS_SCHEMA))


def _entry(row: Row) -> Row:
    """A row of the list, from a streamed one."""
    submission, *digests = row[-len(KEY_COLUMNS) :]
    votes = row[VOTES_AT : VOTES_AT + 3]
    return (
        row[0],
        submission,
        row[SPLIT_AT],
        row[PAIR_TYPE_AT],
        *digests,
        "/".join(map(str, votes)),
        row[WEIGHT_AT],
    )


def write_changes(folder: Path, name: str) -> None:
    """CHANGES.parquet, by change and submission; call after `compare`."""
    query = "SELECT %(name)s::text || '-' || submission, change, why FROM release_change ORDER BY change, submission"
    write_list(folder / CHANGES, _CHANGES_SCHEMA, query, {"name": name})


def write_list(path: Path, schema: pa.Schema, query: str, params: dict[str, str]) -> None:
    """A Parquet file of what a query answers, as it comes."""
    file = HashingFile(path)
    with (
        streamed(query, params, size=FETCH) as batches,
        pq.ParquetWriter(pa.PythonFile(file, mode="w"), schema, compression="zstd") as writer,
    ):
        for rows in batches:
            writer.write_batch(_batch(rows, schema))
    file.close()


def _batch(rows: Sequence[Row], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(zip(*rows, strict=True), schema, strict=True)
    arrays = [pa.array(column, type=field.type) for column, field in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def people(*, evidence: bool) -> dict[int, int]:
    """How many rows and judgements of the release stem from each person."""
    counts = ["SELECT author_id AS person, count(*) AS n FROM release_row GROUP BY 1"]
    if evidence:
        counts += [
            "SELECT voter_id, count(*) FROM arena_vote JOIN release_row USING (pair_id)"
            " JOIN release_judge ON role = 'voter' AND person_id = voter_id GROUP BY 1",
            "SELECT reviewer_id, count(*) FROM release_given JOIN review_review given ON given.id = review_id GROUP BY 1",
        ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT person, sum(n)::int FROM ({' UNION ALL '.join(counts)}) each GROUP BY 1 ORDER BY 1"
        )
        return dict(cursor.fetchall())
