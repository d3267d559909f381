"""The page on which a lead sees whose submissions are near each other. A signal: it rejects nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog.models import Project
from catalog.rules import projects_where
from checks import originality
from checks.models import Likeness, Signature
from checks.signatures import EXHAUSTIVE
from checks.states import LikenessStatus
from core.admin_marks import mark
from desk import clusters
from desk.clusters import Pair
from desk.site import alpine
from people.rules import Permission
from work.held import person

MAX_PAIRS = 500


@dataclass(frozen=True, slots=True)
class Case:
    """One pair of submissions as a row of the table."""

    row: Likeness
    mark: str


@alpine
@login_required
@require_safe
def likeness(request: HttpRequest, slug: str) -> HttpResponse:
    """Clusters of people whose submissions are near each other, with the pairs that connect them."""
    found = get_object_or_404(projects_where(person(request), Permission.LEAD), slug=slug)
    counted = dict(
        Likeness.objects.filter(project=found).order_by().values_list("status").annotate(Count("pk"))
    )
    rows = _rows(found)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Near work in {found.name}",
        "project": found,
        "clusters": clusters.clusters(
            [
                Pair(row.older.author.username, row.newer.author.username, row.share, Case(row, _mark(row)))
                for row in rows
            ]
        ),
        "open": counted.get(LikenessStatus.OPEN, 0),
        "explained": counted.get(LikenessStatus.EXPLAINED, 0),
        "confirmed": counted.get(LikenessStatus.CONFIRMED, 0),
        "compared": Signature.objects.filter(project=found)[: EXHAUSTIVE + 1].count(),
        "exhaustive": EXHAUSTIVE,
        "threshold": round(100 * originality.NEAR_DUPLICATE),
        "max_pairs": MAX_PAIRS,
        "width": clusters.WIDTH,
        "height": clusters.HEIGHT,
    }
    return render(request, "desk/likeness.html", context)


def _rows(project: Project) -> list[Likeness]:
    """The newest cases that have no honest reason."""
    cases = Likeness.objects.filter(project=project).exclude(status=LikenessStatus.EXPLAINED)
    named = cases.select_related(
        "newer__author", "older__author", "newer__task__prompt", "older__task__prompt"
    )
    wide = ("text", "source", "tags")
    unread = [f"{side}__task__prompt__{name}" for side in ("newer", "older") for name in wide]
    return list(named.defer(*unread, "newer__rationale", "older__rationale").order_by("-pk")[:MAX_PAIRS])


def _mark(row: Likeness) -> str:
    return mark(row.status, row.get_status_display())
