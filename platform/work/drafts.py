"""Reading drafts: the newest version, what a new one is seeded with, how it looks as JSON."""

from __future__ import annotations

from typing import Any

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


def seed(assignment: Assignment) -> dict[str, str]:
    """What an untouched draft starts from.

    In this order: what was sent in the round before, the newest draft the person left on this task, the base, a
    bare starter page.
    """
    follows = assignment.follows
    if follows is not None and (sent := getattr(follows, "submission", None)) is not None and sent.fileset_id:
        return dict(sent.fileset.files)
    left = (
        DraftVersion.objects.filter(
            assignment__task=assignment.task_id, assignment__assignee=assignment.assignee_id
        )
        .exclude(assignment=assignment)
        .select_related("fileset")
        .order_by("-saved_at")
        .first()
    )
    if left is not None:
        return dict(left.fileset.files)
    if assignment.task.base is not None:
        return dict(assignment.task.base.fileset.files)
    return dict(STARTERS[Framework(assignment.task.prompt.framework)])


def as_json(version: DraftVersion) -> dict[str, Any]:
    """A draft version as the bench reads it."""
    return {
        "rev": version.rev,
        "files": version.fileset.files,
        "rationale": version.rationale,
        "ratings": version.ratings,
        "saved_at": version.saved_at.isoformat(),
    }


def free_seat_like(ended: Assignment) -> Assignment | None:
    """An open seat on the same task that the person of `ended` may take again."""
    seats = Assignment.objects.filter(task=ended.task_id, status=AssignmentStatus.OPEN)
    return seats.filter(reserved_for=None).first() or seats.filter(reserved_for=ended.assignee_id).first()
