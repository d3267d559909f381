"""What every page's frame shows: the links for the person's roles, and their theme."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from catalog.models import Membership
from people.rules import Permission, Role, allows
from work import queue_notices

if TYPE_CHECKING:
    from people.models import User

THEMES = ("light", "dark")
_WORKING = (Permission.REFINE, Permission.REVIEW, Permission.COMPARE)


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a menu; `news` is how much there is to see behind it."""

    label: str
    url: str
    current: bool = False
    news: int = 0


def roles_of(request: HttpRequest) -> frozenset[str]:
    """The roles the person has in any project, every one for an operator; one query a request."""
    known: frozenset[str] | None = getattr(request, "_roles", None)
    if known is None:
        user = cast("User", request.user)
        found = Membership.objects.filter(user=user.pk).order_by().values_list("role", flat=True).distinct()
        known = frozenset(Role.values if user.is_operator else found)
        request._roles = known  # type: ignore[attr-defined]  # kept for the rest of this request
    return known


def works(roles: frozenset[str]) -> bool:
    """Whether these roles claim work."""
    return any(allows(roles, permission) for permission in _WORKING)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: `nav`, `user_nav` (looked up only where they are shown), `theme`, `mail_notices`."""
    return {
        "nav": SimpleLazyObject(lambda: _links(request)),
        "user_nav": SimpleLazyObject(lambda: _own_links(request)),
        "theme": theme_of(request),
        "mail_notices": settings.MAIL_NOTICES,
    }


def theme_of(request: HttpRequest) -> str:
    """This browser's choice, else the person's; empty: the system's."""
    chosen = request.COOKIES.get("theme")
    if not chosen:
        chosen = getattr(getattr(request, "user", None), "theme", "")
    return chosen if chosen in THEMES else ""


def _links(request: HttpRequest) -> list[Link]:
    if not _signed_in(request):
        return []
    roles = roles_of(request)
    named = [("Home", "web:home")]
    if works(roles):
        named += [("Queue", "work:queue"), ("My work", "work:mine"), ("Statement", "web:statement")]
    if allows(roles, Permission.DOWNLOAD):
        named += [("Releases", "exports:list")]
    if allows(roles, Permission.LEAD):
        named += [("Desk", "admin:index")]
    links = [_link(request, label, name) for label, name in named]
    if works(roles):
        # Told on every page: whoever asked may be reading anything.
        links[1] = replace(links[1], news=queue_notices.count_unseen(cast("User", request.user)))
    return links


def _own_links(request: HttpRequest) -> list[Link]:
    if not _signed_in(request):
        return []
    named = [("Account", "web:account"), ("Two-factor sign-in", "mfa_index"), ("Statement", "web:statement")]
    if allows(roles_of(request), Permission.DOWNLOAD):
        named += [("API tokens", "exports:tokens")]
    return [_link(request, label, name) for label, name in named]


def _link(request: HttpRequest, label: str, name: str) -> Link:
    url = reverse(name)
    return Link(label, url, request.path == url or (url != "/" and request.path.startswith(url)))


def _signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated
