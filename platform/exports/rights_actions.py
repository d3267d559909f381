"""Writes of rights: a lead's override of a model's terms, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from catalog.models import CodeModel, Project, Use
from catalog.rules import demand
from core import audit
from core.errors import BadInput, Conflict, Problem
from exports.models import RightsOverride
from people.rules import Permission

if TYPE_CHECKING:
    from people.models import User

MIN_REASON = 20


def faults(*, project: Project, model: CodeModel, reason: str) -> list[Problem]:
    """What speaks against an override; empty when nothing does."""
    found = []
    if len(reason.strip()) < MIN_REASON:
        found.append(
            Problem("reason", "is too short", "Name the agreement or licence, and where it is written.")
        )
    outputs = model.generations.filter(prompt__project=project)
    if model.use == Use.TRAIN and not outputs.exclude(use=Use.TRAIN).exists():
        found.append(Problem("model", "may be trained on by its terms", "No override is needed."))
    if RightsOverride.objects.filter(project=project, model=model, ended_at=None).exists():
        found.append(Problem("model", "has an override in force in this project", "End that one first."))
    return found


@transaction.atomic
def override(*, project: Project, model: CodeModel, reason: str, by: User) -> RightsOverride:
    """Let outputs of a model be trained on in releases of a project, on the lead's word, printed in every card.

    Raises NotAllowed without the lead's permission, BadInput for a short reason or a model whose terms allow it anyway,
    Conflict when there is one in force.
    """
    demand(by, Permission.LEAD, project.pk)
    if problems := faults(project=project, model=model, reason=reason):
        raise BadInput("The override was not made.", problems=problems)
    try:
        with transaction.atomic():
            made: RightsOverride = RightsOverride.objects.create(
                project=project, model=model, reason=reason.strip(), made_by=by
            )
    except IntegrityError:
        raise Conflict(f"An override for {model} is in force in this project. End it first.") from None
    audit.record(
        "exports.rights", "override", made.pk, by=by, project=project.slug, model=model.name, use=model.use, reason=made.reason
    )  # fmt: skip
    return made


@transaction.atomic
def end(*, made: RightsOverride, by: User) -> None:
    """End an override: later releases go by the model's terms again. Raises NotAllowed, Conflict when it has ended."""
    demand(by, Permission.LEAD, made.project_id)
    if not RightsOverride.objects.filter(pk=made.pk, ended_at=None).update(ended_at=Now(), ended_by=by):
        raise Conflict("This override has ended already.")
    made.refresh_from_db()
    audit.record(
        "exports.rights", "end_override", made.pk, by=by, project=made.project.slug, model=made.model.name
    )
