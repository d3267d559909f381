"""Win rates with intervals. Pure.

Ties and both-bad count half a win, unless `ties="drop"` leaves them out; the rule used is part of the result.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal, NamedTuple

import numpy as np

Z95 = 1.959963984540054
TieRule = Literal["half", "drop"]


class Outcome(NamedTuple):
    """One vote: 1 won, 0 lost, .5 tie or both bad; with the prompt cluster and the voter it came from."""

    score: float
    prompt: Hashable
    voter: Hashable


@dataclass(frozen=True, slots=True)
class Rate:
    """A win rate with a 95% interval; n votes over so many prompts and voters. `rate` is None when n is 0."""

    rate: float | None
    low: float
    high: float
    n: int
    prompts: int
    voters: int
    method: str
    ties: TieRule


def wilson(wins: float, n: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval (E. B. Wilson, 1927) for `wins` (halves allowed) of `n`; (0, 1) for none."""
    if n == 0:
        return 0.0, 1.0
    if not 0 <= wins <= n:
        raise ValueError("wins are between none and all")
    p = wins / n
    scale = 1 + z * z / n
    centre = p + z * z / (2 * n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def wilson_rate(outcomes: Iterable[Outcome], ties: TieRule = "half") -> Rate:
    """The win rate with Wilson's interval, which takes votes as independent."""
    kept = _kept(outcomes, ties)
    wins = sum(outcome.score for outcome in kept)
    low, high = wilson(wins, len(kept))
    return _rate(kept, low, high, "wilson", ties)


def bootstrap_rate(
    outcomes: Iterable[Outcome], *, seed: int, ties: TieRule = "half", draws: int = 2000
) -> Rate:
    """The win rate with a percentile interval of the two-way cluster bootstrap.

    Prompts and voters are resampled independently and a vote counts the product of its two multiplicities
    (Owen's pigeonhole bootstrap, 2007), so votes that share a prompt or a voter are not taken as independent.
    The same outcomes in the same order and the same seed give the same interval.
    """
    kept = _kept(outcomes, ties)
    if not kept:
        return _rate(kept, 0.0, 1.0, "cluster bootstrap", ties)
    score = np.array([outcome.score for outcome in kept])
    prompt = _codes([outcome.prompt for outcome in kept])
    voter = _codes([outcome.voter for outcome in kept])
    prompts, voters = int(prompt.max()) + 1, int(voter.max()) + 1
    generator = np.random.Generator(np.random.PCG64(seed))
    rates: list[float] = []
    chunk = max(1, min(draws, 4_000_000 // len(kept)))
    while len(rates) < draws:
        by_prompt = generator.multinomial(prompts, np.full(prompts, 1 / prompts), size=chunk)
        by_voter = generator.multinomial(voters, np.full(voters, 1 / voters), size=chunk)
        weight = (by_prompt[:, prompt] * by_voter[:, voter]).astype(np.float64)
        total = weight.sum(axis=1)
        drawn = total > 0  # a draw may pick prompts and voters that never met
        rates.extend(((weight @ score)[drawn] / total[drawn]).tolist())
    low, high = np.quantile(rates[:draws], [0.025, 0.975])
    return _rate(kept, float(low), float(high), "cluster bootstrap", ties)


def _kept(outcomes: Iterable[Outcome], ties: TieRule) -> list[Outcome]:
    kept = list(outcomes)
    if any(outcome.score not in (0, 0.5, 1) for outcome in kept):
        raise ValueError("a score is 0, .5 or 1")
    return kept if ties == "half" else [outcome for outcome in kept if outcome.score != 0.5]


def _codes(labels: Sequence[Hashable]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(label, len(seen)) for label in labels], dtype=np.int64)


def _rate(kept: Sequence[Outcome], low: float, high: float, method: str, ties: TieRule) -> Rate:
    n = len(kept)
    rate = sum(outcome.score for outcome in kept) / n if n else None
    prompts = len({outcome.prompt for outcome in kept})
    return Rate(rate, low, high, n, prompts, len({outcome.voter for outcome in kept}), method, ties)
