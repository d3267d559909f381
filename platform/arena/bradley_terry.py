"""Bradley-Terry ratings with a sandwich variance clustered by voter. Pure.

P(i beats j) = 1 / (1 + exp(theta_j - theta_i)); ties and both-bad count half a win each. Newton on the logistic
likelihood, no regularisation, mean theta 0; score = 1000 + (400 / ln 10) theta; interval = 1.96 standard errors
of the sandwich H^-1 (sum over voters of g g') H^-1, g the voter's summed score.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from math import log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SCALE = 400 / log(10)
CENTRE = 1000.0
Z = 1.96


class Comparison(NamedTuple):
    """One vote: `score` is 1 when left won, 0 when right won, .5 for tie or both bad.

    `voter` None: a vote of its own, independent of all others.
    """

    left: str
    right: str
    score: float
    voter: Hashable = None


class NotIdentified(ValueError):
    """The votes do not fix the ratings: some items never lost to, or never met, the others."""


@dataclass(frozen=True, slots=True)
class Rating:
    """An item's rating: `score` ± `half_width` (95%), on the scale where 400 points are odds of ten to one."""

    item: str
    theta: float
    score: float
    half_width: float
    votes: int

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.score - self.half_width

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.score + self.half_width


def fit(comparisons: Iterable[Comparison]) -> list[Rating]:
    """Ratings, best first. NotIdentified when no finite maximum exists (Ford's condition, 1957)."""
    votes = list(comparisons)
    items = sorted({vote.left for vote in votes} | {vote.right for vote in votes})
    if len(items) < 2 or any(vote.left == vote.right for vote in votes):
        raise NotIdentified("ratings need votes between at least two items, never of an item with itself")
    if any(not 0 <= vote.score <= 1 for vote in votes):
        raise ValueError("a score is between 0 and 1")
    place = {item: at for at, item in enumerate(items)}
    left = np.array([place[vote.left] for vote in votes])
    right = np.array([place[vote.right] for vote in votes])
    score = np.array([vote.score for vote in votes], dtype=np.float64)
    _demand_connected(items, left, right, score)
    theta = _newton(len(items), left, right, score)
    chance = 1 / (1 + np.exp(theta[right] - theta[left]))
    inverse = np.linalg.pinv(_information(len(items), left, right, chance))
    clusters: dict[Hashable, int] = {}
    of = np.array([clusters.setdefault(("alone", at) if v.voter is None else ("voter", v.voter), len(clusters))
                   for at, v in enumerate(votes)])  # fmt: skip
    gradient = np.zeros((len(clusters), len(items)))
    np.add.at(gradient, (of, left), score - chance)
    np.add.at(gradient, (of, right), chance - score)
    spread = inverse @ (gradient.T @ gradient) @ inverse
    error = np.sqrt(np.maximum(np.diag(spread), 0))
    counts = np.bincount(left, minlength=len(items)) + np.bincount(right, minlength=len(items))
    ratings = [
        Rating(
            item,
            float(theta[at]),
            CENTRE + SCALE * float(theta[at]),
            Z * SCALE * float(error[at]),
            int(counts[at]),
        )
        for at, item in enumerate(items)
    ]
    return sorted(ratings, key=lambda rating: (-rating.score, rating.item))


_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


def _newton(size: int, left: _Ints, right: _Ints, score: _Floats) -> _Floats:
    theta = np.zeros(size)

    def likelihood(at: _Floats) -> float:
        gap = at[left] - at[right]
        return float((score * gap - np.logaddexp(0, gap)).sum())

    now = likelihood(theta)
    for _ in range(200):
        chance = 1 / (1 + np.exp(theta[right] - theta[left]))
        gradient = np.bincount(left, score - chance, size) - np.bincount(right, score - chance, size)
        # The ones fix the direction that the likelihood leaves free: the mean of theta stays 0.
        step = np.linalg.solve(_information(size, left, right, chance) + 1 / size, gradient)
        length = 1.0
        while (moved := likelihood(theta + length * step)) < now - 1e-12 and length > 1e-6:
            length /= 2
        theta, now = theta + length * step, moved
        theta -= theta.mean()
        if float(np.abs(step).max()) < 1e-11:
            return theta
    raise NotIdentified("the ratings did not settle")


def _information(size: int, left: _Ints, right: _Ints, chance: _Floats) -> _Floats:
    weight = chance * (1 - chance)
    matrix = np.zeros((size, size))
    np.add.at(matrix, (left, left), weight)
    np.add.at(matrix, (right, right), weight)
    np.add.at(matrix, (left, right), -weight)
    np.add.at(matrix, (right, left), -weight)
    return matrix


def _demand_connected(items: list[str], left: _Ints, right: _Ints, score: _Floats) -> None:
    """A finite maximum exists exactly when every item is reached from every other along "took points from"."""
    beats: list[set[int]] = [set() for _ in items]
    loses: list[set[int]] = [set() for _ in items]
    for one, other, points in zip(left.tolist(), right.tolist(), score.tolist(), strict=True):
        if points > 0:
            beats[one].add(other)
            loses[other].add(one)
        if points < 1:
            beats[other].add(one)
            loses[one].add(other)
    for edges, word in ((beats, "never took a point from"), (loses, "never lost a point to")):
        reached, edge = {0}, [0]
        while edge:
            for item in edges[edge.pop()] - reached:
                reached.add(item)
                edge.append(item)
        if missing := [item for at, item in enumerate(items) if at not in reached]:
            group = ", ".join(item for at, item in enumerate(items) if at in reached)
            raise NotIdentified(f"{group} {word} {', '.join(missing)}: their distance is not yet measurable")
