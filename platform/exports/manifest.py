"""The manifest of a release: what it was made from and what every file must be. `exports.proof` verifies it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from exports.columns import CONFIGS
from exports.durable import write_text
from exports.proof import CHECKSUMS, MANIFEST, canonical_json, checksums, digest
from exports.splits import in_order
from exports.writers import WrittenFile

FORMAT = 1


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
        "rows": rows_by_config(listed),
        "files": [{key: value for key, value in asdict(file).items() if value != ""} for file in listed],
    }


def rows_by_config(files: Iterable[WrittenFile]) -> dict[str, dict[str, int]]:
    """Rows by config and split, in their orders; both formats have the same rows, so one of them is counted."""
    data = [file for file in files if file.config]
    counted = "parquet" if any(file.format == "parquet" for file in data) else "jsonl"
    rows = Counter[tuple[str, str]]()
    for file in data:
        if file.format == counted:
            rows[file.config, file.split] += file.rows
    found = {
        config: {
            split: rows[config, split] for split in in_order({split for of, split in rows if of == config})
        }
        for config in CONFIGS
    }
    return {config: splits for config, splits in found.items() if splits}


def by_split(rows: Mapping[str, int]) -> list[tuple[str, int]]:
    """Rows by split in their order, which a manifest from the database has lost."""
    return [(split, rows[split]) for split in in_order(rows)]


def write_manifest(folder: Path, files: Iterable[WrittenFile], **about: Any) -> dict[str, Any]:
    """Write MANIFEST.json and SHA256SUMS for `files`; `about` as for `manifest`. Returns the manifest."""
    listed = list(files)
    made = manifest(files=listed, **about)
    text = canonical_json(made)
    write_text(folder / MANIFEST, text)
    write_text(folder / CHECKSUMS, checksums({file.path: file.sha256 for file in listed}, text))
    return made
