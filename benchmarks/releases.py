"""Release builds beside a bare server-side cursor feeding pyarrow (zstd) with the same columns, and beside COPY.

All is measured by the clock, as whoever waits for it would: a build reads, renders and writes side by side, and also
selects and measures, which the bare cursor does not. CPU seconds, of builder and PostgreSQL backend together, stand beside
it. Every step is a process of its own, and COPY, the first, has read all rows once before anything is compared. Ratios are
medians of turns taken one after the other, and so are the differences that tell what a config adds, of so many that
their error is a tenth of the bare cursor (`release_step.MOST` at most).

A config is charged with what a build of all would save without it: what several share (messages made of both pages, the rows
that are in no pair) is no one's, and is in what the nine add together. The bare cursor makes no messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from django.db import connection
from django.utils import timezone

from benchmarks import memory, seed
from benchmarks.cost import spending
from benchmarks.table import Row, Table
from exports import actions, estimating
from exports.columns import CONFIGS
from exports.models import Recipe, Release

AUTHORS = 200
VOTERS = 50
GROWTH_MB = 100
TURNS = 3
ADDED = 8_000  # pairs that what a config adds is measured on, all judged, as on a site, and one in three lost
COUNTED = estimating.LOOKED_AT  # of so many pairs live counts look at all
LONG = 200_000  # from so many rows on a build takes minutes and is measured once


def verdicts(slug: str, rows: int, *, lost: int = 10, judged: int = 10) -> Release:
    """A project with `rows` judged refinements, made in SQL, and a release to build.

    Every `lost`th pair lost. Those, and every `judged`th, have three votes and a review in words. A site has them for all
    (`judged=1`); at a million pairs their seeding would take longer than what is measured.
    """
    seeded = seed.project(slug, rows)
    project = seeded.project
    people = [user.pk for user in seed.people(project, AUTHORS, f"author-{slug}")]
    voters = [user.pk for user in seed.people(project, VOTERS, f"voter-{slug}")]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE work_assignment SET status = 'submitted', assignee_id = (%s::bigint[])[1 + id %% %s], quote = 1500,"
            " currency = 'EUR', claimed_at = now(), ended_at = now() WHERE project_id = %s",
            [people, AUTHORS, project.pk],
        )
        cursor.execute(
            "INSERT INTO work_submission (project_id, task_id, assignment_id, author_id, outcome, fileset_id,"
            " rationale, ratings, round, status, submitted_at, decided_at)"
            " SELECT a.project_id, a.task_id, a.id, a.assignee_id, 'refined', g.fileset_id, 'Clearer and calmer.',"
            " '{}', 1, 'accepted', now(), now() FROM work_assignment a JOIN work_task t ON t.id = a.task_id"
            " JOIN catalog_generation g ON g.id = t.rival_id WHERE a.project_id = %s",
            [project.pk],
        )
        cursor.execute(
            "WITH judged AS (INSERT INTO work_task (project_id, kind, prompt_id, base_id, rival_id, submission_id,"
            " status, seats, priority, created_at) SELECT s.project_id, 'compare', t.prompt_id, t.base_id, t.rival_id,"
            " s.id, 'settled', 3, 1, now() FROM work_submission s JOIN work_task t ON t.id = s.task_id"
            " WHERE s.project_id = %s RETURNING id, submission_id)"
            " INSERT INTO arena_pair (project_id, task_id, submission_id, kind, status, outcome, wins, losses, ties,"
            " opened_at, decided_at) SELECT %s, id, submission_id, 'refined_rival', 'decided',"
            " CASE WHEN submission_id %% %s = 0 THEN 'rival' ELSE 'refined' END, 3, (id %% 2)::int, 0, now(), now() FROM judged",
            [project.pk, project.pk, lost],
        )
        about = {"project": project.pk, "voters": voters, "lost": lost, "judged": judged}
        # Else what comes next is planned for the few rows that there were when statistics were last taken.
        cursor.execute("ANALYZE work_submission, work_task, arena_pair")
        cursor.execute(_SEATS, about)
        cursor.execute("ANALYZE work_assignment")
        cursor.execute(_VOTES, about)
        cursor.execute(_REVIEWS, about)
        cursor.execute("VACUUM ANALYZE")
    recipe = Recipe.objects.create(
        project=project,
        name=slug,
        configs=list(CONFIGS),
        formats=["parquet"],
        held_out_share=0.0,
        created_by=seeded.lead,
    )
    return Release.objects.create(
        recipe=recipe, project=project, version="1.0.0", frozen=actions.frozen(recipe), as_of=timezone.now(),
        created_by=seeded.lead,
    )  # fmt: skip


_SEATS = f"""
INSERT INTO work_assignment (task_id, project_id, kind, lineage, priority, status, assignee_id, quote, currency, round,
                             claimed_at, ended_at, release_reason)
SELECT pair.task_id, pair.project_id, 'compare', 0, 0, 'submitted', (%(voters)s::bigint[])[1 + (pair.id / 7 + n * 17) %% {VOTERS}],
       80, 'EUR', 1, now(), now(), '' FROM arena_pair pair, generate_series(0, 2) n
WHERE pair.project_id = %(project)s
  AND (mod(pair.submission_id, %(lost)s) = 0 OR mod(pair.submission_id, %(judged)s) = mod(1, %(judged)s))
"""
_VOTES = """
INSERT INTO arena_vote (pair_id, assignment_id, voter_id, refined_is_a, choice, both_bad, criteria, seconds, cast_at)
SELECT pair.id, seat.id, seat.assignee_id, seat.id %% 2 = 0, (seat.id %% 7 - 3)::int, false, '{"design": 1}', 30, now()
FROM work_assignment seat JOIN arena_pair pair ON pair.task_id = seat.task_id
WHERE seat.project_id = %(project)s AND seat.kind = 'compare'
"""
_REVIEWS = """
INSERT INTO review_review (task_id, submission_id, assignment_id, reviewer_id, decision, notes, evidence, scores, decided_at)
SELECT own.task_id, own.id, own.assignment_id, (%(voters)s::bigint[])[1], 'accept', 'The menu works on a phone now.', '',
       '{"design": 4}', now() FROM work_submission own
WHERE own.project_id = %(project)s
  AND (mod(own.id, %(lost)s) = 0 OR mod(own.id, %(judged)s) = mod(1, %(judged)s))
"""


def _step(step: str, release: Release, configs: Sequence[str] = ()) -> dict[str, Any]:
    return memory.in_process("benchmarks.release_step", step, str(release.pk), *configs)


def measure(table: Table, *, sizes: tuple[int, int]) -> None:
    """What each config adds, at the smaller size; `default` and every config, at the larger; memory at both."""
    small, large = sizes
    _each_config(table, verdicts("release-added", ADDED, lost=3, judged=1), ADDED)
    little = verdicts(f"release-{small}", small)
    alone, whole_small = _step("build", little, ["default"]), _step("build", little, CONFIGS)
    much = verdicts(f"release-{large}", large)
    default = _default(table, much, large)
    whole = _step("build", much, CONFIGS)
    table.add(
        Row(
            f"every config, {large:,} rows",
            f"{large / whole['seconds']:,.0f} pairs/s",
            f"{whole['rows']:,} rows of files",
            note=f"{_spent(whole)}; {whole['bytes'] / 1e6 / whole['seconds']:.0f} MB/s of files, {whole['bytes'] / 1e6:,.0f} MB",
        )
    )
    for name, one, other in (("default", alone, default), ("every config", whole_small, whole)):
        growth = other["rss_mb"] - one["rss_mb"]
        table.add(
            Row(
                f"peak memory, {name}, {small:,} to {large:,} rows",
                f"{other['rss_mb']:.0f} MB",
                f"{one['rss_mb']:.0f} MB, + {GROWTH_MB} MB",
                growth / GROWTH_MB,
                1.0,
                at_most=True,
            )
        )
    _counts(table, verdicts("release-counted", COUNTED), much, large)


def _counts(table: Table, some: Release, much: Release, rows: int) -> None:
    """What a recipe would give, as its page asks: all of some pairs are looked at, and a sample of many."""
    whole, sampled = (min(_estimate_seconds(release) for _ in range(TURNS)) for release in (some, much))
    table.add(
        Row(
            f"live counts of a recipe, {rows:,} pairs",
            f"{sampled:.1f} s",
            f"{whole:.1f} s with {COUNTED:,}",
            sampled / whole,
            2.0,
            at_most=True,
        )
    )


def _estimate_seconds(release: Release) -> float:
    with spending() as cost:
        estimating.estimate(release.recipe)
    return cost.wall


def _each_config(table: Table, release: Release, rows: int) -> None:
    """What each config adds to all others, and all of them to `default`, beside half of their own bare cursors."""
    costs = _step("added", release, CONFIGS)
    for config in CONFIGS[1:]:
        table.add(_added(f"... and `{config}`, {rows:,} rows", costs[config]))
    table.add(_added(f"the nine beside `default`, {rows:,} rows", costs["together"]))


def _added(what: str, found: dict[str, dict[str, float]]) -> Row:
    """A row by the clock, with CPU seconds noted; `found`: what is added, its error and what is bare, by both."""
    clock, cpu = found["seconds"], found["cpu"]
    return Row(
        what,
        f"{clock['added']:.2f} s more",
        f"{clock['bare']:.2f} s bare cursor",
        clock["added"] / clock["bare"],
        0.5,
        at_most=True,
        note=f"give or take {clock['error']:.2f} s; by CPU seconds {cpu['added']:.2f} beside {cpu['bare']:.2f}",
    )


def _default(table: Table, release: Release, rows: int) -> dict[str, Any]:
    """The whole build of `default` beside its bare cursor and COPY; returns the figures of one build."""
    raw = _step("copy", release)
    pairs = [
        (_step("build", release, ["default"]), _step("bare", release))
        for _ in range(1 if rows >= LONG else TURNS)
    ]
    mega = raw["bytes"] / 1e6
    build, bare = (median(step["seconds"] for step in steps) for steps in zip(*pairs, strict=True))
    ours, theirs = pairs[-1]
    cpu = median(bare["cpu"] / build["cpu"] for build, bare in pairs)
    table.add(
        Row(
            f"release build, default config, {rows:,} rows",
            f"{ours['rows'] / build:,.0f} rows/s",
            f"{theirs['rows'] / bare:,.0f} rows/s bare cursor",
            median(bare["seconds"] / build["seconds"] for build, bare in pairs),
            0.80,
            note=f"by CPU seconds {cpu:.2f}; {_spent(ours)}",
        )
    )
    table.add(
        Row(
            "the same beside COPY",
            f"{mega / build:.0f} MB/s",
            f"{mega / raw['seconds']:.0f} MB/s COPY",
            raw["seconds"] / build,
            note=f"{mega:,.0f} MB",
        )
    )
    return ours


def _spent(step: dict[str, Any]) -> str:
    return (
        f"{step['seconds']:.1f} s, {step['cpu']:.1f} CPU s ({step['server_cpu']:.1f} PostgreSQL's),"
        f" {step['select']:.1f} s selecting, {step['measure']:.1f} s for the card"
    )
