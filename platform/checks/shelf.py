"""Which external addresses and bare imports the preview can answer from the shelf.

The assembler (frontend/preview) decides for certain, and `render` repeats what it said. This reads the same table
without a browser and judges by library name, so it speaks up only about what is surely not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

# Where the front-end build writes (frontend/build.mjs); the same place in every deployment.
BUILD_DIR = Path(__file__).resolve().parents[2] / "static" / "build"

_CDN_WORDS = {
    "npm",
    "gh",
    "ajax",
    "libs",
    "combine",
    "dist",
    "umd",
    "esm",
    "cdn",
    "lib",
    "latest",
    "stable",
    "v1",
    "build",
}
_VERSION = re.compile(r"@[\^~]?(?:\d[\w.+-]{0,40}|latest|next|canary|beta)$")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The shelf's table: library `names` (lower case), import `modules`, font `families`, and `instead` advice."""

    names: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    instead: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, table: Mapping[str, object]) -> Shelf:
        """The shelf a parsed `shelf.json` describes."""
        names: set[str] = set()
        libraries = table.get("libraries")
        for name, row in libraries.items() if isinstance(libraries, dict) else ():
            names.add(str(name).lower())
            names.update(str(other).lower() for other in (row.get("names") or ()))
        modules = table.get("modules")
        styles = table.get("styleImports")
        specs = {str(spec) for rows in (modules, styles) if isinstance(rows, dict) for spec in rows}
        fonts = table.get("fonts")
        families = {str(family).lower() for family in fonts} if isinstance(fonts, dict) else set()
        instead = table.get("instead")
        advice = {str(k): str(v) for k, v in instead.items()} if isinstance(instead, dict) else {}
        return cls(frozenset(names), frozenset(specs), frozenset(families), advice)

    def has_url(self, url: str) -> bool:
        """Whether a library or a face of this address is on the shelf."""
        parts = urlsplit(url if "//" in url[:8] else f"https://{url}")
        host = (parts.hostname or "").lower()
        if host == "fonts.gstatic.com":
            return True
        if host in ("fonts.googleapis.com", "fonts.bunny.net"):
            wanted = self._families(parts.query)
            return not wanted or any(family in self.families for family in wanted)
        if host in self.names or host.removeprefix("cdn.") in self.names:
            return True
        return any(name in self.names or name in self.modules for name in _library_names(parts.path))

    def missing_families(self, url: str) -> list[str]:
        """The font families an address asks for that the shelf lacks."""
        parts = urlsplit(url)
        if (parts.hostname or "").lower() not in ("fonts.googleapis.com", "fonts.bunny.net"):
            return []
        return [family for family in self._families(parts.query) if family not in self.families]

    def has_import(self, spec: str) -> bool:
        """Whether a bare import, or the package it belongs to, is on the shelf."""
        return spec in self.modules or _package(spec) in self.modules

    def advice(self, names: Iterable[str]) -> str:
        """What to use instead of one of `names`, or a plain way out."""
        for name in names:
            if name in self.instead:
                return f"Use {self.instead[name]} instead."
        return "Use a library on the shelf, or write what you need into the files."

    def advice_for(self, url: str) -> str:
        """What to use instead of an address."""
        parts = urlsplit(url)
        return self.advice([*_library_names(parts.path), (parts.hostname or "").lower()])

    @staticmethod
    def _families(query: str) -> list[str]:
        found: list[str] = []
        for key, value in parse_qsl(query[:4_000]):
            if key == "family":
                found.extend(
                    part.split(":")[0].replace("+", " ").strip().lower() for part in value.split("|")
                )
        return [family for family in found if family]


def _library_names(path: str) -> list[str]:
    """The words of a CDN path that may name a library: `/npm/@scope/name@1.2/dist/x.js` gives `@scope/name`, ..."""
    parts = [unquote(part) for part in path[:500].split("/") if part]
    names: list[str] = []
    for place, part in enumerate(parts):
        bare = _VERSION.sub("", part)
        if bare.startswith("@") and place + 1 < len(parts):
            names.append(f"{bare}/{_VERSION.sub('', parts[place + 1])}".lower())
        elif bare.lower() not in _CDN_WORDS:
            names.append(bare.lower())
            names.append(
                re.sub(
                    r"(?:[.-](?:min|umd|module|development|production|bundle|global|slim|esm))*\.m?(?:js|css)$",
                    "",
                    bare.lower(),
                )
            )
    return names


def _package(spec: str) -> str:
    parts = spec.split("/")
    return "/".join(parts[:2]) if spec.startswith("@") else parts[0]


def package_of(spec: str) -> str:
    """The package a bare import belongs to: `@scope/name` or `name`."""
    return _package(spec)


@lru_cache(maxsize=4)
def _load(path: Path, stamp: int) -> Shelf:
    return Shelf.read(json.loads(path.read_text()))


def load(build_dir: Path = BUILD_DIR) -> Shelf | None:
    """The built shelf, or None where the front end was not built; read again when the file changes."""
    path = build_dir / "shelf" / "shelf.json"
    try:
        return _load(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
