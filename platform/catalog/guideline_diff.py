"""What changed between two versions of a guideline, block by block and word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest

# Comparing costs up to the product of both lengths: beyond these a text is shown as taken out and put in.
MAX_LINES = 2_000
MAX_WORDS = 1_500
# Two lines with less in common read better whole, one after the other, than mixed word by word.
AKIN = 0.5
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


class Mark(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a line, and what became of them."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of either version: wholly the same, added or removed, or `changed`: the same line with other words."""

    mark: Mark
    pieces: tuple[Piece, ...]
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """So many unchanged lines that are left out."""

    lines: int


def diff(old: str, new: str) -> list[Line]:
    """Every line of both texts in reading order; blank lines only separate and are left out."""
    before, after = _lines(old), _lines(new)
    if len(before) > MAX_LINES or len(after) > MAX_LINES:
        return [*map(_removed, before), *map(_added, after)]
    made: list[Line] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            made += [_whole(Mark.SAME, line) for line in after[j1:j2]]
        else:
            made += _replaced(before[i1:i2], after[j1:j2])
    return made


def with_gaps(lines: list[Line], *, around: int = 2) -> list[Line | Gap]:
    """The changed lines with `around` unchanged ones on each side; what lies between is counted."""
    near = [
        any(
            other.changed or other.mark != Mark.SAME
            for other in lines[max(0, place - around) : place + around + 1]
        )
        for place in range(len(lines))
    ]
    shown: list[Line | Gap] = []
    skipped = 0
    for line, keep in zip(lines, near, strict=True):
        if not keep:
            skipped += 1
            continue
        if skipped:
            shown.append(Gap(skipped))
            skipped = 0
        shown.append(line)
    return [*shown, Gap(skipped)] if skipped else shown


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def _whole(mark: Mark, line: str) -> Line:
    return Line(mark, (Piece(mark, line),))


def _removed(line: str) -> Line:
    return _whole(Mark.REMOVED, line)


def _added(line: str) -> Line:
    return _whole(Mark.ADDED, line)


def _replaced(before: list[str], after: list[str]) -> Iterator[Line]:
    """Lines that were put for others: pair by pair where two are akin, else whole."""
    for old, new in zip_longest(before, after):
        words = _words(old, new) if old is not None and new is not None else None
        if words is not None:
            yield Line(Mark.SAME, words, changed=True)
            continue
        if old is not None:
            yield _removed(old)
        if new is not None:
            yield _added(new)


def _words(old: str, new: str) -> tuple[Piece, ...] | None:
    """The line with its words marked; None when the two are not akin, or too long to compare."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    if len(before) > MAX_WORDS or len(after) > MAX_WORDS:
        return None
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < AKIN:
        return None
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Mark.SAME, "".join(after[j1:j2])))
            continue
        if i2 > i1:
            pieces.append(Piece(Mark.REMOVED, "".join(before[i1:i2])))
        if j2 > j1:
            pieces.append(Piece(Mark.ADDED, "".join(after[j1:j2])))
    return tuple(pieces)
