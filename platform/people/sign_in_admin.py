"""How people sign in, for operators: addresses and second factors. Seen, and taken away from who lost them."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core import audit
from people.admin_access import OperatorAdmin

# allauth's own pages show the secret of a second factor, and let it be typed.
admin.site.unregister([EmailAddress, Authenticator])


class _Taken(OperatorAdmin):
    may_add = False
    may_change = False
    may_delete = True
    gone = ""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Take it away, and leave a trace on the person."""
        by: Any = request.user
        super().delete_model(request, obj)
        audit.record("people.user", self.gone, obj.user_id, by=by)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """One by one: each leaves its trace."""
        for row in queryset:
            self.delete_model(request, row)


@admin.register(EmailAddress)
class EmailAddressAdmin(_Taken):
    """Addresses: people add and confirm them by themselves."""

    gone = "drop_address"
    list_display = ["email", "user", "primary", "verified"]
    list_filter = ["primary", "verified"]
    list_select_related = ["user"]
    search_fields = ["email__startswith", "user__username__startswith"]
    search_help_text = "E-mail addresses and user names that begin with…"
    fields = ["email", "user", "primary", "verified"]


@admin.register(Authenticator)
class AuthenticatorAdmin(_Taken):
    """Second factors: who lost one signs in without it once it is deleted here. Its secret is never shown."""

    gone = "drop_factor"
    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__username__startswith"]
    search_help_text = "User names that begin with…"
    fields = ["user", "type", "created_at", "last_used_at"]
