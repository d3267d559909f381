"""The gate at release: every prompt and page that a release would show, asked against every protected set.

It fails closed: a row that matches is left out, and a scan that does not find its own planted copies, or cannot read
the registry, ends the build. Reads and writes the temporary tables of `exports.selection`, in its transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import orjson
from django.db import connection

from core.errors import HillclimbError
from exports.queries import FETCH, one, streamed
from protect import canaries
from protect.gate import Gate, Hit, Only, Recall, Registry
from protect.matching import FLOOR, Rule

MEASURED = (
    20_000  # how near the nearest item is, is measured on so many prompts and pages each, drawn by their hash
)
BINS = 10
FLOORED = (Rule.CHARS, Rule.CODE)
REASON = "matches a protected set"

OnScan = Callable[[int], None]


class ScanBroken(HillclimbError):
    """The scan does not find what was planted for it to find."""

    code = "scan_broken"
    title = "The scan against protected sets cannot be believed"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a release shows beside prompts and chosen pages. `table`: release_pick, or release_row once it is there."""

    aside: bool  # rows that are in no pair
    rivals: bool  # the rival's pages, in arena
    rounds: bool  # what was reviewed in earlier rounds, in feedback
    table: str = "release_pick"


@dataclass(slots=True)
class Scan:
    """What was asked, and what was found. Counts are of distinct prompts and file sets."""

    registry: Registry
    prompts: int = 0
    file_sets: int = 0
    rows_left_out: int = 0
    left_out: dict[tuple[str, str], int] = field(
        default_factory=dict
    )  # (set, version) -> rows that matched it
    nearest: dict[Rule, list[int]] = field(default_factory=dict)  # by tenths of the score
    measured: Counter[str] = field(default_factory=Counter)  # prompts, code: on how many `nearest` stands
    planted: list[Recall] = field(default_factory=list)


def scan(registry: Registry, shown: Shown, on_scan: OnScan | None = None, only: Only = None) -> Scan:
    """Ask for everything that would be shown, and bar the rows that match. Without protected sets nothing is read.

    `only`: of these sets, by (slug, version). Raises ScanBroken, and RegistryUnreadable.
    """
    gate = Gate(only)
    done = Scan(registry)
    if not gate.is_set:
        return done
    done.planted = gate.recall()
    for each in done.planted:
        if each.edit == canaries.EXACT and each.found < each.planted:
            raise ScanBroken(
                f"Of {each.planted} planted copies of protected items ({each.kind}) the scan found {each.found}. "
                "Nothing is released until it finds each. Tell the operator."
            )
    look(gate, shown, done, on_scan)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT protected_set, version, count(DISTINCT pair_id) FROM release_match GROUP BY 1, 2 ORDER BY 1, 2"
        )
        done.left_out = {(slug, version): n for slug, version, n in cursor.fetchall()}
        cursor.execute(
            "UPDATE release_pick SET barred = true, reason = CASE WHEN reason = '' THEN %s ELSE reason END"
            " WHERE pair_id IN (SELECT pair_id FROM release_match)",
            [REASON],
        )
        done.rows_left_out = cursor.rowcount
    return done


def look(gate: Gate, shown: Shown, done: Scan, on_scan: OnScan | None = None) -> None:
    """Fill `release_match` (pair_id, protected_set, version, key, rule, score) and the counts of `done`."""
    hits: list[tuple[Any, ...]] = []
    if gate.guards_prompts:
        wanted = (
            f"FROM catalog_prompt WHERE id IN (SELECT prompt_id FROM {shown.table} WHERE {_where(shown)})"
        )
        share = _share(wanted)
        query = f"SELECT id, text, encode(sha256(convert_to(text, 'UTF8')), 'hex') {wanted}"
        with streamed(query) as batches:
            for pk, text, digest in chain.from_iterable(batches):
                done.prompts += 1
                if (hit := gate.prompt(text)) is not None:
                    hits.append(("prompt", pk, *_cells(hit)))
                if _draw(digest) < share:
                    done.measured["prompts"] += 1
                    _count(done.nearest, gate.nearest_prompt(text))
                _tell(on_scan, done)
    _list_shown(shown, gate.guards_code)
    if gate.guards_code:
        wanted = "FROM core_fileset WHERE id IN (SELECT fileset_id FROM release_shown)"
        share = _share(wanted)
        with streamed(f"SELECT id, body, digest {wanted}") as batches:
            for pk, body, digest in chain.from_iterable(batches):
                done.file_sets += 1
                files = orjson.loads(body)
                if (hit := gate.code(files)) is not None:
                    hits.append(("code", pk, *_cells(hit)))
                if _draw(digest) < share:
                    done.measured["code"] += 1
                    _count(done.nearest, gate.nearest_code(files))
                _tell(on_scan, done)
    _list_matches(shown, hits)


def _tell(on_scan: OnScan | None, done: Scan) -> None:
    asked = done.prompts + done.file_sets
    if on_scan is not None and asked % FETCH == 0:
        on_scan(asked)


def _cells(hit: Hit) -> tuple[Any, ...]:
    return hit.protected_set, hit.version, hit.key, hit.match.rule.value, hit.match.score


def _where(shown: Shown) -> str:
    return "NOT barred" if shown.aside else "NOT barred AND reason = ''"


def _list_shown(shown: Shown, wanted: bool) -> None:
    """Which file sets each row shows; none is listed when none is `wanted`."""
    rows = f"(SELECT * FROM {shown.table} WHERE {_where(shown)}) pick"
    parts = [
        f"SELECT pair_id, chosen_id AS fileset_id FROM {rows}",
        f"SELECT pair_id, rejected_id FROM {rows} WHERE reason = '' AND pair_type <> 'written'",
    ]
    if shown.rivals:
        parts.append(
            f"SELECT pair_id, rival.fileset_id FROM {rows} JOIN catalog_generation rival ON rival.id = pick.rival_id"
            " AND rival.use <> 'none'"
        )
    if shown.rounds:
        parts.append(
            f"SELECT pair_id, earlier.fileset_id FROM {rows} JOIN work_submission own ON own.id = pick.submission_id"
            " JOIN work_submission earlier ON earlier.task_id = own.task_id AND earlier.author_id = own.author_id"
            " AND earlier.id < own.id WHERE earlier.fileset_id IS NOT NULL"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE IF EXISTS release_shown; CREATE TEMP TABLE release_shown ON COMMIT DROP AS "
            + (" UNION ".join(parts) if wanted else f"{parts[0]} WHERE false")
            + "; ANALYZE release_shown"
        )


def _list_matches(shown: Shown, hits: list[tuple[Any, ...]]) -> None:
    """What was hit, by row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE IF EXISTS release_hit, release_match; CREATE TEMP TABLE release_hit (kind text, object_id bigint,"
            " protected_set text, version text, key text, rule text, score float8) ON COMMIT DROP"
        )
        with cursor.copy("COPY release_hit FROM STDIN") as copy:
            for hit in hits:
                copy.write_row(hit)
        cursor.execute(
            "CREATE TEMP TABLE release_match ON COMMIT DROP AS"
            " SELECT pair_id, protected_set, hit.version, hit.key, rule, score"
            f" FROM {shown.table} pick JOIN release_hit hit ON kind = 'prompt' AND object_id = prompt_id WHERE {_where(shown)}"
            " UNION SELECT pair_id, protected_set, hit.version, hit.key, rule, score FROM release_shown"
            " JOIN release_hit hit ON kind = 'code' AND object_id = fileset_id"
        )


def _share(wanted: str) -> float:
    """Which share of what is asked for is measured; 1 or more: all of it."""
    total = one(f"SELECT count(*) {wanted}")
    return MEASURED / max(total, 1) if total > MEASURED else 2.0


def _draw(digest: str) -> float:
    """A number from 0 to 1 that hangs on the content alone."""
    return int(digest[:13], 16) / 2**52


def _count(nearest: dict[Rule, list[int]], scores: Mapping[Rule, float]) -> None:
    for rule, score in scores.items():
        bins = nearest.setdefault(rule, [0] * BINS)
        bins[min(BINS - 1, int(score * BINS + 1e-9))] += 1


def bin_names(rule: Rule) -> list[tuple[str, int, int]]:
    """(name, first bin, end) of a rule's histogram: what lies below FLOOR is one bin where it was not told."""
    first = round(FLOOR * BINS) if rule in FLOORED else 0
    floor = [(f"under {FLOOR}", 0, first)] if first else []
    return [*floor, *((f"{at / BINS:.1f} to {(at + 1) / BINS:.1f}", at, at + 1) for at in range(first, BINS))]
