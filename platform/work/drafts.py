"""Reading drafts: the newest version, what a new one is seeded with, how it looks as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet

from catalog.models import Framework
from work.models import Assignment, DraftVersion
from work.states import AssignmentStatus

STARTERS = {
    Framework.HTML: {
        "index.html": '<!doctype html>\n<html lang="en">\n<head>\n  <meta charset="utf-8">\n'
        '  <meta name="viewport" content="width=device-width, initial-scale=1">\n  <title></title>\n</head>\n'
        "<body>\n\n</body>\n</html>\n"
    },
    Framework.REACT: {"App.tsx": "export default function App() {\n  return <main></main>;\n}\n"},
}


def newest(assignment: Assignment) -> DraftVersion | None:
    """The newest saved version of a draft; its files are read when asked for."""
    return assignment.versions.order_by("-rev").first()


def opening(assignment: Assignment) -> dict[str, Any]:
    """What an untouched draft starts from, as `as_json` at revision 0; `seeded_from` names an earlier seat's version.

    In this order: the newest draft the person left on this task (what was sent in a round before is one), what that
    round sent, the base, a bare starter page.
    """
    left = (
        DraftVersion.objects.filter(
            assignment__task=assignment.task_id, assignment__assignee=assignment.assignee_id
        )
        .exclude(assignment=assignment)
        .select_related("fileset")
        .order_by("-saved_at", "-pk")
        .first()
    )
    if left is not None:
        seeded = {"seat": left.assignment_id, "rev": left.rev}
        return {**as_json(left), "rev": 0, "saved_at": None, "seeded_from": seeded}
    sent = getattr(assignment.follows, "submission", None)
    if sent is not None and sent.fileset_id:
        return _fresh(sent.fileset.files, sent.rationale, sent.ratings)
    if assignment.task.base is not None:
        return _fresh(assignment.task.base.fileset.files)
    return _fresh(STARTERS[Framework(assignment.task.prompt.framework)])


def _fresh(
    files: Mapping[str, str], rationale: str = "", ratings: Mapping[str, int] | None = None
) -> dict[str, Any]:
    return {
        "rev": 0,
        "files": dict(files),
        "rationale": rationale,
        "ratings": dict(ratings or {}),
        "saved_at": None,
    }


def as_json(version: DraftVersion) -> dict[str, Any]:
    """A draft version as the bench reads it."""
    return {
        "rev": version.rev,
        "files": version.fileset.files,
        "rationale": version.rationale,
        "ratings": version.ratings,
        "saved_at": version.saved_at.isoformat(),
    }


def free_seats(task: int | OuterRef, person_id: int | None) -> QuerySet[Assignment]:
    """Open seats of a task that a person who held one of it may take: their next round first, since no other is theirs then."""
    seats = Assignment.objects.filter(
        Q(reserved_for=None) | Q(reserved_for=person_id), task=task, status=AssignmentStatus.OPEN
    )
    return seats.order_by(F("reserved_for").asc(nulls_last=True), "pk")
