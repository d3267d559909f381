"""Writes about names of models and vendors: keep work that tells them from everybody, take them out, let them stand.

What is in quarantine is claimed by nobody, so neither contributor, reviewer nor voter is shown it (I9).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import transaction

from catalog import telling
from catalog.models import Generation, Project
from catalog.rules import demand
from checks import likeness_actions, names
from checks.models import Signature
from checks.scrubbing import Scrubbed, scrub
from core import audit, filesets, reasons
from core.errors import BadInput, Conflict, Problem
from people.rules import Permission
from work.models import Submission

if TYPE_CHECKING:
    from core.models import FileSet
    from people.models import User

_PAGE = 100
GENERATION, SUBMISSION = "catalog.generation", "work.submission"


def look(submission: Submission) -> None:
    """Keep a submission from everybody while it tells a name. In the caller's transaction."""
    told = "" if submission.names_accepted else names.of_submission(submission)
    if told != submission.quarantine:
        _keep(submission, told)
        audit.record(
            SUBMISSION, "quarantine" if told else "leave_quarantine", submission.pk, by=None, names=told
        )


def lint(project: Project) -> Iterator[Generation]:
    """Look through all outputs of a project that no lead has let stand; yields those whose quarantine changed."""
    rows = Generation.objects.filter(prompt__project=project, names_accepted=False)
    last = 0
    while page := list(
        rows.filter(pk__gt=last).select_related("prompt__project", "fileset").order_by("pk")[:_PAGE]
    ):
        for row in page:
            told = names.of_generation(row)
            if told != row.quarantine:
                with transaction.atomic():
                    _keep(row, told)
                    audit.record(
                        GENERATION, "quarantine" if told else "leave_quarantine", row.pk, by=None, names=told
                    )
                yield row
        last = page[-1].pk


def proposal(row: Generation | Submission) -> Scrubbed:
    """What taking the names out would come to; nothing is written."""
    project = row.project if isinstance(row, Submission) else row.prompt.project
    assert row.fileset is not None
    return scrub(row.fileset.files, telling.own_of(project))


@transaction.atomic
def accept(*, row: Generation | Submission, reason: str, by: User) -> None:
    """Let the names stand, for the reason given; it is kept as an event.

    Raises NotAllowed for who does not lead the project, BadInput without a reason, Conflict when it is in no quarantine.
    """
    locked = _quarantined(row, by)
    said = reasons.checked(reason, ask="Say why the names may stand.")
    told = locked.quarantine
    type(locked).objects.filter(pk=locked.pk).update(quarantine="", names_accepted=True)
    audit.record(_what(locked), "accept_names", locked.pk, by=by, reason=said, names=told)
    row.refresh_from_db()


@transaction.atomic
def take_out(*, row: Generation | Submission, by: User) -> Scrubbed:
    """Replace the files by those without names; the old ones are kept beside them.

    Raises NotAllowed, Conflict when it is in no quarantine, BadInput with the places when a name cannot be taken out.
    """
    locked = _quarantined(row, by)
    done = proposal(locked)
    if not done.sound:
        problems = [
            Problem(
                ", ".join(places[:3]),
                f"still says “{name}”",
                "Let it stand with a reason, or import it anew.",
            )
            for name, places in done.left.items()
        ]
        raise BadInput("Not every name can be taken out without breaking the code.", problems=problems)
    before, after = locked.fileset, filesets.store(filesets.check(done.files))
    assert before is not None
    _replace(locked, before, after)
    audit.record(
        _what(locked), "take_names_out", locked.pk, by=by, names=locked.quarantine, replaced=dict(done.replaced),
        before=before.digest, after=after.digest,
    )  # fmt: skip
    row.refresh_from_db()
    return done


def _replace(locked: Generation | Submission, before: FileSet, after: FileSet) -> None:
    if isinstance(locked, Generation):
        imported = locked.imported or before
        Generation.objects.filter(pk=locked.pk).update(fileset=after, imported=imported, quarantine="")
        return
    Submission.objects.filter(pk=locked.pk).update(fileset=after, sent=locked.sent or before, quarantine="")
    Signature.objects.filter(submission=locked).delete()
    likeness_actions.sign(Submission.objects.get(pk=locked.pk))


def _keep(row: Generation | Submission, told: str) -> None:
    type(row).objects.filter(pk=row.pk).update(quarantine=told)
    row.quarantine = told


def _quarantined(row: Generation | Submission, by: User) -> Generation | Submission:
    """The row as it is now, locked. Raises NotAllowed or Conflict."""
    locked: Generation | Submission
    if isinstance(row, Generation):
        locked = (
            Generation.objects.select_for_update(of=("self",))
            .select_related("prompt__project", "fileset")
            .get(pk=row.pk)
        )
        demand(by, Permission.LEAD, locked.prompt.project_id)
    else:
        locked = (
            Submission.objects.select_for_update(of=("self",))
            .select_related("project", "fileset")
            .get(pk=row.pk)
        )
        demand(by, Permission.LEAD, locked.project_id)
    if not locked.quarantine:
        raise Conflict("This is in no quarantine any more. Reload to see what became of it.")
    return locked


def _what(row: Generation | Submission) -> str:
    return GENERATION if isinstance(row, Generation) else SUBMISSION
