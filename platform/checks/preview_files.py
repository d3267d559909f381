"""The preview origin in memory: the frame page, the runtime and the shelf, from the front end's build."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from core.preview_policy import asset_headers, frame_headers

# A host that can never exist (RFC 6761): if ever a request slipped past the routes, there is nowhere for it to go.
PREVIEW_ORIGIN = "https://preview.invalid"
APP_ORIGIN = "https://app.invalid"
FRAME_URL = f"{PREVIEW_ORIGIN}/frame"


class PreviewFiles:
    """Bodies and headers as the preview origin sends them, read once."""

    def __init__(self, build_dir: Path) -> None:
        self._build = build_dir
        self._known: dict[str, tuple[bytes, Mapping[str, str]]] = {}

    def frame(self) -> tuple[bytes, Mapping[str, str]]:
        """The frame page. Raises FileNotFoundError where the front end was not built."""
        if "" not in self._known:
            body = (self._build / "preview" / "frame.html").read_bytes()
            self._known[""] = (body, frame_headers(PREVIEW_ORIGIN, APP_ORIGIN))
        return self._known[""]

    def asset(self, url: str) -> tuple[bytes, Mapping[str, str]] | None:
        """What answers a URL under `/runtime/` or `/shelf/`, or None."""
        if not url.startswith(PREVIEW_ORIGIN + "/"):
            return None
        path = url[len(PREVIEW_ORIGIN) + 1 :].split("?")[0].split("#")[0]
        if path not in self._known:
            kind, _, rest = path.partition("/")
            root = {"runtime": self._build / "preview", "shelf": self._build / "shelf"}.get(kind)
            if root is None:
                return None
            file = (root / rest).resolve()
            if not file.is_relative_to(root.resolve()) or not file.is_file():
                return None
            self._known[path] = (file.read_bytes(), asset_headers(_content_type(file.name)))
        return self._known[path]


def _content_type(name: str) -> str:
    known = {
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".woff2": "font/woff2",
        ".json": "application/json",
    }
    kind = known.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
