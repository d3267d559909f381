"""What differs between two releases on disk: what they were made from, their files, their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hillclimb import listing, verifying
from hillclimb.errors import Refused, Usage
from hillclimb.listing import Entry

ROWS = "ROWS.parquet"
CHANGES = "CHANGES.parquet"
NEEDED = ("MANIFEST.json", ROWS, CHANGES)
# What differs in every build and says nothing about the data by itself.
_MOMENT = frozenset({"as_of"})


@dataclass
class Difference:
    """From `old` to `new`. Rows are None when they could not be compared (`why_no_rows`)."""

    old: str
    new: str
    recipe: list[str] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)
    counts: list[tuple[str, int, int]] = field(default_factory=list)
    rows: list[tuple[str, str, str]] | None = None
    kept: int = 0
    why_no_rows: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing that was compared differs."""
        return not (self.recipe or self.files or self.counts or self.rows)

    def totals(self) -> dict[tuple[str, str], int]:
        """How many rows were added, removed, changed, by why."""
        found: dict[tuple[str, str], int] = {}
        for change, _, why in self.rows or ():
            found[change, why] = found.get((change, why), 0) + 1
        return dict(sorted(found.items()))

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        rows = (
            None
            if self.rows is None
            else [{"id": row, "change": change, "why": why} for change, row, why in self.rows]
        )
        return {
            "old": self.old,
            "new": self.new,
            "recipe": self.recipe,
            "files": [{"change": change, "path": path} for change, path in self.files],
            "counts": [{"of": of, "old": old, "new": new} for of, old, new in self.counts],
            "rows": rows,
            "kept": self.kept if rows is not None else None,
        }


def compare(old: Path, new: Path) -> Difference:
    """Compare two folders by their manifests, and row by row where both have `ROWS.parquet`. Raises ClientError."""
    (before, _), (now, _) = verifying.manifest_of(old), verifying.manifest_of(new)
    found = Difference(_named(before), _named(now))
    found.recipe = _told(_about(before), _about(now))
    then, there = _entries(before), _entries(now)
    for path in sorted(then.keys() | there.keys()):
        if then.get(path) != there.get(path):
            found.files.append(
                ("added" if path not in then else "removed" if path not in there else "changed", path)
            )
    had, has = _counted(before), _counted(now)
    found.counts = [
        (of, had.get(of, 0), has.get(of, 0)) for of in sorted(had | has) if had.get(of, 0) != has.get(of, 0)
    ]
    _rows(found, old, new, then, there)
    return found


def _named(manifest: Mapping[str, Any]) -> str:
    return ascii(f"{manifest.get('name')}@{manifest.get('version')}")[1:-1][:100]


def _about(manifest: Mapping[str, Any]) -> dict[str, Any]:
    recipe = manifest.get("recipe")
    about = (
        {key: value for key, value in recipe.items() if key not in _MOMENT}
        if isinstance(recipe, Mapping)
        else {}
    )
    return about | {key: manifest.get(key) for key in ("code_version", "seed", "protected")}


def _told(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [
        f"{key.replace('_', ' ')}: {_short(old.get(key))} → {_short(new.get(key))}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _short(value: Any) -> str:
    text = (
        "none"
        if value in (None, "", [], {})
        else ", ".join(map(str, value))
        if isinstance(value, list)
        else str(value)
    )
    return text if len(text) <= 100 else text[:99] + "…"


def _entries(manifest: Mapping[str, Any]) -> dict[str, Entry]:
    return {entry.path: entry for entry in listing.of_manifest(manifest)}


def _counted(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Rows by config and split."""
    rows = manifest.get("rows")
    if not isinstance(rows, Mapping) or not all(isinstance(splits, Mapping) for splits in rows.values()):
        raise Refused("A manifest counts no rows.")
    return {f"{config}/{split}": n for config, splits in rows.items() for split, n in splits.items()}


def _rows(
    found: Difference, old: Path, new: Path, then: Mapping[str, Entry], there: Mapping[str, Entry]
) -> None:
    """Compare row by row: both lists are in the order of their rows, so neither is held in memory."""
    for folder, named in ((old, then), (new, there)):
        if ROWS not in named:
            found.why_no_rows = f"{folder.name} has no {ROWS}: it is from before releases listed their rows."
            return
        # What is compared must be what was published.
        if fault := verifying.fault_of(folder, named[ROWS], None):
            raise Refused(f"{fault} (in {folder.name}).")
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        found.why_no_rows = "Rows are compared with pyarrow: pip install 'hillclimb[rows]'."
        return
    changed: list[tuple[str, str, str]] = []
    before, now = _read(parquet, old / ROWS), _read(parquet, new / ROWS)
    left, right = next(before, None), next(now, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left["submission"] < right["submission"]):
            assert left is not None
            changed.append(("removed", left["id"], ""))
            left = next(before, None)
        elif left is None or right["submission"] < left["submission"]:
            changed.append(("added", right["id"], ""))
            right = next(now, None)
        else:
            if odd := [key for key in right if key != "id" and right[key] != left.get(key)]:
                changed.append(("changed", right["id"], ", ".join(odd)))
            else:
                found.kept += 1
            left, right = next(before, None), next(now, None)
    found.rows = _explained(parquet, changed, new, there)


def _read(parquet: Any, path: Path) -> Iterator[dict[str, Any]]:
    last = -1
    try:
        for batch in parquet.ParquetFile(path).iter_batches(20_000):
            for row in batch.to_pylist():
                if row["submission"] <= last:
                    raise Usage(f"{path} is not in the order of its rows.")
                last = row["submission"]
                yield row
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise Refused(f"{path} is no list of rows: {type(error).__name__}.") from None


def _explained(
    parquet: Any, changed: list[tuple[str, str, str]], new: Path, there: Mapping[str, Entry]
) -> list[tuple[str, str, str]]:
    """The reasons that the newer release itself gives, when its list of changes is about these very rows."""
    if CHANGES not in there or verifying.fault_of(new, there[CHANGES], None):
        return changed
    try:
        told = {
            row["id"]: (row["change"], row["why"]) for row in parquet.read_table(new / CHANGES).to_pylist()
        }
    except (ValueError, KeyError, OSError):
        return changed
    if {(row, change) for change, row, _ in changed} != {(row, change) for row, (change, _) in told.items()}:
        return changed
    return [(change, row, told[row][1]) for change, row, _ in changed]
