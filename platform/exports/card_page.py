"""A release's card as a part of a page: safe HTML, headings below the page's own, tables that scroll. Pure."""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = {"h2", "h3", "h4", "p", "ul", "ol", "li", "em", "strong", "code", "pre", "blockquote", "hr", "br",
         "table", "thead", "tbody", "tr", "th", "td", "a"}  # fmt: skip


def as_html(card: str) -> str:
    """The card without its front matter, which is for the Hub, and without its title, which the page shows."""
    body = card.split("\n---\n", 1)[-1] if card.startswith("---\n") else card
    lines = body.strip().split("\n")
    if lines[0].startswith("# "):
        lines = lines[1:]
    # Attributes stand in tags only: inside text a quotation mark is an entity.
    drawn = _MARKDOWN.render("\n".join(lines)).replace(' style="text-align:right"', ' class="num"')
    safe = nh3.clean(
        drawn,
        tags=_TAGS,
        attributes={"a": {"href"}},
        allowed_classes={"th": {"num"}, "td": {"num"}},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer",
    )
    safe = safe.replace("<pre>", '<pre tabindex="0" role="group" aria-label="Code">')
    return _TABLE.sub(_framed, safe.replace("<tr>\n<td><code>", '<tr>\n<td class="nowrap"><code>'))


_TABLE = re.compile("<table>.*?</table>", re.DOTALL)


def _framed(found: re.Match[str]) -> str:
    """A table that scrolls by itself where the page is narrower."""
    wide = " is-wide" if found[0].count("<th") > 3 else ""  # <thead> is one of them
    inner = found[0].removeprefix("<table>")
    return (
        '<div class="table-wrap" tabindex="0" role="region" aria-label="Table">'
        f'<table class="table{wide}">{inner}</div>'
    )
