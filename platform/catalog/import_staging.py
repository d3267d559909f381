"""Staging of an import: checked lines in temporary tables, compared with the catalogue and moved into it by SQL.

Everything but the files' text is staged, so that the one transaction that writes the catalogue is short and the
process stays small whatever the size of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import ForeignObjectRel

from catalog.import_lines import Line
from catalog.models import Generation, Prompt
from core.errors import Problem
from core.filesets import Packed

BATCH_ROWS = 1000
BATCH_BYTES = 4 * 1024 * 1024

CREATE = """
CREATE TEMP TABLE import_prompt (
    line integer NOT NULL, key text COLLATE "C" NOT NULL, text text, tags varchar(40)[], framework text, source text,
    licence text, cluster text, held_out boolean, quarantine text
);
CREATE TEMP TABLE import_generation (
    line integer NOT NULL, place smallint NOT NULL, key text COLLATE "C" NOT NULL, model_id bigint NOT NULL,
    digest text NOT NULL, params jsonb NOT NULL, use text NOT NULL, quarantine text NOT NULL
);
CREATE TEMP TABLE import_known (key text COLLATE "C" NOT NULL, id bigint NOT NULL);
"""
DROP = "DROP TABLE IF EXISTS import_prompt, import_generation, import_known"
PROMPT_COLUMNS = ("text", "tags", "framework", "source", "licence", "cluster", "held_out")

_PROMPT_DIFFERS = f"({', '.join(f's.{c}' for c in PROMPT_COLUMNS)}) IS DISTINCT FROM ({', '.join(f'p.{c}' for c in PROMPT_COLUMNS)})"
_WHICH = ", ".join(f"CASE WHEN s.{c} IS DISTINCT FROM p.{c} THEN '{c}' END" for c in PROMPT_COLUMNS)
_KNOWN = "import_prompt s JOIN catalog_prompt p ON p.project_id = %(project)s AND p.key = s.key"
_IS_NEW = "NOT EXISTS (SELECT 1 FROM import_known k WHERE k.key = s.key)"
# `import_known` holds the ids of the staged prompts that are in the catalogue.
_OUTPUTS = """import_generation s
    JOIN import_known p ON p.key = s.key
    LEFT JOIN catalog_generation g ON g.prompt_id = p.id AND g.model_id = s.model_id
    LEFT JOIN core_fileset f ON f.id = coalesce(g.imported_id, g.fileset_id)"""
_OUTPUT_DIFFERS = (
    "g.id IS NOT NULL AND (f.digest, g.params, g.use) IS DISTINCT FROM (s.digest, s.params, s.use)"
)


def _in_use() -> str:
    """SQL that tells whether anything but its own outputs points to prompt `p`: work was opened on it."""
    pointing = [
        relation
        for relation in Prompt._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel) and relation.related_model is not Generation
    ]
    parts = [
        f"EXISTS (SELECT 1 FROM {relation.field.model._meta.db_table} x WHERE x.{relation.field.column} = p.id)"
        for relation in pointing
    ]
    return f"({' OR '.join(parts)})" if parts else "false"


class Staging:
    """The temporary tables of one run, on this process's own connection."""

    def __init__(self, project_id: int) -> None:
        self.params = {"project": project_id}
        self._prompts: list[Sequence[Any]] = []
        self._outputs: list[Sequence[Any]] = []
        self._bytes = 0

    def __enter__(self) -> Staging:
        self._run(DROP)
        self._run(CREATE)
        return self

    def __exit__(self, *_: object) -> None:
        if not connection.needs_rollback:
            self._run(DROP)

    def add(self, number: int, line: Line, quarantine: str, names: Sequence[str]) -> None:
        """Stage a sound line: why its prompt is kept from work, and of each output which names it tells; empty: none."""
        self._prompts.append(
            (number, line.key, line.text, list(line.tags), line.framework, line.source, line.licence,
             line.cluster, line.held_out, quarantine)
        )  # fmt: skip
        self._outputs.extend(
            (
                number,
                place,
                line.key,
                output.model.id,
                output.packed.digest,
                output.params,
                output.use,
                names[place],
            )
            for place, output in enumerate(line.outputs)
        )
        self._grow(len(line.text) + sum(len(output.params) for output in line.outputs))

    def add_key(self, number: int, key: str) -> None:
        """Stage only the key of a faulty line, so that its doubles are found."""
        self._prompts.append((number, key, *[None] * 8))
        self._grow(0)

    def _grow(self, size: int) -> None:
        self._bytes += size
        if len(self._prompts) >= BATCH_ROWS or self._bytes >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what is gathered."""
        with connection.cursor() as cursor:
            if self._prompts:
                with cursor.copy("COPY import_prompt FROM STDIN") as copy:
                    for row in self._prompts:
                        copy.write_row(row)
            if self._outputs:
                with cursor.copy("COPY import_generation FROM STDIN") as copy:
                    for row in self._outputs:
                        copy.write_row(row)
        self._prompts.clear()
        self._outputs.clear()
        self._bytes = 0

    def settle(self) -> None:
        """All is staged: let the planner know how much."""
        self.flush()
        self._run("CREATE INDEX ON import_generation (line)")
        # Also of what it is compared with: stale statistics have been seen to make joins on keys quadratic.
        self._run(
            "ANALYZE import_prompt, import_generation, catalog_prompt (project_id, key, cluster),"
            " catalog_generation (prompt_id, model_id), core_fileset (digest)"
        )

    def count(self) -> tuple[int, int]:
        """How many prompts and outputs are staged."""
        row = self._run(
            "SELECT (SELECT count(*) FROM import_prompt), (SELECT count(*) FROM import_generation)"
        )[0]
        return int(row[0]), int(row[1])

    def faults(self, *, update: bool) -> Iterator[tuple[int, Problem]]:
        """Line and problem of all that is wrong between lines, and between lines and the catalogue."""
        self._change("TRUNCATE import_known")
        self._change(f"INSERT INTO import_known (key, id) SELECT DISTINCT p.key, p.id FROM {_KNOWN}")
        self._run("ANALYZE import_known")
        yield from self._doubles()
        yield from self._torn_clusters()
        if update:
            yield from self._changes_of_used()
        else:
            yield from self._changes()

    def _doubles(self) -> Iterator[tuple[int, Problem]]:
        for key, lines in self._run(
            "SELECT key, array_agg(line ORDER BY line) FROM import_prompt GROUP BY key HAVING count(*) > 1"
        ):
            for line in lines[1:]:
                yield (
                    line,
                    Problem(f"line {line}, key", f"“{key}” stands on line {lines[0]} already", "Keep one."),
                )

    def _torn_clusters(self) -> Iterator[tuple[int, Problem]]:
        """A cluster is held out as a whole or not at all: else near-equal prompts would sit on both sides."""
        for line, cluster, here in self._run(
            """
            WITH torn AS (
                SELECT cluster FROM (
                    SELECT cluster, held_out FROM import_prompt WHERE text IS NOT NULL
                    UNION ALL
                    SELECT p.cluster, p.held_out FROM catalog_prompt p
                    WHERE p.project_id = %(project)s AND p.cluster IN (SELECT cluster FROM import_prompt)
                      AND NOT EXISTS (SELECT 1 FROM import_prompt s WHERE s.key = p.key)
                ) both_sides GROUP BY cluster HAVING bool_or(held_out) AND NOT bool_and(held_out)
            )
            SELECT line, cluster, held_out FROM import_prompt JOIN torn USING (cluster)
            """
        ):
            state = "is" if here else "is not"
            yield (
                line,
                Problem(
                    f"line {line}, held_out",
                    f"cluster “{cluster}” {state} held out here, and otherwise in another prompt of it",
                    "Hold a cluster out as a whole or not at all.",
                ),
            )

    def _changes(self) -> Iterator[tuple[int, Problem]]:
        todo = "Give it a new key, or allow updates (--update)."
        for line, key, which in self._run(
            f"SELECT s.line, s.key, array_remove(ARRAY[{_WHICH}], NULL) FROM {_KNOWN}"
            f" WHERE s.text IS NOT NULL AND {_PROMPT_DIFFERS}"
        ):
            yield (
                line,
                Problem(f"line {line}", f"“{key}” was imported before with another {_and(which)}", todo),
            )
        for line, key, model in self._run(
            f"SELECT s.line, s.key, m.name FROM {_OUTPUTS} JOIN catalog_codemodel m ON m.id = s.model_id"
            f" WHERE {_OUTPUT_DIFFERS}"
        ):
            yield (
                line,
                Problem(f"line {line}", f"“{key}” was imported before with another output of {model}", todo),
            )

    def _changes_of_used(self) -> Iterator[tuple[int, Problem]]:
        for line, key in self._run(
            f"""
            SELECT s.line, s.key FROM {_KNOWN} WHERE s.text IS NOT NULL AND {_PROMPT_DIFFERS} AND {_in_use()}
            UNION
            SELECT s.line, s.key FROM {_OUTPUTS} WHERE {_OUTPUT_DIFFERS} AND {_in_use()}
            """
        ):
            yield (
                line,
                Problem(
                    f"line {line}",
                    f"“{key}” differs from before, but people already work on it",
                    "Give the changed prompt a new key: work stays with what it was done on.",
                ),
            )

    def bodies_wanted(self) -> bool:
        """Whether any staged output's files are not stored yet."""
        return bool(
            self._run(
                "SELECT EXISTS (SELECT 1 FROM import_generation s WHERE NOT EXISTS"
                " (SELECT 1 FROM core_fileset f WHERE f.digest = s.digest))"
            )[0][0]
        )

    def wanted(self, first: int, end: int) -> set[str]:
        """Digests of the file sets of lines `first` up to, not with, `end` that are not stored yet."""
        rows = self._run(
            "SELECT s.digest FROM import_generation s WHERE s.line >= %(first)s AND s.line < %(end)s"
            " AND NOT EXISTS (SELECT 1 FROM core_fileset f WHERE f.digest = s.digest)",
            {"first": first, "end": end},
        )
        return {digest for (digest,) in rows}

    @contextmanager
    def bodies(self) -> Iterator[Callable[[Packed], None]]:
        """Store file sets, streamed, in a transaction of their own. They show nowhere until outputs name them.

        Raises IntegrityError if somebody stored one of them in this moment.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            # The commit that ends the import waits for the log up to here too.
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute("SELECT statement_timestamp()")
            now = cursor.fetchone()[0]
            columns = "digest, body, file_count, byte_size, created_at"
            with cursor.copy(f"COPY core_fileset ({columns}) FROM STDIN") as copy:
                yield lambda p: copy.write_row((p.digest, p.body, p.file_count, p.byte_size, now))

    def lock(self, *, update: bool) -> None:
        """Until the transaction ends nobody else imports into this project or opens work on what is to change."""
        self._run("SELECT pg_advisory_xact_lock(hashtext('catalog.import'), %(project)s::int)")
        if update:
            self._run(f"SELECT p.id FROM {_KNOWN} ORDER BY p.id FOR UPDATE OF p")

    def write(self) -> dict[str, int]:
        """Bring the catalogue to what is staged; returns counts.

        Call it locked and after `faults`, in the transaction that ends the import.
        """
        prompts, outputs = self.count()
        changed = self._change(
            f"UPDATE catalog_prompt p SET {', '.join(f'{c} = s.{c}' for c in PROMPT_COLUMNS)},"
            " quarantine = s.quarantine FROM import_prompt s"
            f" WHERE p.project_id = %(project)s AND p.key = s.key AND {_PROMPT_DIFFERS}"
        )
        # A registry that grew since also reaches prompts imported before, unless work on them has begun: then the
        # gate of the release judges.
        self._change(
            "UPDATE catalog_prompt p SET quarantine = s.quarantine FROM import_prompt s"
            " WHERE p.project_id = %(project)s AND p.key = s.key AND s.quarantine <> '' AND p.quarantine = ''"
            f" AND NOT {_in_use()}"
        )
        quarantined = self._run(
            f"""
            SELECT (SELECT count(*) FROM {_KNOWN} WHERE p.quarantine <> '')
                 + (SELECT count(*) FROM import_prompt s WHERE s.quarantine <> '' AND {_IS_NEW})
            """
        )[0][0]
        new = self._change(
            f"""
            WITH fresh AS (
                INSERT INTO catalog_prompt (project_id, key, {", ".join(PROMPT_COLUMNS)}, quarantine, created_at)
                SELECT %(project)s, s.key, {", ".join(f"s.{c}" for c in PROMPT_COLUMNS)}, s.quarantine,
                       statement_timestamp()
                FROM import_prompt s WHERE {_IS_NEW} ORDER BY s.line
                RETURNING id, key
            )
            INSERT INTO import_known (key, id) SELECT key, id FROM fresh
            """
        )
        self._run("ANALYZE import_known")
        changed_outputs = self._change(
            f"""
            UPDATE catalog_generation target SET fileset_id = fresh.id, params = s.params, use = s.use,
                   quarantine = s.quarantine, names_accepted = false, imported_id = NULL
            FROM {_OUTPUTS} JOIN core_fileset fresh ON fresh.digest = s.digest
            WHERE target.id = g.id AND {_OUTPUT_DIFFERS}
            """
        )
        there_before = self._run(f"SELECT count(*) FROM {_OUTPUTS} WHERE g.id IS NOT NULL")[0][0]
        new_outputs = self._change(
            f"""
            INSERT INTO catalog_generation (prompt_id, model_id, fileset_id, params, use, quarantine, created_at)
            SELECT p.id, s.model_id, fresh.id, s.params, s.use, s.quarantine, statement_timestamp()
            FROM {_OUTPUTS} JOIN core_fileset fresh ON fresh.digest = s.digest
            WHERE g.id IS NULL ORDER BY s.line, s.place
            """
        )
        telling = self._run("SELECT count(*) FROM import_generation WHERE quarantine <> ''")[0][0]
        if there_before + new_outputs != outputs:
            raise RuntimeError("some outputs found no stored files; the import is run again")
        return {
            "prompts": prompts, "new": new, "changed": changed, "unchanged": prompts - new - changed,
            "outputs": outputs, "outputs_new": new_outputs, "outputs_changed": changed_outputs,
            "outputs_unchanged": outputs - new_outputs - changed_outputs, "quarantined": int(quarantined),
            "outputs_quarantined": int(telling),
        }  # fmt: skip

    def _run(self, sql: str, extra: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self.params, **(extra or {})} if "%(" in sql else None)
            return cursor.fetchall() if cursor.description else []

    def _change(self, sql: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, self.params)
            return int(cursor.rowcount)


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
