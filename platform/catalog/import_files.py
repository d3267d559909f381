"""The files of imports: kept below MEDIA_ROOT until the import is over, read line by line with bounded memory."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from catalog.import_lines import MAX_LINE
from core.durable import sync_folder

FOLDER = "imports"
CHUNK = 1024 * 1024


def place(relative: str) -> Path:
    """Where the file of an import is."""
    return Path(settings.MEDIA_ROOT) / relative


def keep(chunks: Iterable[bytes]) -> str:
    """Store an upload durably under a new name; returns its path below MEDIA_ROOT."""
    relative = f"{FOLDER}/{uuid.uuid4().hex}.jsonl"
    target = place(relative)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(target.parent)
    return relative


def discard(relative: str) -> None:
    """Remove the file of an import that is over."""
    place(relative).unlink(missing_ok=True)


def chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a mebibyte at a time."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def count_lines(path: Path) -> int:
    """How many lines the file has; a last line without an end counts."""
    total = 0
    last = b"\n"
    for chunk in chunks(path):
        total += chunk.count(b"\n")
        last = chunk[-1:]
    return total + (last != b"\n")


def lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Number (from 1) and bytes of each line that is not blank; None for one longer than MAX_LINE."""
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(MAX_LINE + 1):
            number += 1
            if len(raw) > MAX_LINE and not raw.endswith(b"\n"):
                while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield number, None
                continue
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            if not raw.isspace() and raw:
                yield number, raw
