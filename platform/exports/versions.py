"""Semantic versions of a dataset, and what changed from one release to the next. Pure.

- Major: who reads the dataset must look again. A config, a format or a column went; rows moved between train and
  test (another seed or held-out share, a prompt newly held out); the licence changed.
- Minor: rows, configs or columns came; another filter of tags or votes.
- Patch: rows went or were corrected, none came: a withdrawn consent, a mended licence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from exports.markdown import line, table

FIRST = "1.0.0"
_VERSION = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})")


class Bump(IntEnum):
    """How far a version must count up."""

    PATCH = 0
    MINOR = 1
    MAJOR = 2


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the release before: rows by reason. `since` is empty for the first release."""

    since: str = ""
    note: str = ""  # why there is this release, when not simply for newer data
    recipe: Sequence[str] = ()
    added: Mapping[str, int] = field(default_factory=dict)
    removed: Mapping[str, int] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)
    kept: int = 0

    @property
    def moved(self) -> bool:
        """Whether a row went from one split to the other."""
        return MOVED in self.changed


MOVED = "moved between train and test"


def parse(text: str) -> tuple[int, int, int]:
    """The three numbers of a version. ValueError for anything else."""
    found = _VERSION.fullmatch(text)
    if not found:
        raise ValueError(f"{text} is no version like 1.0.0")
    return int(found[1]), int(found[2]), int(found[3])


def after(version: str, bump: Bump) -> str:
    """The version after `version`."""
    major, minor, patch = parse(version)
    if bump == Bump.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if bump == Bump.MINOR else f"{major}.{minor}.{patch + 1}"


def bump_between(old: str, new: str) -> Bump:
    """Which part of the version counted up. ValueError unless `new` comes after `old`."""
    before, now = parse(old), parse(new)
    if now <= before:
        raise ValueError(f"{new} does not come after {old}")
    return Bump.MAJOR if now[0] > before[0] else Bump.MINOR if now[1] > before[1] else Bump.PATCH


def recipe_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Bump, list[str]]:
    """The least bump that two frozen recipes ask for, and the changes in words. Fields that the old lacks are new."""
    found: list[tuple[Bump, str]] = []
    for what, word in (("configs", "config"), ("formats", "format")):
        before, now = set(old.get(what, [])), set(new[what])
        found += [(Bump.MAJOR, f"{word} {name} went") for name in sorted(before - now)]
        found += [(Bump.MINOR, f"{word} {name} came") for name in sorted(now - before)]
    then, now_columns = old.get("columns", {}), new["columns"]
    for config in sorted(set(then) & set(now_columns)):
        before, now = set(then[config]), set(now_columns[config])
        found += [
            (Bump.MAJOR, f"column {config}.{name} went or changed its type") for name in sorted(before - now)
        ]
        found += [(Bump.MINOR, f"column {config}.{name} came") for name in sorted(now - before)]
    was, now_allowed = ({str(each["model"]) for each in recipe.get("overrides", [])} for recipe in (old, new))
    found += [
        (Bump.MINOR, f"a lead lets outputs of {name} be trained on") for name in sorted(now_allowed - was)
    ]
    found += [
        (Bump.MINOR, f"outputs of {name} may not be trained on any more")
        for name in sorted(was - now_allowed)
    ]
    for key, bump in (("seed", Bump.MAJOR), ("held_out_share", Bump.MAJOR), ("licence", Bump.MAJOR), ("tags", Bump.MINOR),
                      ("frameworks", Bump.MINOR), ("licences", Bump.MINOR), ("min_votes", Bump.MINOR)):  # fmt: skip
        if key in old and old[key] != new[key]:
            found.append((bump, f"{key.replace('_', ' ')} was {_told(old[key])}, is {_told(new[key])}"))
    return max((bump for bump, _ in found), default=Bump.PATCH), [words for _, words in found]


def _told(value: object) -> str:
    return ", ".join(map(str, value)) or "empty" if isinstance(value, list) else str(value)


def least(changes: Changes) -> Bump:
    """The least bump that the rows ask for."""
    if changes.moved:
        return Bump.MAJOR
    return Bump.MINOR if changes.added else Bump.PATCH


def section(version: str, changes: Changes | None) -> str:
    """The changelog of the card, and the rules it goes by."""
    rules = (
        "Versions are semantic. Major: a config, format or column went, rows moved between train and test, or the licence "
        "changed. Minor: rows, configs or columns came, or a filter changed. Patch: rows went or were corrected, none came."
    )
    if changes is None or not changes.since:
        first = "This is the first release." if changes is None or not changes.note else line(changes.note)
        return f"## Changes\n\n{first}\n\n{rules}"
    rows = [
        [kind, line(why), f"{n:,}"]
        for kind, counted in (
            ("added", changes.added),
            ("removed", changes.removed),
            ("changed", changes.changed),
        )
        for why, n in sorted(counted.items())
    ]
    parts = [f"## Changes\n\n### {line(version)}, since {line(changes.since)}"]
    if changes.note:
        parts.append(line(changes.note))
    if changes.recipe:
        parts.append("\n".join(f"- {line(each)}" for each in changes.recipe))
    parts.append(
        table(["rows", "why", "n"], rows, numbers=0).replace("|---|---|---|", "|---|---|---:|")
        if rows
        else "No row was added, removed or changed."
    )
    parts.append(
        f"{changes.kept:,} rows are as they were. `CHANGES.parquet` lists every other one by id. {rules}"
    )
    return "\n\n".join(parts)
