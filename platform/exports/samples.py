"""Single rows of a published release, read from its files: what the sample explorer shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BufferedReader
from typing import Any

import pyarrow.parquet as pq

from core.errors import BadInput, Problem
from exports import downloads
from exports.models import Release, ReleaseFile
from exports.splits import in_order

CONFIG = "default"
# A row of a JSON file is found by reading the lines before it.
MAX_LINES = 2_000
_ROLES = {"refined_over_base": "base", "refined_over_rival": "rival"}


@dataclass(frozen=True, slots=True)
class Sample:
    """Row `number` (from 1) of a split, of `total` that can be looked at."""

    split: str
    number: int
    total: int
    row: dict[str, Any]

    @property
    def sides(self) -> list[dict[str, Any]]:
        """The pages as panes take them: the chosen one, and the rejected one where there is one."""
        row = self.row
        found = [("Chosen", "refined", row["chosen_files"]), ("Rejected", _ROLES.get(row["pair_type"], "base"), row["rejected_files"])]  # fmt: skip
        return [
            {"label": label, "role": role, "framework": row["framework"], "files": json.loads(files)}
            for label, role, files in found
            if files
        ]


def splits(release: Release) -> dict[str, int]:
    """How many rows of each split can be looked at, train first; empty without the config that holds the files."""
    return {split: _reachable(files) for split, files in _shards(release).items()}


def _shards(release: Release) -> dict[str, list[ReleaseFile]]:
    """The data files of each split in their order, of one format: Parquet where there is any."""
    files = list(release.files.filter(path__startswith=f"data/{CONFIG}/").select_related("release"))
    parquet = [file for file in files if file.path.endswith(".parquet")]
    found: dict[str, list[ReleaseFile]] = {}
    for file in sorted(parquet or files, key=lambda each: each.path):
        found.setdefault(file.path.rsplit("/", 1)[1].split("-")[0].split(".")[0], []).append(file)
    return {split: found[split] for split in in_order(found)}


def _reachable(files: list[ReleaseFile]) -> int:
    rows = sum(file.row_count or 0 for file in files)
    return rows if files[0].path.endswith(".parquet") else min(rows, MAX_LINES)


def sample(release: Release, split: str, number: int) -> Sample:
    """Row `number` (from 1) of a split. Raises BadInput when there is none, Tampered when its file is damaged."""
    files = _shards(release).get(split, [])
    total = _reachable(files) if files else 0
    if not 1 <= number <= total:
        todo = f"Choose 1 to {total:,}." if total else "Choose another split."
        raise BadInput("There is no such row.", problems=[Problem("row", "is not in this split", todo)])
    at = number - 1
    for file in files:
        if at < (rows := file.row_count or 0):
            with downloads.opened(file) as handle:
                read = _of_parquet if file.path.endswith(".parquet") else _of_lines
                return Sample(split, number, total, read(handle, at))
        at -= rows
    raise AssertionError("the rows of the files are those that were counted")


def _of_parquet(handle: BufferedReader, at: int) -> dict[str, Any]:
    file = pq.ParquetFile(handle)
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if at < rows:
            row: dict[str, Any] = file.read_row_group(group).slice(at, 1).to_pylist()[0]
            return row
        at -= rows
    raise AssertionError("the file has as many rows as were counted")


def _of_lines(handle: BufferedReader, at: int) -> dict[str, Any]:
    for _ in range(at):
        handle.readline()
    row: dict[str, Any] = json.loads(handle.readline())
    return row
