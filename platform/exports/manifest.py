"""The manifest of a release: what it was made from and what every file must be. Pure but for reading files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from exports.writers import WrittenFile, write_text

MANIFEST = "MANIFEST.json"
CHECKSUMS = "SHA256SUMS"
FORMAT = 1


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, two-space indent and a final newline. ValueError for NaN and infinities."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def file_entry(folder: Path, path: str) -> WrittenFile:
    """The entry of a file that is no data file, such as README.md: its size and digest, no rows."""
    target = folder / path
    return WrittenFile(path, "", "", target.suffix.lstrip("."), 0, target.stat().st_size, digest(target))


def manifest(
    *,
    name: str,
    version: str,
    recipe: Mapping[str, Any],
    code_version: str,
    seed: int,
    files: Iterable[WrittenFile],
    protected: Mapping[str, Any],
    dropped: Mapping[str, int],
) -> dict[str, Any]:
    """The manifest as JSON values. It holds no time and no host, so building again gives the same bytes.

    `protected`: registry version, sets and rules scanned; `dropped`: rows left out, by reason.
    """
    listed = sorted(files, key=lambda file: file.path)
    configs: dict[str, dict[str, int]] = {}
    for file in listed:
        if file.format == "parquet":
            splits = configs.setdefault(file.config, {})
            splits[file.split] = splits.get(file.split, 0) + file.rows
    return {
        "format": FORMAT,
        "name": name,
        "version": version,
        "recipe": dict(recipe),
        "code_version": code_version,
        "arrow_version": pa.__version__,
        "seed": seed,
        "protected": dict(protected),
        "dropped": dict(dropped),
        "rows": configs,
        "files": [{key: value for key, value in asdict(file).items() if value != ""} for file in listed],
    }


def by_split(rows: Mapping[str, int]) -> list[tuple[str, int]]:
    """Rows by split in the order that people expect: train first. (A manifest from the database has lost its order.)"""
    return sorted(rows.items(), key=lambda item: (item[0] != "train", item[0]))


def checksums(files: Iterable[WrittenFile], manifest_text: str) -> str:
    """SHA256SUMS as `sha256sum --check` reads it; it also names the manifest."""
    sums = {file.path: file.sha256 for file in files}
    sums[MANIFEST] = hashlib.sha256(manifest_text.encode()).hexdigest()
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums))


def write_manifest(folder: Path, files: Iterable[WrittenFile], **about: Any) -> dict[str, Any]:
    """Write MANIFEST.json and SHA256SUMS for `files`; `about` as for `manifest`. Returns the manifest."""
    listed = list(files)
    made = manifest(files=listed, **about)
    text = canonical_json(made)
    write_text(folder / MANIFEST, text)
    write_text(folder / CHECKSUMS, checksums(listed, text))
    return made


def digest(path: Path) -> str:
    """SHA-256 of a file in hex, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def faults(folder: Path) -> list[str]:
    """Everything in which `folder` differs from its manifest and checksums; empty when it is whole (I7).

    Sizes are compared first, so a cut file is named without reading it. A manifest that is missing or malformed is
    one fault. A manifest changed together with SHA256SUMS is found only by its signature or the digest kept in the
    database.
    """
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        listed = {entry["path"]: (entry["bytes"], entry["sha256"]) for entry in json.loads(text)["files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{MANIFEST} cannot be read: {type(error).__name__}"]
    found: list[str] = []
    files = [WrittenFile(path, "", "", "", 0, size, sha256) for path, (size, sha256) in listed.items()]
    sums = folder / CHECKSUMS
    if not sums.is_file() or sums.read_text(encoding="utf-8") != checksums(files, text):
        found.append(f"{CHECKSUMS} does not fit {MANIFEST}")
    for path, (size, sha256) in sorted(listed.items()):
        target = folder / path
        if not target.is_file() or target.is_symlink():
            found.append(f"{path} is missing")
        elif target.stat().st_size != size:
            found.append(f"{path} has {target.stat().st_size} bytes, not {size}")
        elif digest(target) != sha256:
            found.append(f"{path} has other content")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    found += [f"{path} is not listed" for path in sorted(there - set(listed) - {MANIFEST, CHECKSUMS})]
    return found
