"""Tokens on the lead's desk: seen and revoked, never read."""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.http import HttpRequest

from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin
from exports import token_actions
from exports.models import Token
from people.models import User


def _revoke(request: HttpRequest, token: Token) -> str:
    token_actions.revoke_token(by=cast(User, request.user), token=token)
    return "The token is revoked. Whatever uses it now gets 401."


@admin.register(Token)
class TokenAdmin(ProjectScopedAdmin):
    """Whose tokens reach a project's releases. A lead can revoke, never read one."""

    empty_words = "ML users make their own tokens under Tokens on the site. Here they are seen and revoked."
    project_path = "project"
    may_add, may_change, may_delete = False, False, False
    list_display = ["prefix", "name", "user", "project", "scope", "expires_at", "last_used_at", "revoked_at"]
    list_filter = [ProjectFilter]
    list_select_related = ["user", "project", "recipe"]
    ordering = ["-id"]
    fields = [
        "prefix", "name", "user", "project", "scope", "created_at", "expires_at", "last_used_at", "revoked_at",
    ]  # fmt: skip
    readonly_fields = fields
    buttons = [
        Button(
            "revoke",
            "Revoke this token",
            press=_revoke,
            shown=lambda row: row.revoked_at is None,
            confirm="Whatever uses it gets 401 from now on. This cannot be undone.",
            danger=True,
        )
    ]

    @admin.display(description="for")
    def scope(self, token: Token) -> str:
        """Dataset and verbs."""
        return f"{token.recipe or 'every dataset'}: {', '.join(token.verbs)}"
