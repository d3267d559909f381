"""Serving a release's files: strong ETag, one byte range, resumable, and no byte of a file that was tampered with."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from io import BufferedReader, FileIO
from pathlib import PurePosixPath
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from core.errors import HillclimbError
from exports.building import folder_of
from exports.models import ReleaseFile

BLOCK = 256 * 1024
KIND = "application/octet-stream"
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})", re.IGNORECASE)


class Tampered(HillclimbError):
    """A file on disk is not the file that was published."""

    status = 503
    code = "file_damaged"
    title = "This file is not served"


def opened(file: ReleaseFile) -> BufferedReader:
    """A published file, open for reading. Raises Tampered when it is missing or differs from its published digest."""
    handle: BufferedReader | None = None
    try:
        handle = (folder_of(file.release) / file.path).open("rb")
        stat = os.fstat(handle.fileno())
        if stat.st_size == file.byte_size and _digest(handle, stat) == file.sha256:
            return handle
    except OSError:
        pass
    if handle is not None:
        handle.close()
    raise Tampered(
        f"{file.path} on disk is not the file that was published, so not a byte of it is sent. "
        "Tell the operator: the command verify_release says what is damaged."
    )


# Digests of files that are untouched: the change time cannot be set back by whoever writes into a file.
_known: OrderedDict[tuple[int, int, int, int], str] = OrderedDict()
_lock = threading.Lock()
_KEPT = 4096


def _digest(handle: BufferedReader, stat: os.stat_result) -> str:
    key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_ctime_ns)
    with _lock:
        found = _known.get(key)
    if found is None:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
        handle.seek(0)
        with _lock:
            _known[key] = found
            while len(_known) > _KEPT:
                _known.popitem(last=False)
    return found


def wanted_range(request: HttpRequest, *, size: int, etag: str) -> tuple[int, int] | None:
    """The inclusive byte range to send; None for the whole file. Raises ValueError when it cannot be satisfied.

    One range is served (RFC 9110, 14.2); several, or a malformed header, are ignored, as the RFC allows. `If-Range`
    must name the present ETag.
    """
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if found is None or found[1] == found[2] == "":
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    if found[1] == "":
        length = min(int(found[2]), size)
        if length == 0:
            raise ValueError("an empty suffix")
        return size - length, size - 1
    start = int(found[1])
    end = min(int(found[2]) if found[2] else size - 1, size - 1)
    if found[2] and int(found[2]) < start:
        return None
    if start >= size:
        raise ValueError("beyond the end")
    return start, end


def response(request: HttpRequest, file: ReleaseFile) -> tuple[HttpResponse | StreamingHttpResponse, int]:
    """The answer for one file, and the first byte it sends. Raises Tampered."""
    handle = opened(file)
    etag = f'"{file.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-transform",
        "Content-Disposition": f'attachment; filename="{PurePosixPath(file.path).name}"',
        "X-Content-Type-Options": "nosniff",
    }
    if _matches(request.headers.get("If-None-Match", ""), etag):
        handle.close()
        return HttpResponse(status=304, headers=headers), 0
    try:
        span = wanted_range(request, size=file.byte_size, etag=etag)
    except ValueError:
        handle.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{file.byte_size}"}), 0
    start, end = span or (0, file.byte_size - 1)
    if settings.ACCEL_PREFIX:
        # The proxy in front sends the file, and serves ranges itself.
        handle.close()
        headers["X-Accel-Redirect"] = f"{settings.ACCEL_PREFIX}{file.release_id}/{file.path}"
        return HttpResponse(headers=headers, content_type=KIND), start
    if span:
        headers["Content-Range"] = f"bytes {start}-{end}/{file.byte_size}"
    headers["Content-Length"] = str(end - start + 1)
    part = Part(handle, start, end - start + 1)
    return FilePart(part, status=206 if span else 200, headers=headers, content_type=KIND), start


def _matches(header: str, etag: str) -> bool:
    """If-None-Match (RFC 9110, 13.1.2): weak comparison, or any."""
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag in tags or tags == ["*"]


class Part:
    """`length` bytes of a file from `start`: read in blocks, or sent by the kernel from its descriptor's place."""

    def __init__(self, handle: BufferedReader, start: int, length: int) -> None:
        # Past the buffer: whoever sends from the descriptor knows nothing of it.
        self._file, self._left = cast(FileIO, handle.raw), length
        self._file.seek(start)
        self.close = handle.close

    def fileno(self) -> int:
        """The descriptor, placed at the next byte."""
        return self._file.fileno()

    def read(self, most: int) -> bytes:
        """The next bytes, none at the end."""
        block = self._file.read(min(most, self._left)) or b""
        self._left -= len(block)
        return block

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(BLOCK):
            yield block


class FilePart(StreamingHttpResponse):
    """An answer whose bytes the web server may leave to the kernel (`wsgi.file_wrapper`: sendfile)."""

    block_size = BLOCK

    def __init__(self, part: Part, **given: Any) -> None:
        super().__init__(part, **given)
        self.file_to_stream = part
