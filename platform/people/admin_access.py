"""Admin pages of rows that belong to no project: operators only, Django's model permissions aside."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin


def is_operator(request: HttpRequest) -> bool:
    """Whether the person asking runs this installation."""
    user: Any = request.user
    return bool(user.is_active and getattr(user, "is_operator", False))


def is_staff(request: HttpRequest) -> bool:
    """Whether the person asking may see the admin site at all."""
    user: Any = request.user
    return bool(user.is_active and user.is_staff)


class OperatorAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    """An admin that only operators open. `leads_see` lets every member of the staff look; rows are kept.

    `may_add`, `may_change` and `may_delete` narrow what even an operator does here.
    """

    leads_see = False
    may_add = True
    may_change = True
    may_delete = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the section shows at all."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators; the whole staff where `leads_see`."""
        return is_operator(request) or (self.leads_see and is_staff(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Operators, where rows are added by hand at all."""
        return self.may_add and is_operator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators, where rows are changed by hand at all."""
        return self.may_change and is_operator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators, where rows may go at all."""
        return self.may_delete and is_operator(request)
