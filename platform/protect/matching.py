"""Exhaustive matching of prompts and code against protected fingerprints. Pure.

Rules, each on the protected item p and a candidate c:
  exact         normalised texts are equal
  char-5-gram   Jaccard of character 5-grams >= .6
  8-gram-cover  p has >= 16 words: share of p's distinct 8-word grams that c has > .5
  containment   p has < 16 words: share of p's distinct words that c has >= .8
  code          Jaccard of 5-token shingles >= .5
Cover and containment ask how much of the protected item the candidate shows, so a long candidate hides nothing.
All pruning is by bounds that cannot lose a match: results equal those of comparing every pair.
These rules are lexical: no match means "no match by these rules at these thresholds", never "clean".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import numpy as np
import numpy.typing as npt

from protect.fingerprints import CodeFingerprint, Hashes, PromptFingerprint

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

RULES_VERSION = 1
CHAR_JACCARD = 0.6
COVER = 0.5
CONTAINMENT = 0.8
LONG = 16
CODE_JACCARD = 0.5
FLOOR = 0.3  # how near the nearest item is, is told from here on where it is not cheap to know
_SLACK = (
    1e-12  # bounds are loosened by this, so that rounding never drops a pair that is exactly at a threshold
)


class Rule(StrEnum):
    """The rule by which an item matched, strongest first."""

    EXACT = "exact"
    CHARS = "char-5-gram"
    COVER = "8-gram-cover"
    CONTAINMENT = "containment"
    CODE = "code"


# Each rule in words, with its threshold as it is written: (of what, threshold, words).
RULES = {
    Rule.EXACT: ("prompts", "= 1", "prompts: equal after normalising"),
    Rule.CHARS: (
        "prompts",
        f">= {CHAR_JACCARD}",
        f"prompts: Jaccard similarity of character 5-grams of {CHAR_JACCARD} or more",
    ),
    Rule.COVER: (
        "prompts",
        f"> {COVER}",
        f"protected prompts of {LONG} words or more: over {COVER:.0%} of their 8-word grams present",
    ),
    Rule.CONTAINMENT: (
        "prompts",
        f">= {CONTAINMENT}",
        f"protected prompts of fewer words: {CONTAINMENT:.0%} or more of their words present",
    ),
    Rule.CODE: (
        "code",
        f">= {CODE_JACCARD}",
        f"code: Jaccard similarity of 5-token shingles of {CODE_JACCARD} or more",
    ),
}


@dataclass(frozen=True, slots=True)
class Match:
    """The nearest protected item: its id, the rule that found it, the score and the threshold it reached."""

    item: Hashable
    rule: Rule
    score: float
    threshold: float


class _Postings:
    """For each distinct hash, the rows (protected items) that have it, as one flat array."""

    def __init__(self, rows: list[Hashes]) -> None:
        self.sizes: Ints = np.array([len(row) for row in rows], dtype=np.int64)
        self.starts: Ints = np.concatenate(([0], np.cumsum(self.sizes))).astype(np.int64)
        self.flat: Hashes = np.concatenate(rows) if rows else np.empty(0, dtype=np.uint64)
        order = np.argsort(self.flat, kind="stable")  # rows are sorted runs, and this kind merges runs
        ordered = self.flat[order]
        begins = np.ones(len(ordered), dtype=bool)
        begins[1:] = ordered[1:] != ordered[:-1]
        self.first: Ints = np.flatnonzero(begins)
        self.keys: Hashes = ordered[self.first]
        del ordered, begins  # as long as all items together: see docs/adr/0024
        self.counts: Ints = np.diff(self.first, append=len(order))
        self.rows = np.repeat(np.arange(len(rows), dtype=np.int32), self.sizes)[order]

    def find(self, hashes: Hashes) -> Ints:
        """Positions in `keys` of those of `hashes` that occur at all."""
        if len(self.keys) == 0 or len(hashes) == 0:
            return np.empty(0, dtype=np.int64)
        at = np.searchsorted(self.keys, hashes)
        at[at == len(self.keys)] = 0
        found: Ints = at[self.keys[at] == hashes].astype(np.int64)
        return found

    def shared(self, keys: Ints) -> Ints:
        """For every row, how many of the hashes at `keys` it has."""
        counts = self.counts[keys]
        begin = np.cumsum(counts) - counts
        places = np.arange(int(counts.sum())) - np.repeat(begin - self.first[keys], counts)
        return np.bincount(self.rows[places], minlength=len(self.sizes)).astype(np.int64)

    def held(self, hashes: Hashes) -> Floats:
        """For every row, which share of its hashes is among the distinct `hashes`."""
        shares: Floats = self.shared(self.find(hashes)) / np.maximum(self.sizes, 1)
        return shares


class _JaccardIndex:
    """Sets of hashes, searched for Jaccard >= t by the length, prefix and count bounds.

    J(q, d) >= t implies |q ∩ d| >= t|q|, t|q| <= |d| <= |q|/t, and |q ∩ d| >= t/(1+t) (|q| + |d|). So d shares a
    hash with any |q| - ceil(t|q|) + 1 hashes of q. The rarest are taken (those that no item has come for free),
    counted, and a row is compared in full only if the rest of q, all shared, would still bring it to t.
    """

    def __init__(self, rows: list[Hashes], threshold: float) -> None:
        self.threshold = threshold
        self.postings = _Postings(rows)

    def search(self, query: Hashes, threshold: float | None = None) -> tuple[Ints, Floats]:
        """Rows with Jaccard >= threshold (the index's own unless given), ascending, and their scores."""
        none = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
        least = self.threshold if threshold is None else threshold
        size = len(query)
        postings = self.postings
        found = postings.find(query)
        need = ceil(least * size - _SLACK)
        if size == 0 or len(found) < need:
            return none
        tries = size - need + 1 - (size - len(found))
        rare = (
            found
            if tries >= len(found)
            else found[np.argpartition(postings.counts[found], tries - 1)[:tries]]
        )
        shared = postings.shared(rare)
        rows = np.flatnonzero(shared)
        sizes = postings.sizes[rows]
        fits = (sizes >= least * size - _SLACK) & (sizes * least <= size + _SLACK)
        at_most = shared[rows] + len(found) - len(rare)
        rows = rows[fits & (at_most >= least / (1 + least) * (size + sizes) - _SLACK)]
        if len(rows) == 0:
            return none
        sizes = postings.sizes[rows]
        begin = np.cumsum(sizes) - sizes
        places = np.arange(int(sizes.sum())) - np.repeat(begin - postings.starts[rows], sizes)
        values = postings.flat[places]
        at = np.searchsorted(query, values)
        at[at == size] = 0
        common = np.add.reduceat((query[at] == values).astype(np.int64), begin)
        scores = common / (size + sizes - common)
        keep = scores >= least - _SLACK
        return rows[keep], scores[keep]


class PromptIndex:
    """Protected prompts, ready to be asked for the nearest match of a candidate."""

    def __init__(self, items: Iterable[tuple[Hashable, PromptFingerprint]]) -> None:
        pairs = list(items)
        prints = [print_ for _, print_ in pairs]
        self.items = [item for item, _ in pairs]
        self._exact: dict[bytes, int] = {}
        for row, print_ in enumerate(prints):
            self._exact.setdefault(print_.exact, row)
        self._chars = _JaccardIndex([print_.char_grams for print_ in prints], CHAR_JACCARD)
        counts = np.array([print_.word_count for print_ in prints], dtype=np.int64)
        self._long: Ints = np.flatnonzero(counts >= LONG)
        self._short: Ints = np.flatnonzero((counts < LONG) & (counts > 0))
        self._grams = _Postings([prints[row].word_grams for row in self._long])
        self._words = _Postings([prints[row].words for row in self._short])

    def __len__(self) -> int:
        return len(self.items)

    def match(self, candidate: PromptFingerprint) -> Match | None:
        """The nearest match, or None. Exact first, then the highest score, then rule order, then item order."""
        if candidate.word_count or len(candidate.char_grams):
            row = self._exact.get(candidate.exact)
            if row is not None:
                return Match(self.items[row], Rule.EXACT, 1.0, 1.0)
        best: Match | None = None
        for rule, threshold, (rows, scores) in (
            (Rule.CHARS, CHAR_JACCARD, self._chars.search(candidate.char_grams)),
            (Rule.COVER, COVER, self._cover(candidate)),
            (Rule.CONTAINMENT, CONTAINMENT, self._containment(candidate)),
        ):
            if len(rows):
                top = int(np.argmax(scores))
                if best is None or scores[top] > best.score:
                    best = Match(self.items[int(rows[top])], rule, float(scores[top]), threshold)
        return best

    def nearest(self, candidate: PromptFingerprint) -> dict[Rule, float]:
        """How near each rule's nearest item is, 0 to 1; of `Rule.CHARS` nothing is told below FLOOR (0)."""
        exact = bool(candidate.word_count or len(candidate.char_grams)) and candidate.exact in self._exact
        return {
            Rule.EXACT: float(exact),
            Rule.CHARS: _best(self._chars.search(candidate.char_grams, FLOOR)[1]),
            Rule.COVER: _best(self._grams.held(candidate.word_grams)),
            Rule.CONTAINMENT: _best(self._words.held(candidate.words)),
        }

    def _cover(self, candidate: PromptFingerprint) -> tuple[Ints, Floats]:
        scores = self._grams.held(candidate.word_grams)
        rows = np.flatnonzero(scores > COVER)
        return self._long[rows], scores[rows]

    def _containment(self, candidate: PromptFingerprint) -> tuple[Ints, Floats]:
        scores = self._words.held(candidate.words)
        rows = np.flatnonzero(scores >= CONTAINMENT - _SLACK)
        return self._short[rows], scores[rows]


class CodeIndex:
    """Protected code, ready to be asked for the nearest match of a candidate."""

    def __init__(self, items: Iterable[tuple[Hashable, CodeFingerprint]]) -> None:
        pairs = list(items)
        self.items = [item for item, _ in pairs]
        self._shingles = _JaccardIndex([print_.shingles for _, print_ in pairs], CODE_JACCARD)

    def __len__(self) -> int:
        return len(self.items)

    def match(self, candidate: CodeFingerprint) -> Match | None:
        """The nearest match, or None; of equal scores the first item."""
        rows, scores = self._shingles.search(candidate.shingles)
        if len(rows) == 0:
            return None
        top = int(np.argmax(scores))
        return Match(self.items[int(rows[top])], Rule.CODE, float(scores[top]), CODE_JACCARD)

    def nearest(self, candidate: CodeFingerprint) -> dict[Rule, float]:
        """How near the nearest item is, 0 to 1; below FLOOR nothing is told (0)."""
        return {Rule.CODE: _best(self._shingles.search(candidate.shingles, FLOOR)[1])}


def _best(scores: Floats) -> float:
    return float(scores.max()) if len(scores) else 0.0
