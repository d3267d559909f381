"""Where a lead decides on outputs and submissions that name a model or vendor: take the names out, or let them stand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from catalog.admin_scope import telling as told
from catalog.models import Generation
from catalog.rules import may, projects_where
from checks import quarantine_actions
from desk.site import alpine
from people.rules import Permission
from work.held import person, preview_as_json
from work.models import Submission

MAX_ROWS = 200
KINDS = ("output", "submission")
Row = Generation | Submission


@alpine
@login_required
@require_safe
def names(request: HttpRequest, slug: str) -> HttpResponse:
    """All that waits in one project."""
    found = get_object_or_404(projects_where(person(request), Permission.LEAD), slug=slug)
    outputs = _outputs().filter(prompt__project=found).exclude(quarantine="").defer("fileset__body")
    sent = _submissions().filter(project=found).exclude(quarantine="").defer("fileset__body")
    lines = [*_lines("output", outputs), *_lines("submission", sent)]
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Telling names in {found.name}",
        "project": found,
        "lines": lines,
        "max_rows": MAX_ROWS,
    }
    return render(request, "desk/names.html", context)


@login_required
@require_safe
def look(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """One of them: the names, what would stand in their place, and both pages running."""
    row = _row(request, kind, pk)
    assert row.fileset is not None
    task = row.task if isinstance(row, Submission) else None
    project = row.project if isinstance(row, Submission) else row.prompt.project
    framework = task.prompt.framework if task else row.prompt.framework  # type: ignore[union-attr]  # a generation then
    proposal = quarantine_actions.proposal(row) if row.quarantine else None
    sets = [{"label": "As it is", "role": "base", "framework": framework, "files": row.fileset.files}]
    if proposal is not None and proposal.replaced:
        sets.append(
            {"label": "Without names", "role": "refined", "framework": framework, "files": proposal.files}
        )
    return render(
        request,
        "desk/names_look.html",
        {
            "row": row,
            "kind": kind,
            "project": project,
            "what": _what(row),
            "names": row.quarantine.split("\n") if row.quarantine else [],
            "proposal": proposal,
            "sets": sets,
            "data": {"preview": preview_as_json(), "sets": sets},
        },
    )


@require_POST
@login_required
def take_out(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Take the names out, in one click."""
    row = _row(request, kind, pk)
    with told(request, "The names are taken out, and the work is handed out again."):
        quarantine_actions.take_out(row=row, by=person(request))
    return redirect("desk:names_look", kind=kind, pk=pk)


@require_POST
@login_required
def let_stand(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Let the names stand, with the reason typed beside the button."""
    row = _row(request, kind, pk)
    with told(request, "The names stand, and the work is handed out again. Your reason is kept."):
        quarantine_actions.accept(row=row, reason=request.POST.get("reason", ""), by=person(request))
    return redirect("desk:names_look", kind=kind, pk=pk)


def _row(request: HttpRequest, kind: str, pk: int) -> Row:
    row: Row | None = None
    if kind in KINDS:
        rows: QuerySet[Any] = _outputs() if kind == "output" else _submissions()
        row = rows.filter(pk=pk).first()
    project_id = (
        None if row is None else row.project_id if isinstance(row, Submission) else row.prompt.project_id
    )
    if row is None or row.fileset is None or not may(person(request), Permission.LEAD, project_id or 0):
        raise Http404("There is no such output.")
    return row


def _outputs() -> QuerySet[Generation]:
    return Generation.objects.select_related("prompt__project", "model", "fileset").order_by("-pk")


def _submissions() -> QuerySet[Submission]:
    return Submission.objects.select_related("project", "task__prompt", "author", "fileset").order_by("-pk")


def _lines(kind: str, rows: QuerySet[Any]) -> list[dict[str, Any]]:
    return [
        {
            "what": _what(row),
            "names": row.quarantine.split("\n"),
            "url": reverse("desk:names_look", args=[kind, row.pk]),
            "since": row.submitted_at if isinstance(row, Submission) else row.created_at,
        }
        for row in rows[:MAX_ROWS]
    ]


def _what(row: Row) -> str:
    if isinstance(row, Submission):
        return f"Submission #{row.pk} by {row.author.username}, {row.task.prompt.key}"
    return f"Output of {row.model.name}, {row.prompt.key}"
