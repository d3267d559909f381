"""Release build beside a bare server-side cursor feeding pyarrow (zstd) with the same columns; memory at two sizes."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from benchmarks import memory, seed
from benchmarks.table import Row, Table
from exports import actions
from exports.models import Recipe, Release

AUTHORS = 200


def verdicts(slug: str, rows: int) -> Release:
    """A project with `rows` accepted refinements that beat the rival, made in SQL, and a release to build."""
    seeded = seed.project(slug, rows)
    project = seeded.project
    people = seed.people(project, AUTHORS, f"author-{slug}")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE work_assignment SET status = 'submitted', assignee_id = (%s::bigint[])[1 + id %% %s], quote = 1500,"
            " currency = 'EUR', claimed_at = now(), ended_at = now() WHERE project_id = %s",
            [[user.pk for user in people], AUTHORS, project.pk],
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
            " opened_at, decided_at) SELECT %s, id, submission_id, 'refined_rival', 'decided', 'refined', 3,"
            " (id %% 2)::int, 0, now(), now() FROM judged",
            [project.pk, project.pk],
        )
        cursor.execute("VACUUM ANALYZE")
    recipe = Recipe.objects.create(
        project=project, name=slug, configs=["default"], formats=["parquet"], created_by=seeded.lead
    )
    return Release.objects.create(
        recipe=recipe, project=project, version="1.0.0", frozen=actions.frozen(recipe), as_of=timezone.now(),
        created_by=seeded.lead,
    )  # fmt: skip


def measure(table: Table, *, sizes: tuple[int, int]) -> None:
    """Build at both sizes; the larger one beside the bare cursor."""
    built, rows = {}, sizes[1]
    for size in sizes:
        release = verdicts(f"release-{size}", size)
        built[size] = memory.in_process("benchmarks.release_step", "build", str(release.pk))
    bare = memory.in_process("benchmarks.release_step", "bare", str(release.pk))
    seconds = built[rows]["seconds"]
    table.add(
        Row(
            f"release build, default config, {rows:,} rows",
            f"{rows / seconds:,.0f} rows/s",
            f"{rows / bare['seconds']:,.0f} rows/s bare cursor",
            bare["seconds"] / seconds,
            0.80,
            note=f"of it selection {built[rows]['select']:.1f} s",
        )
    )
    small = sizes[0]
    table.add(
        Row(
            f"release build, peak memory at {rows:,} rows",
            f"{built[rows]['rss_mb']:.0f} MB",
            f"{built[small]['rss_mb']:.0f} MB at {small:,}",
            built[rows]["rss_mb"] / built[small]["rss_mb"],
            1.25,
            at_most=True,
        )
    )
