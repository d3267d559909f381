"""What names a model or vendor and waits for a lead: kept back from whoever would be handed it. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from catalog.models import Generation, Project

# Whether a seat shows files that name a model or vendor and that no lead has looked at. A few look-ups by key.
TELLING = """EXISTS (
          SELECT 1 FROM work_task shown WHERE shown.id = seat.task_id AND (
              EXISTS (SELECT 1 FROM catalog_generation told WHERE told.id = shown.base_id AND told.quarantine <> '')
              OR EXISTS (SELECT 1 FROM catalog_generation told WHERE told.id = shown.rival_id AND told.quarantine <> '')
              OR EXISTS (SELECT 1 FROM work_submission told WHERE told.id = shown.submission_id AND told.quarantine <> '')))"""


def wholly(offers: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Of these (project, kind), those with open seats all of which tell a name; one query, none for no offers."""
    if not offers:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT offer.project_id, offer.kind FROM unnest(%s::bigint[], %s::text[]) AS offer (project_id, kind)"
            " WHERE EXISTS (SELECT 1 FROM work_assignment seat WHERE seat.project_id = offer.project_id"
            " AND seat.kind = offer.kind AND seat.status = 'open')"
            " AND NOT EXISTS (SELECT 1 FROM work_assignment seat WHERE seat.project_id = offer.project_id"
            f" AND seat.kind = offer.kind AND seat.status = 'open' AND NOT {TELLING})",
            [[project_id for project_id, _ in offers], [kind for _, kind in offers]],
        )
        return set(cursor.fetchall())


def among(seats: Iterable[int]) -> frozenset[int]:
    """Of these seats, those that show what waits for a lead; one query, none for no seats."""
    ids = list(seats)
    if not ids:
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT seat.id FROM work_assignment seat WHERE seat.id = ANY(%s) AND {TELLING}", [ids]
        )
        return frozenset(pk for (pk,) in cursor.fetchall())


def prompts(project: Project) -> int:
    """How many prompts of a project wait because one of their two outputs tells a name."""
    outputs = Generation.objects.exclude(quarantine="").filter(
        model__in=[project.target_id, project.rival_id], prompt__project=project, prompt__quarantine=""
    )
    return outputs.values("prompt").distinct().count()
