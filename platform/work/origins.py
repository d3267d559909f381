"""Whose text a page is: kept from the base, the in-task model's, or the person's. Pure, linear in its input.

Compared when the work is sent, so that it holds whatever was edited after a piece of an answer was taken:

1. Line by line, white space aside, each line of base and answers used up once: a line of the final text that the base
   had is kept; else one that an accepted piece brought is the model's; else one that an answer offered, and nobody
   accepted, is the model's too, copied by hand. Of an answer's line, what an unused line of the base has is kept.
2. Lines that match none were written or edited. Token by token: what stands in a run of three tokens (six for answers
   that were not accepted) that also stands in an unused line of the base is kept, of an answer is the model's; the
   rest is the person's.

Deletions count for nobody. A person who writes the very line that a model had offered is taken for a copyist, so
offered lines of fewer than four tokens do not count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"\w+|[^\w\s]")
RUN = 3
RUN_COPIED = 6
MIN_COPIED = 4


@dataclass(frozen=True, slots=True)
class Origins:
    """Tokens of a final text by where they come from; `copied` are the model's that were taken without accepting."""

    kept: int = 0
    model: int = 0
    copied: int = 0
    person: int = 0

    @property
    def share(self) -> float:
        """The model's part, 0 to 1, of what is not kept from the base; 0 when nothing is new."""
        new = self.model + self.copied + self.person
        return round((self.model + self.copied) / new, 4) if new else 0.0

    def as_dict(self) -> dict[str, int]:
        """The counts by name, to be kept."""
        return {"kept": self.kept, "model": self.model, "copied": self.copied, "person": self.person}


class _Pool:
    """Lines that one source brought, each to be used once."""

    def __init__(self, texts: Iterable[str], *, run: int, least: int = 1) -> None:
        self.run = run
        self._lines = Counter(
            line
            for text in texts
            for line in _lines(text)
            if least == 1 or len(_TOKEN.findall(line)) >= least
        )

    def use(self, line: str) -> bool:
        """Use `line` up if it is there."""
        if self._lines[line] <= 0:
            return False
        self._lines[line] -= 1
        return True

    def runs(self) -> set[int]:
        """Hashes of the runs of tokens in the lines not used up."""
        return {
            each for line, left in self._lines.items() if left > 0 for each in _runs(_framed(line), self.run)
        }


def count(
    *, base: Mapping[str, str], final: Mapping[str, str], accepted: Iterable[str], offered: Iterable[str]
) -> Origins:
    """Whose the tokens of `final` are. `accepted` are the texts of accepted pieces, `offered` those of others."""
    pools = (
        _Pool(base.values(), run=RUN),
        _Pool(accepted, run=RUN),
        _Pool(offered, run=RUN_COPIED, least=MIN_COPIED),
    )
    counts = [0, 0, 0, 0]
    changed: list[tuple[str, int]] = []
    for text in final.values():
        for line in _lines(text):
            whose = next((n for n, pool in enumerate(pools) if pool.use(line)), len(pools))
            if whose == 0:
                counts[0] += len(_TOKEN.findall(line))
            else:
                changed.append((line, whose))
    sources = [(pool.run, pool.runs()) for pool in pools] if changed else []
    for line, brought_by in changed:
        # A line that an answer brought may be a line of the base with a word changed.
        asked = sources if brought_by == len(pools) else sources[:1]
        for whose in _by_token(line, asked, brought_by):
            counts[whose] += 1
    return Origins(*counts)


def _lines(text: str) -> list[str]:
    """Lines that hold something, their white space made equal."""
    return [line for line in (" ".join(raw.split()) for raw in text.split("\n")) if line]


def _framed(line: str) -> list[str]:
    """The tokens of a line between marks of its ends, so that short runs at an end are runs too."""
    return ["\n", *_TOKEN.findall(line), "\n"]


def _runs(tokens: list[str], length: int) -> list[int]:
    return [hash(tuple(tokens[n : n + length])) for n in range(len(tokens) - length + 1)]


def _by_token(line: str, sources: list[tuple[int, set[int]]], otherwise: int) -> list[int]:
    """For each token of a line, which source it is from; `otherwise` where none."""
    tokens = _framed(line)
    whose = [otherwise] * len(tokens)
    # The last source first, so that the base, which comes first, has the last word.
    for source in range(len(sources) - 1, -1, -1):
        length, known = sources[source]
        for start, each in enumerate(_runs(tokens, length)):
            if each in known:
                whose[start : start + length] = [source] * length
    return whose[1:-1]


def said(kept: Mapping[str, int]) -> str:
    """One sentence about counts kept with a submission: whose the new text is, in whole percent."""
    origins = Origins(**kept)
    if not origins.model and not origins.copied:
        return "The model was asked, but nothing of what it said is in the result."
    new = origins.model + origins.copied + origins.person
    sentence = f"{origins.share:.0%} of the new text is the model’s, {origins.person / new:.0%} the author’s."
    if origins.copied:
        sentence += f" {origins.copied / new:.0%} is the model’s without having been accepted piece by piece."
    return sentence.replace("%", " %")
