"""Binary evidence, stored once by content below MEDIA_ROOT/blobs/ab/cdef…: screenshots and the like.

A blob is whole or absent: it is written beside its place, synced and renamed.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from core.durable import sync_folder

_DIGEST = re.compile(r"[0-9a-f]{64}")


def path(digest: str) -> Path:
    """Where the blob named `digest` (64 hex digits of its SHA-256) lives. Raises ValueError for anything else."""
    if not _DIGEST.fullmatch(digest):
        raise ValueError("a blob is named by 64 hex digits")
    return Path(settings.MEDIA_ROOT) / "blobs" / digest[:2] / digest[2:]


def put(data: bytes) -> str:
    """Store `data` durably and return its digest. The same bytes are stored once; safe under races."""
    digest = hashlib.sha256(data).hexdigest()
    place = path(digest)
    if place.exists():
        return digest
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp gives 600; the web server may run as another user of the same group.
        os.chmod(temporary, 0o640)
        os.replace(temporary, place)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(place.parent)
    return digest


def open(digest: str) -> BinaryIO:
    """The blob for reading. Raises FileNotFoundError if there is none, ValueError if `digest` is not one."""
    return path(digest).open("rb")


def exists(digest: str) -> bool:
    """Whether the blob is stored."""
    return path(digest).is_file()
