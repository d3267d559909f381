"""A project's guideline: what it says, what has changed since one last read it, and saying that one has read it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from catalog import actions, guidelines
from catalog.guideline_diff import diff, with_gaps
from catalog.models import Guideline, Membership, Project
from catalog.rules import may
from core.errors import BadInput, Problem
from people.rules import Permission
from work.held import person


def _project(request: HttpRequest, slug: str) -> Project:
    """A project the person is a member of. 404 else: they may not know of it."""
    user = person(request)
    found = Project.objects.filter(slug=slug).first()
    member = found is not None and Membership.objects.filter(project=found, user=user).exists()
    if found is None or not (member or user.is_operator):
        raise Http404("No such project of yours.")
    return found


@login_required
@require_safe
def guideline(request: HttpRequest, slug: str) -> HttpResponse:
    """The guideline in force. `?since=N` compares with another version than the one last acknowledged."""
    project, user = _project(request, slug), person(request)
    versions = list(Guideline.objects.filter(project=project).order_by("-version"))
    read = guidelines.read_by(user, project)
    newest = versions[0] if versions else None
    before = _since(request, versions) or (read if read != newest else None)
    leads = may(user, Permission.LEAD, project.pk)
    readers = guidelines.readers(project) if leads else None
    context = {
        "project": project,
        "newest": newest,
        "html": guidelines.as_html(newest.text) if newest else "",
        "rules": guidelines.rules(project),
        "read": read,
        "must_read": newest is not None and read != newest and _works(request, project),
        "before": before,
        "changes": with_gaps(diff(before.text, newest.text)) if before and newest else [],
        "earlier": versions[1:],
        "readers": readers,
        "up_to_date": sum(newest is not None and one.version == newest.version for one in readers or ()),
    }
    return render(request, "web/guideline.html", context)


def _works(request: HttpRequest, project: Project) -> bool:
    working = (Permission.REFINE, Permission.REVIEW)
    return any(may(person(request), permission, project.pk) for permission in working)


def _since(request: HttpRequest, versions: list[Guideline]) -> Guideline | None:
    """The earlier version that the address asks to compare with."""
    asked = request.GET.get("since")
    if asked is None:
        return None
    for row in versions[1:]:
        if str(row.version) == asked:
            return row
    problem = Problem("since", "is no earlier version of this guideline", "Choose one from the page.")
    raise BadInput("There is no such version.", problems=[problem])


@login_required
@require_POST
def acknowledge(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that one has read the version named by the form."""
    project = _project(request, slug)
    version = request.POST.get("version", "")
    if not (version.isascii() and version.isdecimal() and len(version) < 6):
        problem = Problem(
            "version", "is not the number of a version", "Acknowledge from the guideline's page."
        )
        raise BadInput("This names no version.", problems=[problem])
    actions.acknowledge(project=project, version=int(version), by=person(request))
    messages.success(request, f"Noted: you have read version {version} of the guideline of {project.name}.")
    return redirect("work:queue")
