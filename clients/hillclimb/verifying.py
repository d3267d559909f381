"""Is a folder still the release that was published? Offline: its manifest, its checksums, its signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from hillclimb import listing
from hillclimb.errors import LocalFault, Refused
from hillclimb.listing import CHECKSUMS, MANIFEST, Entry
from hillclimb.pulling import STATE, digest
from hillclimb.releases import BESIDE

MAX_MANIFEST = 64 * 1024 * 1024


def manifest_of(folder: Path) -> tuple[dict[str, object], str]:
    """The parsed manifest of a folder and its SHA-256. Raises LocalFault when there is none, Refused when it is unsound."""
    try:
        path = folder / MANIFEST
        if path.stat().st_size > MAX_MANIFEST:
            raise Refused(f"{MANIFEST} is longer than {MAX_MANIFEST // 1024**2} MiB.")
        raw = path.read_bytes()
    except OSError as error:
        raise LocalFault(f"{folder} holds no release: {MANIFEST}: {error.strerror}.") from None
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused(f"{MANIFEST} is no JSON.") from None
    if not isinstance(value, dict):
        raise Refused(f"{MANIFEST} is no JSON object.")
    return value, hashlib.sha256(raw).hexdigest()


def faults(folder: Path, *, tell: Callable[[int], None] | None = None) -> tuple[list[str], int]:
    """Everything in which the folder differs from its manifest, and how many files it names.

    Raises LocalFault without a manifest, Refused when the manifest names unsafe paths.
    """
    manifest, its_digest = manifest_of(folder)
    entries = listing.of_manifest(manifest)
    found: list[str] = []
    sums = folder / CHECKSUMS
    expected = listing.checksums(entries, its_digest).encode()
    if not sums.is_file() or sums.stat().st_size != len(expected) or sums.read_bytes() != expected:
        found.append(f"{CHECKSUMS} does not fit {MANIFEST}")
    if (folder / STATE).exists():
        found.append("a pull was broken off here: run it again")
    for entry in sorted(entries, key=lambda each: each.path):
        if fault := fault_of(folder, entry, tell):
            found.append(fault)
    there = {path.relative_to(folder) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}
    named = {entry.path for entry in entries} | BESIDE
    odd = sorted(path.as_posix() for path in there if path.parts[0] != STATE and path.as_posix() not in named)
    found += [f"{path} is not of this release" for path in odd]
    return found, len(entries)


def fault_of(folder: Path, entry: Entry, tell: Callable[[int], None] | None) -> str:
    """What is wrong with one file, or nothing."""
    path = folder / entry.path
    if any(each.is_symlink() for each in (path, *path.parents[: entry.path.count("/")])):
        return f"{entry.path} is a link"
    if not path.is_file():
        return f"{entry.path} is missing"
    if (size := path.stat().st_size) != entry.size:
        return f"{entry.path} has {size:,} bytes, not {entry.size:,}"
    return "" if digest(path, tell) == entry.sha256 else f"{entry.path} has other content"
