"""What a release consists of, taken from a site or a manifest that is not trusted: names, sizes, digests. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hillclimb.errors import Refused

MANIFEST = "MANIFEST.json"
CHECKSUMS = "SHA256SUMS"
MAX_FILES = 100_000
MAX_BYTES = 1 << 50
# Letters, digits, dot, dash, underscore; no part begins with a dot: that excludes "..", hidden files and our own.
_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path below the release's folder, its size in bytes, its SHA-256 in hex."""

    path: str
    size: int
    sha256: str


def safe_path(path: object) -> str:
    """`path` when it can only lie below the release's folder. Raises Refused."""
    parts = path.split("/") if isinstance(path, str) else []
    sound = 0 < len(parts) <= 8 and all(
        _PART.fullmatch(part) and not part.endswith(".") and not _RESERVED.fullmatch(part) for part in parts
    )
    if not sound:
        raise Refused(
            f"The release names the file {ascii(path)[:80]}, which is no safe path. Nothing was written."
        )
    return str(path)


def entries(listed: object, *, size_key: str) -> list[Entry]:
    """The files of a list of objects with path, sha256 and `size_key`. Raises Refused for anything unsafe or malformed."""
    if not isinstance(listed, list) or len(listed) > MAX_FILES:
        raise Refused("The release's list of files is malformed.")
    found = [_entry(each, size_key) for each in listed]
    _no_two_in_one_place(found)
    return found


def _entry(each: object, size_key: str) -> Entry:
    if not isinstance(each, Mapping):
        raise Refused("The release's list of files is malformed.")
    path = safe_path(each.get("path"))
    size, sha256 = each.get(size_key), each.get("sha256")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_BYTES:
        raise Refused(f"The release gives {path} no sound size.")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise Refused(f"The release gives {path} no sound SHA-256.")
    return Entry(path, size, sha256)


def _no_two_in_one_place(found: Iterable[Entry]) -> None:
    """No path twice (file systems may ignore case), and no file where another needs a folder."""
    files: set[str] = set()
    folders: set[str] = set()
    for entry in found:
        parts = entry.path.lower().split("/")
        if (name := "/".join(parts)) in files:
            raise Refused(f"The release names {entry.path} twice.")
        files.add(name)
        folders.update("/".join(parts[:n]) for n in range(1, len(parts)))
    if both := files & folders:
        raise Refused(f"The release names {min(both)} as a file and as a folder.")


def of_manifest(manifest: Any) -> list[Entry]:
    """The files that a parsed MANIFEST.json names. Raises Refused."""
    listed = manifest.get("files") if isinstance(manifest, Mapping) else None
    return entries(listed, size_key="bytes")


def checksums(listed: Iterable[Entry], manifest_sha256: str) -> str:
    """SHA256SUMS as it must be for these files and this manifest."""
    sums = {entry.path: entry.sha256 for entry in listed} | {MANIFEST: manifest_sha256}
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums))
