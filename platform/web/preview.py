"""What the preview origin answers, as pure functions over the front end's build: paths go in, answers come out.

The header values live in `core.preview_policy`, which the robot browser reads too.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from core.preview_policy import asset_headers, frame_headers

ORIGIN_PLACEHOLDER = b"__APP_ORIGIN__"
# What only the preview origin may answer; the app's host must not.
OWN_PREFIXES = ("/frame", "/runtime/", "/shelf/")
# The same files where the app's static files would show them: there they carry none of the headers above.
STATIC_COPIES = ("build/preview/frame", "build/shelf/")

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a body in memory or a file on disk, with all its headers."""

    headers: Mapping[str, str]
    body: bytes = b""
    file: Path | None = None


def is_preview_path(path: str) -> bool:
    """Whether a path belongs to the preview origin alone."""
    return path == "/frame" or path.startswith(OWN_PREFIXES[1:])


def is_static_copy(path: str, static_url: str) -> bool:
    """Whether a path would show a file of the preview origin among the app's static files."""
    return path.startswith(static_url) and path[len(static_url) :].startswith(STATIC_COPIES)


def frame_page(build_dir: Path, *, preview_origin: str, app_origin: str) -> Answer:
    """Return the frame page, told which origin may hand it a page. Raises FileNotFoundError before a build."""
    page = (build_dir / "preview" / "frame.html").read_bytes()
    return Answer(
        headers=frame_headers(preview_origin, app_origin),
        body=page.replace(ORIGIN_PLACEHOLDER, app_origin.encode("ascii")),
    )


def asset(build_dir: Path, path: str) -> Answer | None:
    """Return the file that answers `/runtime/...` or `/shelf/...`, or None; nothing outside the build is ever read."""
    _, kind, *rest = path.split("/") if path.startswith("/") else ("", "")
    root = {"runtime": build_dir / "preview", "shelf": build_dir / "shelf"}.get(kind)
    if (
        root is None
        or not rest
        or any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in rest)
    ):
        return None
    file = root.joinpath(*rest)
    # No file system names a file longer than this, nor a way to one that is much longer in all.
    sizes = [len(part.encode("utf-8", "surrogateescape")) for part in rest]
    if file.suffix == ".html" or max(sizes) > 255 or sum(sizes) + len(sizes) > 2_000:
        return None
    if not file.is_file() or not file.resolve().is_relative_to(root.resolve()):
        return None
    # The shelf's folder is named by a hash of what it was built from.
    immutable = kind == "shelf" and len(rest) > 1
    stat = file.stat()
    tag = sha256(f"{path}:{stat.st_size}:{stat.st_mtime_ns}".encode()).hexdigest()[:20]
    headers = {
        **asset_headers(_content_type(file.name), immutable=immutable),
        "ETag": f'"{tag}"',
        "Content-Length": str(stat.st_size),
    }
    return Answer(headers=headers, file=file)


def _content_type(name: str) -> str:
    return _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
