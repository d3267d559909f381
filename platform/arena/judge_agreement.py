"""How far a model that judges pages agrees with people, with itself when sides are swapped, and with length. Pure.

Cohen's kappa (1960): (p_o - p_e) / (1 - p_e), with its large-sample standard error sqrt(p_o (1 - p_o) / (n (1 - p_e)^2)).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from arena.stopping import Winner
from arena.win_rate import Z95, wilson

LABELS = (Winner.REFINED, Winner.RIVAL, Winner.TIE)


@dataclass(frozen=True, slots=True)
class Judged:
    """One pair: what the model said with the refined page as A and as B, what people decided, and code lengths."""

    as_a: Winner
    as_b: Winner
    people: Winner
    refined_length: int
    rival_length: int

    @property
    def model(self) -> Winner:
        """The model's verdict: what it says both ways round; else it does not know."""
        return self.as_a if self.as_a == self.as_b else Winner.TIE


@dataclass(frozen=True, slots=True)
class Share:
    """A share of n with its 95% Wilson interval; `rate` is None for n = 0."""

    rate: float | None
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """What is shown before a lead may let the model order the queue.

    `kappa` is None when it is undefined (no pair, or both always say the same one thing). `table` has a row for each of
    the model's verdicts and a column for each of people's, in the order of LABELS. `longer_model` and `longer_people`:
    of pairs with a winner and unlike lengths, how often it was the longer page.
    """

    n: int
    kappa: float | None
    low: float
    high: float
    same: Share
    consistent: Share
    first_side: Share
    longer_model: Share
    longer_people: Share
    table: tuple[tuple[int, ...], ...]


def measure(pairs: Sequence[Judged]) -> Agreement:
    """All figures over these pairs."""
    counts = Counter((pair.model, pair.people) for pair in pairs)
    table = tuple(tuple(counts[model, people] for people in LABELS) for model in LABELS)
    found, low, high = kappa(table)
    # Asked both ways round, a model that answers by the page says A once and B once.
    by_side = [pair for pair in pairs if pair.as_a != pair.as_b and Winner.TIE not in (pair.as_a, pair.as_b)]
    return Agreement(
        n=len(pairs),
        kappa=found,
        low=low,
        high=high,
        same=_share(sum(pair.model == pair.people for pair in pairs), len(pairs)),
        consistent=_share(sum(pair.as_a == pair.as_b for pair in pairs), len(pairs)),
        first_side=_share(sum(pair.as_a == Winner.REFINED for pair in by_side), len(by_side)),
        longer_model=_longer([(pair.model, pair) for pair in pairs]),
        longer_people=_longer([(pair.people, pair) for pair in pairs]),
        table=table,
    )


def kappa(table: Sequence[Sequence[int]]) -> tuple[float | None, float, float]:
    """Cohen's kappa of a square table of counts, and its 95% interval within -1 to 1; (None, -1, 1) when undefined."""
    n = sum(map(sum, table))
    if n == 0:
        return None, -1.0, 1.0
    observed = sum(table[at][at] for at in range(len(table))) / n
    rows = [sum(row) for row in table]
    columns = [sum(row[at] for row in table) for at in range(len(table))]
    expected = sum(row * column for row, column in zip(rows, columns, strict=True)) / n**2
    if expected == 1:
        return None, -1.0, 1.0
    found = (observed - expected) / (1 - expected)
    error = Z95 * sqrt(observed * (1 - observed) / (n * (1 - expected) ** 2))
    return found, max(-1.0, found - error), min(1.0, found + error)


def _longer(verdicts: Sequence[tuple[Winner, Judged]]) -> Share:
    told = [
        (verdict == Winner.REFINED) == (pair.refined_length > pair.rival_length)
        for verdict, pair in verdicts
        if verdict != Winner.TIE and pair.refined_length != pair.rival_length
    ]
    return _share(sum(told), len(told))


def _share(k: int, n: int) -> Share:
    low, high = wilson(k, n)
    return Share(k / n if n else None, low, high, n)
