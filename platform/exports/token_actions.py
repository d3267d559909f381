"""Writes of tokens: made for some verbs and shown once, revoked at once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from catalog.models import Project
from catalog.rules import demand, may
from core import audit
from core.errors import BadInput, Conflict, Problem
from exports.models import Recipe, Token, Verb
from exports.token_auth import digest
from people.rules import Permission

if TYPE_CHECKING:
    from people.models import User

MAX_TOKEN_DAYS = 365
# What a token for one dataset can be for, and what takes a lead's permission.
OF_DATASETS = (Verb.READ, Verb.DOWNLOAD, Verb.BUILD)
OF_LEADS = (Verb.IMPORT, Verb.BUILD, Verb.WEBHOOKS)


@transaction.atomic
def make_token(
    *,
    by: User,
    project: Project,
    name: str,
    days: int,
    verbs: Sequence[str] = (Verb.READ, Verb.DOWNLOAD),
    recipe: Recipe | None = None,
) -> tuple[Token, str]:
    """A new token for one project or one dataset of it, and its secret, which is shown once and kept nowhere.

    Raises NotAllowed, and BadInput for verbs that the person or a dataset has not.
    """
    demand(by, Permission.DOWNLOAD, project.pk)
    problems = []
    if not name.strip() or len(name) > 60:
        problems.append(Problem("name", "must have 1 to 60 characters", "Say where the token will be used."))
    if not 1 <= days <= MAX_TOKEN_DAYS:
        problems.append(Problem("days", f"must be 1 to {MAX_TOKEN_DAYS}", ""))
    problems += _unfit_verbs(by, project, verbs, recipe)
    if problems:
        raise BadInput("The token was not made.", problems=problems)
    secret = f"hc_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        user=by,
        project=project,
        recipe=recipe,
        verbs=[verb.value for verb in Verb if verb in verbs],
        name=name.strip(),
        prefix=secret[:11],
        digest=digest(secret),
        expires_at=timezone.now() + timedelta(days=days),
    )
    audit.record("exports.token", "make", token.pk, by=by, project=project.slug, verbs=token.verbs)
    return token, secret


def _unfit_verbs(by: User, project: Project, verbs: Sequence[str], recipe: Recipe | None) -> list[Problem]:
    if not verbs or set(verbs) - set(Verb):
        return [Problem("verbs", "must be chosen", f"Choose from {', '.join(Verb)}.")]
    if recipe is not None and recipe.project_id != project.pk:
        return [Problem("dataset", "is of another project", "Choose one of this project.")]
    if recipe is not None and set(verbs) - set(OF_DATASETS):
        return [Problem("verbs", "go beyond one dataset", f"For one dataset: {', '.join(OF_DATASETS)}.")]
    if set(verbs) & set(OF_LEADS) and not may(by, Permission.LEAD, project.pk):
        return [Problem("verbs", "need the permission of a lead", "Ask the project's lead.")]
    return []


@transaction.atomic
def revoke_token(*, by: User, token: Token) -> None:
    """Revoke one's own token, or as a lead any of the project; at once and for good.

    Raises NotAllowed, and Conflict when it was revoked already.
    """
    if token.user_id != by.pk:
        demand(by, Permission.LEAD, token.project_id)
    if not Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now()):
        raise Conflict("This token is revoked already.")
    token.refresh_from_db(fields=["revoked_at"])
    audit.record("exports.token", "revoke", token.pk, by=by)
