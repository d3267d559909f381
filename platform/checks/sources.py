"""Cuts a file set into pieces of one language each: inline scripts and styles are pieces of their HTML file.

Linear in the size of the text, and never recursive: nesting is an attacker's to choose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from justhtml import JustHTML

from checks.verdict import Files

# A real page has a few hundred tags; half a million make the tree builder slow, so more are refused unread.
MAX_TAGS = 100_000


class Language(StrEnum):
    """What a piece is written in."""

    HTML = "html"
    CSS = "css"
    SCRIPT = "script"
    JSON = "json"
    TEXT = "text"


_BY_SUFFIX = {
    ".html": Language.HTML,
    ".htm": Language.HTML,
    ".css": Language.CSS,
    ".js": Language.SCRIPT,
    ".mjs": Language.SCRIPT,
    ".jsx": Language.SCRIPT,
    ".ts": Language.SCRIPT,
    ".tsx": Language.SCRIPT,
    ".json": Language.JSON,
}
_SCRIPT_TYPES = {
    "",
    "module",
    "text/javascript",
    "application/javascript",
    "text/ecmascript",
    "application/ecmascript",
    "application/x-javascript",
    "text/babel",
    "text/jsx",
    "text/typescript",
    "text/tsx",
}
_JSON_TYPES = {"importmap", "application/json", "application/ld+json", "speculationrules"}
_STYLE_TYPES = {"", "text/css"}
# Attributes that make a browser fetch, by tag; `a` and `form` only lead away when somebody acts.
_FETCHING = {
    "script": ("src",),
    "link": ("href",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "iframe": ("src",),
    "frame": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "input": ("src",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
}
# `link`s that fetch nothing the page shows.
_QUIET_RELS = {
    "preconnect",
    "dns-prefetch",
    "canonical",
    "alternate",
    "author",
    "license",
    "help",
    "search",
    "me",
    "next",
    "prev",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of one language: `line` is where it starts in `path`, counted from 1."""

    path: str
    language: Language
    text: str
    line: int = 1
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A URL an HTML tag makes the browser fetch; `tag` says with what (`link` carries its rel after a colon)."""

    path: str
    tag: str
    url: str
    line: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A parse error: `line` counted from 1 in `path`."""

    path: str
    language: Language
    line: int
    what: str


@dataclass(slots=True)
class Cut:
    """A file set cut up."""

    pieces: list[Piece] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    pages: dict[str, set[str]] = field(default_factory=dict)


def language_of(path: str) -> Language:
    """The language a file's name promises."""
    dot = path.rfind(".")
    return _BY_SUFFIX.get(path[dot:].lower(), Language.TEXT) if dot >= 0 else Language.TEXT


def cut(files: Files) -> Cut:
    """Cut `files`: every file is a piece, and so is every inline script, style and style attribute of its pages."""
    done = Cut()
    for path, text in sorted(files.items()):
        language = language_of(path)
        done.pieces.append(Piece(path, language, text, kind="file"))
        if language is Language.HTML:
            _cut_page(path, text, done)
    return done


def _cut_page(path: str, text: str, done: Cut) -> None:
    if text.count("<") > MAX_TAGS:
        done.faults.append(
            Fault(path, Language.HTML, 1, f"has more than {MAX_TAGS:,} tags and was not read further")
        )
        return
    page = JustHTML(text, sanitize=False, collect_errors=True, track_node_locations=True, max_errors=50)
    for error in page.errors:
        # Stray end tags and the like are mended the same way by every browser; only a cut-off page is a fault.
        if error.code.startswith("eof-in"):
            done.faults.append(
                Fault(path, Language.HTML, error.line or 1, f"the page ends too early ({error.code})")
            )
    seen = done.pages.setdefault(path, set())
    stack = [page.root]
    while stack:
        node = stack.pop()
        children = getattr(node, "children", None) or ()
        stack.extend(reversed(children))
        name = str(getattr(node, "name", ""))
        attrs = getattr(node, "attrs", None)
        if not attrs and name not in ("script", "style"):
            seen.add(name)
            continue
        seen.add(name)
        attrs = {key.lower(): value or "" for key, value in (attrs or {}).items()}
        line = getattr(node, "origin_line", None) or 1
        if name == "meta" and attrs.get("name", "").lower() == "viewport":
            seen.add("meta:viewport")
        if name == "base" and "href" in attrs:
            seen.add("base:href")
        done.links.extend(_links(path, name, attrs, line))
        if name in ("script", "style") and "src" not in attrs and children:
            _cut_inline(path, name, attrs, children, done)
        if style := attrs.get("style"):
            done.pieces.append(Piece(path, Language.CSS, f"*{{{style}}}", line, kind="attribute"))


def _cut_inline(path: str, name: str, attrs: dict[str, str], children: object, done: Cut) -> None:
    texts = [child for child in children if getattr(child, "name", "") == "#text"]  # type: ignore[attr-defined]  # justhtml types nodes loosely
    body = "".join(str(child.data or "") for child in texts)
    if not body.strip():
        return
    line = getattr(texts[0], "origin_line", None) or 1
    kind = attrs.get("type", "").strip().lower().split(";")[0]
    if name == "style" and kind in _STYLE_TYPES:
        done.pieces.append(Piece(path, Language.CSS, body, line, kind="inline"))
    elif name == "style" and kind == "text/tailwindcss":
        done.pieces.append(Piece(path, Language.TEXT, body, line, kind="inline"))
    elif name == "script" and kind in _JSON_TYPES:
        done.pieces.append(
            Piece(path, Language.JSON, body, line, kind="importmap" if kind == "importmap" else "inline")
        )
    elif name == "script" and kind in _SCRIPT_TYPES:
        done.pieces.append(Piece(path, Language.SCRIPT, body, line, kind="inline"))


def _links(path: str, name: str, attrs: dict[str, str], line: int) -> Iterator[Link]:
    tag = name
    if name == "link":
        rels = set(attrs.get("rel", "").lower().split())
        if not rels or rels <= _QUIET_RELS:
            return
        tag = "link:" + ("stylesheet" if "stylesheet" in rels else sorted(rels)[0])
    for attribute in _FETCHING.get(name, ()):
        value = attrs.get(attribute, "").strip()
        if not value:
            continue
        if attribute == "srcset":
            for candidate in value.split(",")[:20]:
                if url := candidate.strip().split(" ")[0]:
                    yield Link(path, tag, url, line)
        else:
            yield Link(path, tag, value, line)
