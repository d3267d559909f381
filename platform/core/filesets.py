"""File sets: checked on the way in, stored once by content.

Every path and text is hostile until it passed `check`.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import BadInput, Problem
from core.models import FileSet

MAX_FILES = 50
MAX_BYTES = 1024 * 1024
MAX_PATH = 200
TEXT_SUFFIXES = (
    ".html",
    ".htm",
    ".css",
    ".js",
    ".mjs",
    ".jsx",
    ".ts",
    ".tsx",
    ".json",
    ".svg",
    ".md",
    ".txt",
)


@dataclass(frozen=True, slots=True)
class Packed:
    """A checked file set, ready to store: canonical JSON, its digest and sizes."""

    digest: str
    body: str
    file_count: int
    byte_size: int


def canonical(files: Mapping[str, str]) -> str:
    """The canonical JSON of `files`: sorted paths, no spaces, no escapes but the needed."""
    return json.dumps(dict(files), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _path_fault(path: str) -> str | None:
    parts = path.split("/")
    if not path or len(path) > MAX_PATH:
        return f"a path has 1 to {MAX_PATH} characters"
    if any(part in ("", ".", "..") for part in parts) or "\\" in path or ":" in path:
        return "a path is relative, with / between names, and without . or .. or empty parts"
    if any(
        ord(char) < 32 or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for char in path
    ):
        return "a path has no control, invisible or unassigned characters"
    if unicodedata.normalize("NFC", path) != path:
        return "a path is in Unicode form NFC"
    if not path.lower().endswith(TEXT_SUFFIXES):
        return f"a file is one of {', '.join(TEXT_SUFFIXES)}"
    return None


def faults(files: object, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> list[Problem]:
    """Every fault of `files` as a file set; empty when it is sound."""
    if not isinstance(files, Mapping):
        return [Problem("files", "is not an object of path to text", 'Send {"index.html": "…"}.')]
    found: list[Problem] = []
    if not files:
        found.append(Problem("files", "is empty", "Send at least one file."))
    if len(files) > max_files:
        found.append(Problem("files", f"has {len(files)} files", f"Keep it to {max_files}."))
    total = 0
    seen: dict[str, str] = {}
    for path, text in list(files.items())[: max_files + 1]:
        if not isinstance(path, str):
            found.append(Problem("files", "has a path that is not text", "Name each file with a string."))
            continue
        shown = path.encode("unicode_escape").decode()[:80]
        if fault := _path_fault(path):
            found.append(Problem(f"files[{shown}]", fault, "Rename the file."))
        folded = unicodedata.normalize("NFKC", path).casefold()
        if folded in seen:
            found.append(
                Problem(f"files[{shown}]", f"collides with {seen[folded]}", "Rename one of the two.")
            )
        seen[folded] = shown
        if not isinstance(text, str):
            found.append(Problem(f"files[{shown}]", "is not text", "Send the file's text as a string."))
            continue
        if "\x00" in text:
            found.append(Problem(f"files[{shown}]", "has a NUL character", "Remove it."))
        try:
            total += len(text.encode())
        except UnicodeEncodeError:
            found.append(Problem(f"files[{shown}]", "has a lone surrogate", "Save the file as valid UTF-8."))
    if total > max_bytes:
        found.append(Problem("files", f"is {total:,} bytes", f"Keep it to {max_bytes:,} bytes."))
    return found


def check(files: object, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> dict[str, str]:
    """`files` as a dict, or BadInput with every fault listed."""
    if found := faults(files, max_bytes=max_bytes, max_files=max_files):
        raise BadInput("The files cannot be taken.", problems=found)
    assert isinstance(files, Mapping)
    return dict(files)


def pack(files: Mapping[str, str]) -> Packed:
    """Canonical form and digest of checked files."""
    body = canonical(files)
    size = sum(len(text.encode()) for text in files.values())
    return Packed(hashlib.sha256(body.encode()).hexdigest(), body, len(files), size)


def store(files: Mapping[str, str]) -> FileSet:
    """The row for checked `files`, made if its content is new. Safe under races: within a transaction it stays until its end."""
    packed = pack(files)
    if (known := _held(packed.digest)) is not None:
        return known
    FileSet.objects.bulk_create(
        [
            FileSet(
                digest=packed.digest,
                body=packed.body,
                file_count=packed.file_count,
                byte_size=packed.byte_size,
            )
        ],
        ignore_conflicts=True,
    )
    made = _held(packed.digest)
    assert made is not None
    return made


def _held(digest: str) -> FileSet | None:
    """The row of a content, locked as a row that points to it would lock it: nobody forgets it meanwhile."""
    sql = "SELECT * FROM core_fileset WHERE digest = %s FOR KEY SHARE"
    return next(iter(FileSet.objects.raw(sql, [digest])), None)
