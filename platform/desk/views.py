"""A project's progress page, the button that opens its tasks, and a submission's code beside its running pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from arena import judge_actions
from catalog.admin_scope import telling
from catalog.models import Project
from catalog.rules import may, projects_where
from catalog.states import PROJECT, ProjectStatus
from core.admin_marks import mark
from desk import charts, figures, verdicts
from desk.figures import Figures
from desk.site import alpine
from ledger.money import shown
from people.rules import Permission
from work import actions
from work.held import person, preview_as_json
from work.models import Submission

CHECK_STATES = (
    ("passed", "Passed"),
    ("warned", "With remarks"),
    ("failed", "Failed"),
    ("infra_error", "Not run"),
)
PAY_KINDS = {"refine": "Refinements", "write": "Pages from scratch", "review": "Reviews", "compare": "Votes", "reversal": "Reversals"}  # fmt: skip


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The desk's front door is the admin's home."""
    return redirect("admin:index")


@alpine
@login_required
@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """Progress of one project: under 10 queries, at a thousand tasks and at a million."""
    found = _led(request, slug)
    counted = figures.of_project(found.pk)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": found.name,
        "project": found,
        "status": mark(found.status, found.get_status_display()),
        "figures": counted,
        "done": round(100 * counted.settled / counted.tasks, 1) if counted.tasks else 0.0,
        "may_open": PROJECT.can(found.status, "close") or found.status == ProjectStatus.DRAFT,
        "links": _links(found),
        "pairs": verdicts.of_pairs(counted),
        "climb": verdicts.of_votes(found, counted.votes),
        "ties_rule": verdicts.TIES,
        "stopping_rule": verdicts.STOPPING,
        "max_votes": verdicts.MAX_VOTES,
        "funnel": _with_bars([(step.name, step.what, step.n) for step in counted.funnel()]),
        "reviews": _with_bars([(mark(status, label), "", n) for status, label, n in counted.reviews()]),
        "reviews_total": counted.n("review"),
        "checks": _checks(counted),
        "check_states": [label for _, label in CHECK_STATES],
        "spend": [
            (PAY_KINDS.get(kind, kind), shown(minor, currency)) for kind, currency, minor in counted.spend()
        ],
        "spent": ", ".join(shown(minor, currency) for currency, minor in counted.spent()),
        **_pace(counted),
    }
    return render(request, "desk/project.html", context)


@require_POST
@login_required
def open_tasks(request: HttpRequest, slug: str) -> HttpResponse:
    """Open the tasks of imported prompts and say plainly what came of it."""
    found = _led(request, slug)
    with telling(request):
        opened = actions.open_tasks(project=found, by=person(request))
        messages.success(request, _said(opened))
    return redirect("desk:project", slug=found.slug)


@login_required
@require_safe
def files(request: HttpRequest, pk: int) -> HttpResponse:
    """Base, rival and refinement of a submission, running in sandboxed panes beside their code."""
    found = (
        Submission.objects.filter(pk=pk)
        .select_related("project", "fileset", "task__prompt", "task__base__fileset", "task__rival__fileset")
        .first()
    )
    if found is None or not may(person(request), Permission.SEE_EVIDENCE, found.project_id):
        raise Http404("There is no such submission.")
    task = found.task
    sides = [
        ("Base", "base", task.base.fileset if task.base else None),
        ("Rival", "rival", task.rival.fileset if task.rival else None),
        ("Refined", "refined", found.fileset),
    ]
    sets = [
        {"label": label, "role": role, "framework": task.prompt.framework, "files": fileset.files}
        for label, role, fileset in sides
        if fileset
    ]
    return render(
        request,
        "desk/files.html",
        {
            "submission": found,
            "back": reverse("admin:work_submission_change", args=[found.pk]),
            "sets": sets,
            "data": {"preview": preview_as_json(), "sets": sets},
        },
    )


def _said(opened: actions.Opened) -> str:
    if opened.refine or opened.write:
        parts = [
            f"{n:,} to {verb}"
            for n, verb in ((opened.refine, "refine"), (opened.write, "write from scratch"))
            if n
        ]
        said = f"Opened {' and '.join(parts)}."
    else:
        said = "No task was opened: every prompt with the rival’s output has its task already."
    if opened.telling:
        wait = "prompt waits" if opened.telling == 1 else "prompts wait"
        said += f" {opened.telling:,} {wait} until you have looked at the names in their outputs: see “Telling names”."
    if opened.waiting:
        said += f" {opened.waiting:,} {'prompt waits' if opened.waiting == 1 else 'prompts wait'} for the rival’s output."
    return said


def _led(request: HttpRequest, slug: str) -> Project:
    led = projects_where(person(request), Permission.LEAD)
    return get_object_or_404(led.select_related("target", "rival"), slug=slug)


def _links(found: Project) -> list[tuple[str, str]]:
    """Where a lead goes from here."""
    lists = [
        ("catalog_import", "Imports"),
        ("catalog_membership", "Members"),
        ("work_task", "Tasks"),
        ("work_submission", "Submissions"),
        ("exports_release", "Releases"),
    ]
    return [
        (reverse("admin:catalog_project_change", args=[found.pk]), "Set-up"),
        *((f"{reverse(f'admin:{name}_changelist')}?project={found.pk}", label) for name, label in lists),
        (reverse("desk:likeness", args=[found.slug]), "Near work"),
        (reverse("desk:names", args=[found.slug]), "Telling names"),
        *([(reverse("desk:judge", args=[found.slug]), "Judging model")] if judge_actions.endpoint() else []),
        (reverse("work:guideline", args=[found.slug]), "Guideline and readers"),
    ]


def _with_bars(rows: list[tuple[Any, str, int]]) -> list[dict[str, Any]]:
    bars = charts.shares([n for _, _, n in rows])
    return [
        {"name": name, "what": what, "n": n, "bar": bar}
        for (name, what, n), bar in zip(rows, bars, strict=True)
    ]


def _checks(counted: Figures) -> list[dict[str, Any]]:
    found = []
    for name, by_status in counted.checks():
        total = sum(by_status.values())
        counts = [(status, by_status.get(status, 0)) for status, _ in CHECK_STATES]
        parts = charts.shares([n for _, n in counts], of=total)
        found.append(
            {
                "name": name.capitalize(),
                "total": total,
                "counts": [n for _, n in counts],
                "parts": [(status, part) for (status, _), part in zip(counts, parts, strict=True)],
            }
        )
    return found


def _pace(counted: Figures) -> dict[str, Any]:
    days = counted.pace(timezone.now().date())
    series = [
        ("Submitted", "base", [day.submitted for day in days]),
        ("Accepted", "refined", [day.accepted for day in days]),
        ("Votes", "a", [day.voted for day in days]),
    ]
    labels = [f"{day.date.day} {day.date:%b}" for day in days]
    return {
        "days": days,
        "busy_days": [day for day in reversed(days) if day.submitted or day.accepted or day.voted],
        "charts": [
            ("wide", charts.lines(series, labels, every=7)),
            ("narrow", charts.lines(series, labels, every=9, width=340)),
        ],
    }
