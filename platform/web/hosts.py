"""The first middleware: one server, two sites. The preview origin never reaches the rest of the application."""

from __future__ import annotations

import gzip
import posixpath
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase

from web import preview

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class SplitHosts:
    """Answers the preview host by itself, without sessions or cookies; hides its paths from every other host."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host = request.META.get("HTTP_HOST", "")
        if host.lower() == settings.PREVIEW_HOST:
            return _answer(request)
        # Another port or a dot at the end is no way round it.
        if _name(host) == _name(settings.PREVIEW_HOST):
            return _not_found()
        # Static files are found by the path as the file system reads it.
        path = posixpath.normpath("/" + request.path_info.lstrip("/"))
        if preview.is_preview_path(path) or preview.is_static_copy(path, settings.STATIC_URL):
            return _not_found()
        return self._get_response(request)


def _name(host: str) -> str:
    """The name in a Host header, without port, case and the root's dot."""
    name = host.lower()
    end = name.find("]") + 1 if name.startswith("[") else name.find(":")
    return (name[:end] if end > 0 else name).rstrip(".")


def _answer(request: HttpRequest) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD"):
        return _plain("Only GET and HEAD are answered here.", 405, Allow="GET, HEAD")
    if request.path_info == "/frame":
        return _frame(request)
    answer = preview.asset(settings.BUILD_DIR, request.path_info)
    if answer is None or answer.file is None:
        return _not_found()
    if request.META.get("HTTP_IF_NONE_MATCH") == answer.headers["ETag"]:
        return HttpResponse(status=304, headers=dict(answer.headers) | {"Content-Length": "0"})
    headers = dict(answer.headers)
    # FileResponse guesses a type unless it is given one by this argument.
    return FileResponse(answer.file.open("rb"), content_type=headers.pop("Content-Type"), headers=headers)


def _frame(request: HttpRequest) -> HttpResponse:
    page = settings.BUILD_DIR / "preview" / "frame.html"
    try:
        answer, packed = _frame_page(settings.BUILD_DIR, page.stat().st_mtime_ns)
    except FileNotFoundError:
        return _plain("The front end is not built: run npm run build in frontend/.", 503)
    # Every pane loads it and nobody may keep it, so it goes packed.
    headers = {**answer.headers, "Vary": "Accept-Encoding"}
    if _takes_gzip(request.META.get("HTTP_ACCEPT_ENCODING", "")):
        return HttpResponse(packed, headers={**headers, "Content-Encoding": "gzip"})
    return HttpResponse(answer.body, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header names gzip, and not with a weight of nothing (RFC 9110, 12.5.3)."""
    for part in accepted.split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() == "gzip":
            return weight.replace(" ", "").strip("0.") != "q="
    return False


@lru_cache(maxsize=2)
def _frame_page(build_dir: Path, changed_ns: int) -> tuple[preview.Answer, bytes]:
    """The frame page, plain and packed, read again when the build changes it (`changed_ns` is part of the cache's key)."""
    answer = preview.frame_page(
        build_dir, preview_origin=settings.PREVIEW_ORIGIN, app_origin=settings.APP_ORIGIN
    )
    return answer, gzip.compress(answer.body, mtime=0)


def _not_found() -> HttpResponse:
    return _plain("There is nothing here.", 404)


def _plain(text: str, status: int, **headers: str) -> HttpResponse:
    return HttpResponse(
        text + "\n",
        status=status,
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            **headers,
        },
    )
