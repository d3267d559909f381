"""How far length alone explains what was preferred. Pure.

The length coefficient is the slope b of logit P(refined preferred) = a + b z, with z the log ratio of sizes, refined
over rival, in standard deviations: the style control of arenas with length as its only covariate. Newton on the
logistic likelihood, no regularisation, ties half a win; the interval is 1.96 standard errors of the sandwich with
pairs as clusters. Pairs come summed up in bins of equal log ratio, so the cost does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Z95 = 1.96


class Bin(NamedTuple):
    """Pairs of one log ratio: how many votes, points and, over the pairs, sums of their squares and products.

    A pair with n votes has w points: wins and half its ties.
    """

    log_ratio: float
    n: float
    w: float
    ww: float
    wn: float
    nn: float


@dataclass(frozen=True, slots=True)
class Slope:
    """The length coefficient per standard deviation of the log ratio, with its 95% interval."""

    coefficient: float
    low: float
    high: float
    deviation: float
    votes: int


@dataclass(frozen=True, slots=True)
class LengthReport:
    """Length in the released pairs, and in the votes. None where there is nothing to measure it on."""

    pairs: int
    longer: float | None  # share of pairs whose chosen side is longer; equal ones count half
    median_log_ratio: float | None  # of chosen over rejected
    baseline: float | None  # accuracy of preferring the longer page, over the votes
    slope: Slope | None


def slope(bins: Sequence[Bin]) -> Slope | None:
    """The length coefficient; None when the votes do not fix it: one size, one winner, or perfect separation."""
    if not bins:
        return None
    ratio, n, w, ww, wn, nn = (np.array(column, dtype=np.float64) for column in zip(*bins, strict=True))
    mean = float((n * ratio).sum() / n.sum())
    deviation = float(np.sqrt((n * (ratio - mean) ** 2).sum() / n.sum()))
    if deviation < 1e-9 or not 0 < w.sum() < n.sum():
        return None
    x = np.stack([np.ones_like(ratio), (ratio - mean) / deviation])
    beta = np.zeros(2)
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(beta @ x, -30, 30)))
        information = (x * (n * p * (1 - p))) @ x.T
        if np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, x @ (w - n * p))
        beta += step
        if float(np.abs(step).max()) < 1e-10:
            break
    else:
        return None
    if float(np.abs(beta).max()) > 25:
        return None
    # Sum over pairs of (w - n p)^2, from the sums of each bin.
    meat = (x * (ww - 2 * p * wn + p * p * nn)) @ x.T
    inverse = np.linalg.inv(information)
    error = float(np.sqrt(max(0.0, (inverse @ meat @ inverse)[1, 1])))
    b = float(beta[1])
    return Slope(b, b - Z95 * error, b + Z95 * error, deviation, int(n.sum()))


def baseline(bins: Sequence[Bin]) -> float | None:
    """How often a voter preferred the longer page: ties, and pages of equal length, count half. None without votes."""
    total = sum(each.n for each in bins)
    if total == 0:
        return None
    right = sum(
        each.w if each.log_ratio > 0 else each.n - each.w if each.log_ratio < 0 else each.n / 2
        for each in bins
    )
    return right / total
