"""Guidelines as pages show them: the version in force as safe HTML, its rules and criteria, who has read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import nh3
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from markdown_it import MarkdownIt

from catalog.models import Acknowledgement, Criterion, Guideline, GuidelineRule, Membership, Project
from people.models import User
from people.rules import Role

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = {"h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "em", "strong", "code", "pre", "blockquote", "hr", "br",
         "table", "thead", "tbody", "tr", "th", "td", "a"}  # fmt: skip


def as_html(markdown: str) -> str:
    """Markdown as HTML with a closed list of tags; links keep http(s) targets only."""
    safe = nh3.clean(
        _MARKDOWN.render(markdown),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer",
    )
    # A long line scrolls, so a keyboard must reach it.
    return safe.replace("<pre>", '<pre tabindex="0" role="group" aria-label="Code">')


def in_force(project: Project) -> dict[str, Any]:
    """The newest guideline: `version` (0: none yet) and `html`."""
    newest = Guideline.objects.filter(project=project).order_by("-version").first()
    return {"version": newest.version, "html": as_html(newest.text)} if newest else {"version": 0, "html": ""}


def rules(project: Project) -> list[dict[str, str]]:
    """The rules that a rejection can name."""
    rows = GuidelineRule.objects.filter(project=project).order_by("code").values_list("code", "text")
    return [{"code": code, "text": text} for code, text in rows]


def criteria(project: Project) -> list[dict[str, str]]:
    """The criteria, in their order."""
    rows = Criterion.objects.filter(project=project).values_list("slug", "name", "question")
    return [{"slug": slug, "name": name, "question": question} for slug, name, question in rows]


def read_by(user: User, project: Project) -> Guideline | None:
    """The newest version that `user` has acknowledged."""
    read = Guideline.objects.filter(project=project, acknowledgements__user=user)
    return read.order_by("-version").first()


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who works by the guideline, and the version they acknowledged last (0: none yet)."""

    name: str
    version: int
    at: datetime | None


def readers(project: Project) -> list[Reader]:
    """Who works in the project, who is furthest behind first; one query."""
    working = Membership.objects.filter(project=project, role__in=[Role.CONTRIBUTOR, Role.REVIEWER])
    mine = Acknowledgement.objects.filter(user=OuterRef("pk"), guideline__project=project)
    last = mine.order_by("-guideline__version")
    people = User.objects.filter(pk__in=working.values("user")).annotate(
        read=Coalesce(Subquery(last.values("guideline__version")[:1]), 0),
        read_at=Subquery(last.values("at")[:1]),
    )
    rows = people.order_by("read", "username").values_list("username", "read", "read_at")
    return [Reader(name, version, at) for name, version, at in rows]
