"""Which releases a person may see and fetch."""

from __future__ import annotations

from django.db.models import QuerySet

from catalog.rules import projects_where
from exports.models import Release, Token
from exports.states import ReleaseStatus
from people.models import User
from people.rules import Permission


def visible(user: User, token: Token | None = None) -> QuerySet[Release]:
    """Published and withdrawn releases of the person's projects; a token narrows them to its own project or dataset."""
    releases = Release.objects.filter(
        project__in=projects_where(user, Permission.DOWNLOAD),
        status__in=[ReleaseStatus.PUBLISHED, ReleaseStatus.WITHDRAWN],
    )
    if token is None:
        return releases
    own = releases.filter(project=token.project_id)
    return own if token.recipe_id is None else own.filter(recipe=token.recipe_id)
