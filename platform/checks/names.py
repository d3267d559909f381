"""Which names of models and vendors a generation or submission tells, beyond what its prompt and its rival say. Reads only."""

from __future__ import annotations

from catalog import telling
from catalog.models import Generation
from protect import identity
from work.models import Submission


def let_stand(*sides: Generation | None) -> set[str]:
    """Names, in small letters, that a lead has read in these outputs and lets stand."""
    found: set[str] = set()
    for side in sides:
        if side is not None and side.names_accepted:
            found |= identity.names_in(side.fileset.files, telling.own_of(side.prompt.project)).keys()
    return found


def of_generation(row: Generation) -> str:
    """The names that an output tells, one a line; empty when there are none, or its prompt asks for them."""
    own = telling.own_of(row.prompt.project)
    asked = {word.text.lower() for word in identity.find(row.prompt.text, own)}
    return telling.said(identity.names_in(row.fileset.files, own), known=asked)


def of_submission(row: Submission) -> str:
    """The names that a submission tells; those that its prompt or rival says, or that a lead lets stand, tell nothing."""
    if row.fileset is None:
        return ""
    own, task = telling.own_of(row.project), row.task
    known = {word.text.lower() for word in identity.find(task.prompt.text, own)} | let_stand(
        task.base, task.rival
    )
    if task.rival is not None:
        known |= identity.names_in(task.rival.fileset.files, own).keys()
    return telling.said(identity.names_in(row.fileset.files, own), known=known)
