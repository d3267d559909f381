"""May this person do that in this project? Memberships looked up against the one table of people.rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from catalog.models import Membership, Project
from core.errors import NotAllowed
from people.rules import Permission, roles_with

if TYPE_CHECKING:
    from people.models import User


def projects_where(user: User, permission: Permission) -> QuerySet[Project]:
    """The projects in which `user` holds `permission`; every one for an operator."""
    if user.is_operator:
        return Project.objects.all()
    mine = Membership.objects.filter(user=user, role__in=roles_with(permission)).values("project_id")
    return Project.objects.filter(pk__in=mine)


def may(user: User, permission: Permission, project_id: int) -> bool:
    """Whether `user` holds `permission` in a project."""
    if user.is_operator:
        return True
    return Membership.objects.filter(
        user=user, project_id=project_id, role__in=roles_with(permission)
    ).exists()


def may_anywhere(user: User, permission: Permission) -> bool:
    """Whether `user` holds `permission` in any project."""
    return user.is_operator or Membership.objects.filter(user=user, role__in=roles_with(permission)).exists()


def demand(user: User, permission: Permission, project_id: int) -> None:
    """Raise NotAllowed unless `user` holds `permission` in a project."""
    if not may(user, permission, project_id):
        raise NotAllowed(
            f"This needs the permission “{Permission(permission).label}” in this project. Ask its lead."
        )
