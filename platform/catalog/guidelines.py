"""Guidelines as pages show them: the version in force, its Markdown as safe HTML, its rules and criteria."""

from __future__ import annotations

from typing import Any

import nh3
from markdown_it import MarkdownIt

from catalog.models import Criterion, Guideline, GuidelineRule, Project

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = {"h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "em", "strong", "code", "pre", "blockquote", "hr", "br",
         "table", "thead", "tbody", "tr", "th", "td", "a"}  # fmt: skip


def as_html(markdown: str) -> str:
    """Markdown as HTML with a closed list of tags; links keep http(s) targets only."""
    return nh3.clean(
        _MARKDOWN.render(markdown),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer",
    )


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
