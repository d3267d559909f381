"""One release build, or its limits, in a process of its own: python -m benchmarks.release_step STEP PK [CONFIG …].

`build` is the whole build with these configs; `bare` a server-side cursor that feeds one Parquet file (zstd) with the
columns of `default`; `copy` PostgreSQL's COPY of them; `added` what each further config adds to all others,
in turns with its own bare cursor. All but `build` follow a selection that is not part of their cost.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    import pyarrow as pa

    from exports.models import Release

# What a config adds is measured in turns, until its error is this share of its bare cursor.
LEAST, MOST = 7, 15
NEAR = 0.1
FETCH = 2_000
_MEASURES = ("seconds", "cpu")
_FROM = """
FROM release_row pick JOIN work_submission submission ON submission.id = pick.submission_id
JOIN catalog_prompt prompt ON prompt.id = pick.prompt_id JOIN release_who who ON who.author_id = pick.author_id
JOIN core_fileset chosen ON chosen.id = pick.chosen_id JOIN core_fileset rejected ON rejected.id = pick.rejected_id
"""
_VOTES = "JOIN arena_vote vote ON vote.pair_id = pick.pair_id JOIN release_judge judge ON role = 'voter' AND person_id = voter_id"
_REVIEWS = """
JOIN review_review given ON given.submission_id = pick.submission_id
JOIN release_judge judge ON role = 'reviewer' AND person_id = reviewer_id
LEFT JOIN catalog_guidelinerule rule ON rule.id = given.rule_id
"""
_RIVAL = """
JOIN catalog_generation rival ON rival.id = pick.rival_id JOIN core_fileset shown ON shown.id = rival.fileset_id
JOIN catalog_codemodel model ON model.id = rival.model_id
"""
_PAIRS = f"{_FROM} WHERE reason = '' ORDER BY pick.submission_id"
_ID = "'bench-' || submission.id"
_TIME = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
_MARGIN = "(wins - losses)::float8 / (wins + losses + ties)"
_SIDES = "CROSS JOIN LATERAL (VALUES (chosen.body, true), (rejected.body, false)) side(body, label)"
_SEATS = """
CASE WHEN refined_is_a THEN 'refined' ELSE model.name END, CASE WHEN refined_is_a THEN model.name ELSE 'refined' END,
CASE WHEN choice < 0 THEN 'model_a' WHEN choice > 0 THEN 'model_b' ELSE 'tie' END, judge.pseudonym, prompt.text,
CASE WHEN refined_is_a THEN chosen.body ELSE shown.body END, prompt.text,
CASE WHEN refined_is_a THEN shown.body ELSE chosen.body END
"""
_SCORE = "CASE WHEN refined_is_a THEN -choice ELSE choice END"
_NOTES = "SELECT notes FROM review_review r WHERE r.submission_id = submission.id ORDER BY r.id DESC LIMIT 1"
# The columns that a config has, messages as their text.
BARE = {
    "preference": f"SELECT prompt.text, chosen.body, rejected.body, {_MARGIN} {_PAIRS}",
    "preference_implicit": f"SELECT prompt.text, chosen.body, prompt.text, rejected.body, {_MARGIN} {_PAIRS}",
    "kto": f"SELECT prompt.text, side.body, side.label {_FROM} {_SIDES} WHERE reason = '' ORDER BY pick.submission_id",
    "sft": f"SELECT prompt.text, chosen.body {_PAIRS}",
    "edit": f"SELECT {_ID}, 'code', pick.framework, prompt.text, rejected.body, chosen.body, coalesce(({_NOTES}), ''),"
    f" submission.rationale, prompt.text {_PAIRS}",
    "feedback": f"SELECT {_ID}, 'code', pick.framework, prompt.text, chosen.body, given.notes || given.evidence, decision,"
    " coalesce(rule.code, ''), scores::text, judge.pseudonym, submission.round, pick.reason"
    f" {_FROM} {_REVIEWS} ORDER BY pick.submission_id",
    "arena": f"SELECT {_ID}, {_SEATS}, pick.framework, extract(epoch FROM cast_at)::float8, choice, pick.cluster, 'eval_only'"
    f" {_FROM} {_RIVAL} {_VOTES} ORDER BY pick.submission_id",
    "raw_annotations": f"SELECT {_ID}, prompt.key, pick.cluster, 'vote', judge.pseudonym, {_SCORE} || '', {_SCORE},"
    f" refined_is_a, criteria::text, '', seconds, {_TIME.format('cast_at')}, pick.reason {_FROM} {_VOTES}"
    f" UNION ALL SELECT {_ID}, prompt.key, pick.cluster, 'review', judge.pseudonym, decision, NULL, NULL, scores::text,"
    f" given.notes || given.evidence, NULL, {_TIME.format('given.decided_at')}, pick.reason {_FROM} {_REVIEWS}",
    "hard_negatives": f"SELECT prompt.text, chosen.body, false, {_ID}, pick.reason, wins, losses, ties, {_MARGIN},"
    f" pick.cluster, who.pseudonym {_FROM} WHERE losing ORDER BY pick.submission_id",
}


def main() -> None:
    """Do the step, print its figures."""
    django.setup()
    from exports.models import Release

    step, pk, *configs = sys.argv[1:]
    steps: dict[str, Callable[[Release, Path, list[str]], dict[str, Any]]] = {
        "build": build, "bare": bare, "copy": copy, "added": added,
    }  # fmt: skip
    release = Release.objects.select_related("project", "recipe").get(pk=int(pk))
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(steps[step](release, Path(folder), configs)))


def build(release: Release, folder: Path, configs: list[str]) -> dict[str, Any]:
    """The whole build: selection, files, lists, card, manifest."""
    import time

    from benchmarks.cost import spending
    from exports import building

    release.frozen = {**release.frozen, "configs": configs}
    phases: dict[str, float] = {}
    begun = time.perf_counter()

    def progress(phase: str, done: int, total: int) -> None:
        phases.setdefault(phase, time.perf_counter() - begun)

    with spending() as cost:
        _, files, _ = building.write(release, folder / "release", progress=progress)
    return {
        **cost.figures(),
        "select": phases["Writing files"],
        "measure": cost.wall - phases["Measuring"],
        "bytes": sum(file.bytes for file in files),
        "rows": sum(file.rows for file in files),
    }


def _select(release: Release, *, evidence: bool) -> None:
    from exports import building, selection

    selection.select(replace(building.choice_of(release), evidence=evidence))


def bare(release: Release, folder: Path, configs: list[str]) -> dict[str, Any]:
    """A server-side cursor feeding one Parquet file of the columns of `default`, nothing else."""
    from django.db import transaction

    from exports import selection
    from exports.columns import SOURCE_SCHEMA

    query = selection.rows_query(["default"])
    with transaction.atomic():
        _select(release, evidence=False)
        return _bare(query, {"name": "bare", "as_of": None}, folder / "bare.parquet", SOURCE_SCHEMA)


def _bare(query: str, params: Any, path: Path, schema: pa.Schema | None = None) -> dict[str, float]:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from django.db import connection

    from benchmarks.cost import spending

    writer, rows_written = None, 0
    with spending() as cost, connection.connection.cursor(name="bare") as cursor:
        cursor.execute(query, params)
        while rows := cursor.fetchmany(FETCH):
            columns = list(zip(*rows, strict=True))
            if schema is None:
                schema = pa.schema([(f"c{at}", pa.array(column).type) for at, column in enumerate(columns)])
            writer = writer or pq.ParquetWriter(path, schema, compression="zstd")
            arrays = [
                pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            rows_written += len(rows)
        if writer is not None:
            writer.close()
    return {**cost.figures(), "rows": rows_written}


def added(release: Release, folder: Path, configs: list[str]) -> dict[str, Any]:
    """By config what it adds to the files of all others, and under `together` what all further ones add to the first; see `_turns`.

    Files of all are written before and after those of all but one, since how fast the machine is changes within minutes by
    more than what is looked for.
    """
    import gc
    import shutil

    from django.db import transaction

    from benchmarks.cost import spending
    from exports import changes, selection, writers
    from exports.columns import OF_EVIDENCE

    selected = None

    def files(wanted: list[str]) -> dict[str, float]:
        nonlocal selected
        evidence = not set(wanted).isdisjoint(OF_EVIDENCE)
        if evidence != selected:
            _select(release, evidence=evidence)
            selected = evidence
        place = folder / "files"
        place.mkdir()
        with (
            spending() as cost,
            selection.stream("bench", as_of=release.as_of, configs=wanted) as batches,
        ):
            writers.write_data(place, changes.listed(place, batches), configs=wanted, formats=["parquet"])
        shutil.rmtree(place)
        return cost.figures()

    def bare_of(wanted: list[str]) -> dict[str, float]:
        costs = [_bare(BARE[config], None, folder / "bare.parquet") for config in wanted]
        return {by: sum(cost[by] for cost in costs) for by in _MEASURES}

    first, further = configs[0], configs[1:]
    found: dict[str, dict[str, dict[str, float]]] = {}
    with transaction.atomic():
        files([first])
        # Nothing that was loaded before is looked through again by the collector, in the middle of one config or another.
        gc.collect()
        gc.freeze()
        for config in further:
            rest = [each for each in configs if each != config]
            found[config] = _turns(partial(files, rest), partial(files, configs), partial(bare_of, [config]))
        found["together"] = _turns(
            partial(files, [first]), partial(files, configs), partial(bare_of, further)
        )
    return found


def _turns(
    without: Callable[[], dict[str, float]],
    whole: Callable[[], dict[str, float]],
    bare: Callable[[], dict[str, float]],
) -> dict[str, dict[str, float]]:
    """What `whole` costs more than `without`, and what `bare` costs: medians of turns, with the standard error of the first.

    By the clock (`seconds`) and in CPU seconds of builder and PostgreSQL backend (`cpu`). The clock's error ends the turns.
    """
    from statistics import median

    without()  # the first of anything in a process is slow
    before = whole()
    added: dict[str, list[float]] = {by: [] for by in _MEASURES}
    alone: dict[str, list[float]] = {by: [] for by in _MEASURES}
    for turn in range(1, MOST + 1):
        less, after, own = without(), whole(), bare()
        for by in _MEASURES:
            added[by].append((before[by] + after[by]) / 2 - less[by])
            alone[by].append(own[by])
        before = after
        if turn >= LEAST and _error(added["seconds"]) <= NEAR * median(alone["seconds"]):
            break
    return {
        by: {"added": median(added[by]), "bare": median(alone[by]), "error": _error(added[by])}
        for by in _MEASURES
    }


def _error(values: list[float]) -> float:
    """The standard error of their median, were they spread as a bell.

    Two that follow each other share one of their three builds, which correlates them by a sixth: hence the 4/3.
    """
    from math import pi, sqrt
    from statistics import stdev

    return stdev(values) * sqrt(4 / 3 * pi / 2 / len(values))


def copy(release: Release, folder: Path, configs: list[str]) -> dict[str, Any]:
    """COPY of the columns of `default`, thrown away as it comes."""
    from django.db import connection, transaction

    from benchmarks.cost import spending
    from exports import selection

    with transaction.atomic():
        _select(release, evidence=False)
        query = selection.rows_query(["default"])
        size = 0
        with (
            spending() as cost,
            connection.cursor() as cursor,
            cursor.copy(
                f"COPY ({query}) TO STDOUT (FORMAT binary)", {"name": "bare", "as_of": None}
            ) as stream,
        ):
            for block in stream:
                size += len(block)
        return {**cost.figures(), "bytes": size}


if __name__ == "__main__":
    main()
