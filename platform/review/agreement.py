"""Krippendorff's alpha for any number of coders, missing values allowed. Pure.

Source: K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): alpha = 1 - D_o / D_e over the
coincidence matrix of pairable values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Matrix = npt.NDArray[np.float64]


def alpha(
    units: Sequence[Sequence[Hashable | None]],
    level: Level = "nominal",
    *,
    times: Sequence[int] | None = None,
) -> float | None:
    """Alpha of `units`, each the values that coders gave to one thing (None: missing; order does not matter).

    `times` tells how often each unit came; equal units may be given once.
    Nominal values may be anything hashable; the other levels need numbers (ratio: not negative).
    None when it is undefined: fewer than two pairable values, or all of them equal.
    """
    weighed = zip(units, times if times is not None else [1] * len(units), strict=True)
    counts = [(Counter(value for value in unit if value is not None), n) for unit, n in weighed]
    counts = [(count, n) for count, n in counts if count.total() >= 2]
    seen = {value for count, _ in counts for value in count}
    if len(seen) < 2:
        return None
    values = sorted(seen, key=repr) if level == "nominal" else sorted(seen)  # type: ignore[type-var]  # numbers here
    place = {value: at for at, value in enumerate(values)}
    coincidence = np.zeros((len(values), len(values)))
    for count, n in counts:
        row = np.zeros(len(values))
        for value, votes in count.items():
            row[place[value]] = votes
        coincidence += n * (np.outer(row, row) - np.diag(row)) / (count.total() - 1)
    totals = coincidence.sum(axis=0)
    distance = _DISTANCES[level](values, totals)
    observed = float((coincidence * distance).sum())
    expected = float((np.outer(totals, totals) * distance).sum() / (totals.sum() - 1))
    return 1 - observed / expected


def _nominal(values: Sequence[Hashable], totals: Matrix) -> Matrix:
    return 1 - np.eye(len(values))


def _ordinal(values: Sequence[Hashable], totals: Matrix) -> Matrix:
    # The rank distance counts the values between two categories, halves of their own included.
    middle = np.cumsum(totals) - totals / 2
    return np.subtract.outer(middle, middle) ** 2


def _interval(values: Sequence[Hashable], totals: Matrix) -> Matrix:
    numbers = np.array(values, dtype=np.float64)
    return np.subtract.outer(numbers, numbers) ** 2


def _ratio(values: Sequence[Hashable], totals: Matrix) -> Matrix:
    numbers = np.array(values, dtype=np.float64)
    sums = np.add.outer(numbers, numbers)
    difference = np.subtract.outer(numbers, numbers)
    return np.divide(difference, sums, out=np.zeros_like(sums), where=sums != 0) ** 2


_DISTANCES: dict[Level, Callable[[Sequence[Hashable], Matrix], Matrix]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio,
}
