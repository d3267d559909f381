"""Where two file sets say the same: passages that both have, with their files and lines. Pure.

A passage is a run of shingles that both have in the same order, longest match first at each place; a few tokens of
difference (a renamed variable) do not end it. Linear: of a shingle that comes often only its first places are tried.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from checks import shingles
from checks.shingles import LENGTH, Place, Shingles
from checks.verdict import Files

MAX_PASSAGES = 5
MIN_TOKENS = 12
MAX_TRIES = 8
GAP = 12  # tokens of difference on either side that do not end a passage
MAX_LINES = 24
MAX_LINE = 160


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines `first` to `last` of `path` are lines `other_first` to `other_last` of `other_path`: so many tokens."""

    path: str
    first: int
    last: int
    other_path: str
    other_first: int
    other_last: int
    tokens: int

    def __str__(self) -> str:
        return f"{self.path}, lines {self.first} to {self.last}"

    def told(self, mine: Files, theirs: Files) -> dict[str, object]:
        """The passage as JSON-able data, with how both sides begin."""
        return asdict(self) | {
            "text": _excerpt(mine[self.path], self.first, self.last),
            "other_text": _excerpt(theirs[self.other_path], self.other_first, self.other_last),
        }


@dataclass(slots=True)
class _Run:
    """Tokens `start` to `end` of one side are `other_start` to `other_end` of the other; ends are not part of it."""

    start: int
    end: int
    other_start: int
    other_end: int


def shared(mine: Files, theirs: Files, *, beyond: Shingles | None = None) -> list[Passage]:
    """The longest passages of `mine` that `theirs` has too, longest first; what `beyond` has is in none."""
    words, places = shingles.located(mine)
    other_words, other_places = shingles.located(theirs)
    left, right = shingles.in_order(words), shingles.in_order(other_words)
    opens = np.isin(left, shingles.without(np.intersect1d(left, right), beyond))
    runs = _joined(_runs(left, right, opens, places, other_places), places, other_places)
    found = [_passage(run, places, other_places) for run in runs if run.end - run.start >= MIN_TOKENS]
    return sorted(found, key=lambda passage: -passage.tokens)[:MAX_PASSAGES]


def _runs(
    left: Shingles,
    right: Shingles,
    opens: npt.NDArray[np.bool_],
    places: list[Place],
    other_places: list[Place],
) -> list[_Run]:
    mine, theirs, new = left.tolist(), right.tolist(), opens.tolist()
    starts: dict[int, list[int]] = defaultdict(list)
    for at, value in enumerate(theirs):
        if len(starts[value]) < MAX_TRIES:
            starts[value].append(at)
    found: list[_Run] = []
    next_free = 0
    for at in np.flatnonzero(opens).tolist():
        if at < next_free:
            continue
        longest, where = max(
            (_length(mine, theirs, at, other, new, places, other_places), -other)
            for other in starts[mine[at]]
        )
        next_free = at + longest
        ends = _within(places, at, at + longest + LENGTH - 1)
        other_ends = _within(other_places, -where, -where + longest + LENGTH - 1)
        found.append(_Run(at, ends, -where, other_ends))
    return found


def _length(
    mine: list[int],
    theirs: list[int],
    at: int,
    other: int,
    opens: list[bool],
    places: list[Place],
    other_places: list[Place],
) -> int:
    """How many shingles from `at` on equal those from `other` on, within one file on either side."""
    most = min(len(mine) - at, len(theirs) - other)
    path, other_path = places[at].path, other_places[other].path
    n = 1
    while (
        n < most
        and opens[at + n]
        and mine[at + n] == theirs[other + n]
        and places[at + n].path == path
        and other_places[other + n].path == other_path
    ):
        n += 1
    return n


def _within(places: list[Place], start: int, end: int) -> int:
    """`end`, or the end of the file that `start` is in."""
    end = min(end, len(places))
    while places[end - 1].path != places[start].path:
        end -= 1
    return end


def _joined(runs: list[_Run], places: list[Place], other_places: list[Place]) -> list[_Run]:
    """Runs that follow each other closely on both sides, as one."""
    found: list[_Run] = []
    for run in runs:
        last = found[-1] if found else None
        if (
            last is not None
            and run.start - last.end <= GAP
            and run.other_start - last.other_start >= 0
            and run.other_start - last.other_end <= GAP
            and places[run.start].path == places[last.start].path
            and other_places[run.other_start].path == other_places[last.other_start].path
        ):
            last.end = max(last.end, run.end)
            last.other_end = max(last.other_end, run.other_end)
        else:
            found.append(run)
    return found


def _passage(run: _Run, places: list[Place], other_places: list[Place]) -> Passage:
    first, last = places[run.start], places[run.end - 1]
    other_first, other_last = other_places[run.other_start], other_places[run.other_end - 1]
    return Passage(
        first.path, first.line, last.line, other_first.path, other_first.line, other_last.line,
        run.end - run.start,
    )  # fmt: skip


def _excerpt(text: str, first: int, last: int) -> str:
    lines = text.split("\n")[first - 1 : min(last, first + MAX_LINES - 1)]
    cut = [line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}…" for line in lines]
    return "\n".join([*cut, "…"] if last - first >= MAX_LINES else cut)
