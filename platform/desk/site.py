"""The admin site: Unfold's, signed into through the site's own door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from csp.constants import UNSAFE_EVAL
from csp.decorators import csp_update
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from unfold.sites import UnfoldAdminSite

View = Callable[..., Any]

# Unfold's pages are driven by Alpine, whose expressions need eval. No admin page runs or shows untrusted markup:
# pages of contributors and models run on the preview origin only.
alpine = cast(Callable[[View], View], csp_update({"script-src": [UNSAFE_EVAL]}))


class DeskSite(UnfoldAdminSite):  # type: ignore[misc]  # Unfold ships no types
    """The desk. Passwords, lockouts and second factors are allauth's, so there is no login form of its own."""

    index_title = "Overview"

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """An admin view under the policy that Alpine needs."""
        return alpine(super().admin_view(view, cacheable))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Nothing for whole pages: the sidebar is our own, and this list asks for permissions nobody uses here."""
        return [] if app_label is None else super().get_app_list(request, app_label)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send people to the sign-in page; who is signed in but may not enter is told so."""
        asked = request.GET.get(REDIRECT_FIELD_NAME, "")
        safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
        after = asked if safe else reverse("admin:index")
        if self.has_permission(request):
            return redirect(after)
        if request.user.is_authenticated:
            raise PermissionDenied("The desk is for leads and operators.")
        return redirect(f"{resolve_url('account_login')}?{urlencode({REDIRECT_FIELD_NAME: after})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign out as everywhere else."""
        return redirect("account_logout")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Change the password as everywhere else."""
        return redirect("account_change_password")
