"""Writes of what models' terms allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from catalog.models import CodeModel, Generation, Use
from core import audit

if TYPE_CHECKING:
    from people.models import User

# From the least to the most that terms allow.
_ORDER = [Use.NONE, Use.EVAL_ONLY, Use.TRAIN]


@transaction.atomic
def apply_terms(*, model: CodeModel, before: str, by: User) -> int:
    """After a model's allowed use was changed from `before`: outputs that allow more than it does now come down to it.

    Wider terms widen nothing that is here already: each output keeps what it was imported under. Returns how many
    outputs changed. Releases that are out are not touched; later ones go by the new terms.
    """
    now = _ORDER.index(Use(model.use))
    lowered = 0
    if now < _ORDER.index(Use(before)):
        lowered = Generation.objects.filter(model=model, use__in=_ORDER[now + 1 :]).update(use=model.use)
    audit.record(
        "catalog.model", "set_terms", model.pk, by=by, before=before, use=model.use, terms=model.terms, outputs=lowered
    )  # fmt: skip
    return lowered
