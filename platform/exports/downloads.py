"""Serving a release's files: strong ETag, one byte range, resumable, and no byte of a file that was tampered with."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from core.errors import HillclimbError
from exports.building import folder_of
from exports.manifest import digest
from exports.models import ReleaseFile

BLOCK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class Tampered(HillclimbError):
    """A file on disk is not the file that was published."""

    status = 503
    code = "file_damaged"
    title = "This file is not served"


def path_of(file: ReleaseFile) -> Path:
    """Where a published file is. Raises Tampered when it is missing or differs from its published digest."""
    path = folder_of(file.release) / file.path
    try:
        stat = path.stat()
        sound = stat.st_size == file.byte_size and (
            _digest(str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino) == file.sha256
        )
    except OSError:
        sound = False
    if not sound:
        raise Tampered(
            "The file on disk is not the one that was published, so not a byte of it is sent. "
            "Tell the operator: the release's checksums show which file it is."
        )
    return path


@lru_cache(maxsize=4096)
def _digest(path: str, _size: int, _changed: int, _inode: int) -> str:
    """Hashed once for as long as the file is untouched."""
    return digest(Path(path))


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
    path = path_of(file)
    etag = f'"{file.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-transform",
        "Content-Disposition": f'attachment; filename="{path.name}"',
        "X-Content-Type-Options": "nosniff",
    }
    if etag in [tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")]:
        return HttpResponse(status=304, headers=headers), 0
    try:
        span = wanted_range(request, size=file.byte_size, etag=etag)
    except ValueError:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{file.byte_size}"}), 0
    start, end = span or (0, file.byte_size - 1)
    if span:
        headers["Content-Range"] = f"bytes {start}-{end}/{file.byte_size}"
    kind = "application/octet-stream"
    if settings.ACCEL_PREFIX:
        # The proxy in front sends the file, and serves ranges itself.
        headers.pop("Content-Range", None)
        accel = f"{settings.ACCEL_PREFIX}{file.release_id}/{file.path}"
        return HttpResponse(headers={**headers, "X-Accel-Redirect": accel}, content_type=kind), start
    length = end - start + 1
    body = StreamingHttpResponse(
        _bytes(path, start, length), status=206 if span else 200, headers=headers, content_type=kind
    )
    body["Content-Length"] = str(length)
    return body, start


def _bytes(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), start, length, os.POSIX_FADV_SEQUENTIAL)
        file.seek(start)
        yield from _blocks(file, length)


def _blocks(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0:
        block = file.read(min(BLOCK, length))
        if not block:
            return
        length -= len(block)
        yield block
