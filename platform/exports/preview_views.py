"""A lead's preview of a recipe: some of its rows with their pages running, before anything is built."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.rules import projects_where
from exports import estimating
from exports.models import Recipe
from people.rules import Permission
from work.held import person, preview_as_json


@login_required
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Twenty rows of a recipe, one of them running; `row` is its submission."""
    led = projects_where(person(request), Permission.LEAD)
    recipes = Recipe.objects.select_related("project__target", "project__rival")
    recipe = get_object_or_404(recipes, pk=pk, project__in=led)
    rows = estimating.preview(recipe)
    wanted = request.GET.get("row", "")
    shown = next((row for row in rows if str(row["submission"]) == wanted), rows[0] if rows else None)
    context: dict[str, Any] = {
        "recipe": recipe,
        "back": reverse("admin:exports_recipe_change", args=[recipe.pk]),
        "rows": rows,
        "shown": shown,
    }
    if shown is not None:
        sets = [_side("Chosen", "refined", shown, "chosen")]
        if shown["rejected"]:
            sets.append(_side("Rejected", "base", shown, "rejected"))
        context |= {"sets": sets, "data": {"preview": preview_as_json(), "sets": sets}}
    return render(request, "exports/preview.html", context)


def _side(label: str, role: str, row: dict[str, Any], name: str) -> dict[str, Any]:
    return {"label": label, "role": role, "framework": row["framework"], "files": json.loads(row[name])}
