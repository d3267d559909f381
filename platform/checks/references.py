"""What a file set reaches for outside itself: scripts, styles, images, fonts, imports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.parsing import imports
from checks.sources import Cut, Language, Piece

# Bounded everywhere: a URL in code is never longer than this.
_CSS_URL = re.compile(
    r"""url\(\s{0,8}["']?([^"')\s]{1,2000})|@import\s{1,8}["']([^"']{1,2000})""", re.IGNORECASE
)
_DYNAMIC = re.compile(r"""\bimport\s{0,8}\(\s{0,8}["']([^"'\n\\]{1,500})["']""")
_FETCH = re.compile(
    r"""\b(?:fetch|EventSource|WebSocket|importScripts|sendBeacon)\s{0,4}\(\s{0,8}["'`]((?:https?|wss?)?:?//[^"'`\s]{1,500})"""
)
_SCHEME = re.compile(r"^(?:https?:|wss?:)?//", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing asked for. `kind`: script, style, image, frame, font, import or request."""

    path: str
    line: int
    kind: str
    url: str

    @property
    def external(self) -> bool:
        """Whether it leads to another host."""
        return _SCHEME.match(self.url) is not None


_TAG_KIND = {
    "script": "script",
    "link:stylesheet": "style",
    "link:modulepreload": "script",
    "iframe": "frame",
    "frame": "frame",
    "embed": "frame",
    "object": "frame",
}


def references(cut: Cut) -> Iterator[Reference]:
    """Yield every reference of a cut-up file set, in order of place."""
    for link in cut.links:
        yield Reference(link.path, link.line, _TAG_KIND.get(link.tag, "image"), link.url)
    mapped = {spec for piece in cut.pieces if piece.kind == "importmap" for spec in _mapped(piece)}
    for piece in cut.pieces:
        if piece.language is Language.CSS:
            for line, match in _matches(_CSS_URL, piece):
                url = match.group(1) or match.group(2)
                kind = "style" if match.group(2) or _is_import(piece.text, match.start()) else "image"
                if kind == "image" and re.search(r"\.(?:woff2?|ttf|otf|eot)(?:[?#]|$)", url[-200:]):
                    kind = "font"
                yield Reference(piece.path, line, kind, url)
        elif piece.language is Language.SCRIPT:
            dynamic = [(line, match.group(1)) for line, match in _matches(_DYNAMIC, piece)]
            for line, spec in (*imports(piece), *dynamic):
                if spec not in mapped:
                    yield Reference(piece.path, line, "import", spec)
            for line, match in _matches(_FETCH, piece):
                yield Reference(piece.path, line, "request", match.group(1))
        elif piece.kind == "importmap":
            for line, match in _matches(_MAP_URL, piece):
                yield Reference(piece.path, line, "import", match.group(1))


_MAP_URL = re.compile(r""":\s{0,8}["']((?:https?:)?//[^"'\s]{1,500})["']""")
_MAP_KEY = re.compile(r"""["']([^"'\s]{1,300})["']\s{0,8}:""")


def _mapped(piece: Piece) -> list[str]:
    return [match.group(1) for match in _MAP_KEY.finditer(piece.text)]


def _is_import(text: str, start: int) -> bool:
    return text[max(0, start - 12) : start].rstrip().lower().endswith("@import")


def _matches(pattern: re.Pattern[str], piece: Piece) -> Iterator[tuple[int, re.Match[str]]]:
    line, at = piece.line, 0
    for match in pattern.finditer(piece.text):
        if piece.kind != "attribute":
            line += piece.text.count("\n", at, match.start())
            at = match.start()
        yield line, match
