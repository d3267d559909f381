"""The admin's home: the person's projects side by side, and what waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from catalog.admin_scope import led_ids, led_projects
from catalog.models import Project
from core.admin_marks import mark
from desk import figures, verdicts
from desk.figures import Figures
from desk.verdicts import Verdicts
from ledger.money import shown
from review.models import Dispute
from review.states import DisputeStatus

MAX_PROJECTS = 40
MAX_DISPUTES = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One project on the home page."""

    project: Project
    status: str
    figures: Figures
    verdicts: Verdicts
    done: float
    spent: str


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: what the home page shows. A fixed number of queries, none of which counts rows."""
    projects = list(led_projects(request).order_by("-pk")[: MAX_PROJECTS + 1])
    counted = figures.of_projects([project.pk for project in projects[:MAX_PROJECTS]])
    disputes = Dispute.objects.filter(status=DisputeStatus.OPEN).select_related(
        "submission__project", "opened_by"
    )
    ids = led_ids(request)
    if ids is not None:
        disputes = disputes.filter(submission__project__in=ids)
    return context | {
        "lines": [_line(project, counted[project.pk]) for project in projects[:MAX_PROJECTS]],
        "more_projects": len(projects) > MAX_PROJECTS,
        "disputes": list(disputes.order_by("pk")[:MAX_DISPUTES]),
        "ties_rule": verdicts.TIES,
        "may_add_project": led_ids(request) is None,
    }


def _line(project: Project, counted: Figures) -> Line:
    return Line(
        project=project,
        status=mark(project.status, project.get_status_display()),
        figures=counted,
        verdicts=verdicts.of_pairs(counted),
        done=round(100 * counted.settled / counted.tasks, 1) if counted.tasks else 0.0,
        spent=", ".join(shown(minor, currency) for currency, minor in counted.spent()) or "–",
    )
