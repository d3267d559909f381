"""Names of models and vendors within outputs: which ones a project hides, and what a lead is told of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from catalog.models import CodeModel, Project
from protect import identity

MAX_NAMES = 12
MAX_PLACES = 4


def own_of(project: Project) -> tuple[str, ...]:
    """The names that only this project has to hide: its two models and their vendors."""
    models = CodeModel.objects.filter(pk__in=[project.target_id, project.rival_id]).order_by("pk")
    return identity.own_names(models.values_list("name", "vendor"))


def said(names: Mapping[str, Sequence[str]], *, known: Collection[str] = ()) -> str:
    """The names and where they stand, one a line; empty when `known` holds them all."""
    telling = {name: places for name, places in names.items() if name not in known}
    lines = [f"“{name}” in {_listed(places)}" for name, places in list(telling.items())[:MAX_NAMES]]
    if len(telling) > MAX_NAMES:
        lines.append(f"and {len(telling) - MAX_NAMES} more")
    return "\n".join(lines)


def _listed(places: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(places))
    more = f" and {len(distinct) - MAX_PLACES} more" if len(distinct) > MAX_PLACES else ""
    return ", ".join(distinct[:MAX_PLACES]) + more
