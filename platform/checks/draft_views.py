"""Checks on demand: a contributor asks for every check over the draft before sending it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from checks import actions, waiting
from checks.reading import runs_as_json, runs_over
from checks.states import RunStatus
from core.errors import BadInput, Conflict, Problem
from core.json_views import body, endpoint, reply, whole
from work.held import is_held, mine_bare, person
from work.models import Assignment, DraftVersion
from work.states import AUTHORING


@endpoint("GET", "POST")
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `{rev}` queues the checks of that saved version; GET `?rev=` tells how they stand."""
    assignment = mine_bare(request, pk, *AUTHORING)
    if request.method == "POST":
        version = _version(assignment, whole(body(request), "rev"))
        if not is_held(assignment):
            raise Conflict("This task is no longer held, so its draft is not checked.")
        begun = actions.check_draft(version=version, by=person(request))
        # A project may have turned every check off.
        return reply({"rev": version.rev, "done": not begun}, 202)
    asked = request.GET.get("rev", "")
    version = _version(assignment, int(asked) if asked.isdecimal() and len(asked) < 9 else -1)
    runs = list(runs_over(version))
    expected = waiting.estimate(runs)
    return reply(
        {
            "rev": version.rev,
            "done": bool(runs)
            and all(run.status not in (RunStatus.QUEUED, RunStatus.RUNNING) for run in runs),
            "expected": expected.words if expected else None,
            "runs": runs_as_json(runs),
        }
    )


def _version(assignment: Assignment, rev: int) -> DraftVersion:
    version = assignment.versions.filter(rev=rev).first()
    if version is None:
        raise BadInput(
            "There is no such saved draft.",
            problems=[Problem("rev", "is not a saved version", "Save first.")],
        )
    return version
