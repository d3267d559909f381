"""Soft labels and weights of preference pairs from their votes. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

CLUSTER_CAP = 1.0
CONTRIBUTOR_SHARE = 0.05
FULL_VOTES = 5

Floats = npt.NDArray[np.float64]
Numbers = npt.ArrayLike


def soft_label(votes_chosen: Numbers, votes_rejected: Numbers, votes_tied: Numbers = 0) -> Floats:
    """(w + .5) / (n + 1): the smoothed chance that chosen is better; a tie counts half. Elementwise."""
    chosen, rejected, tied = (
        np.asarray(v, dtype=np.float64) for v in (votes_chosen, votes_rejected, votes_tied)
    )
    return np.asarray((chosen + tied / 2 + 0.5) / (chosen + rejected + tied + 1), dtype=np.float64)


def margin(votes_chosen: Numbers, votes_rejected: Numbers, votes_tied: Numbers = 0) -> Floats:
    """2p - 1 with p the soft label: from -1 to 1, 0 when undecided or without votes. Elementwise."""
    return np.asarray(2 * soft_label(votes_chosen, votes_rejected, votes_tied) - 1, dtype=np.float64)


def weight(votes_chosen: Numbers, votes_rejected: Numbers, votes_tied: Numbers = 0) -> Floats:
    """|2p - 1| min(n, 5) / 5, before any cap: 0 without votes. Elementwise."""
    votes = np.asarray(votes_chosen) + np.asarray(votes_rejected) + np.asarray(votes_tied)
    strength = np.abs(margin(votes_chosen, votes_rejected, votes_tied))
    return np.asarray(strength * np.minimum(votes, FULL_VOTES) / FULL_VOTES, dtype=np.float64)


class Weighed(NamedTuple):
    """What capping needs to know of a row."""

    weight: float
    cluster: Hashable
    contributor: Hashable


@dataclass(frozen=True, slots=True)
class Capped:
    """Weights in the order of the rows, and what the caps did.

    `contributor_cap_held` is False when fewer contributors than 1 / share have weight: then no weighting can keep
    each under the share, the cap is left out, and `largest_share` says how far one reaches.
    """

    weights: tuple[float, ...]
    contributor_cap_held: bool
    largest_share: float
    clusters_capped: int
    contributors_capped: int


def cap_weights(
    rows: Iterable[Weighed], *, cluster_cap: float = CLUSTER_CAP, contributor_share: float = CONTRIBUTOR_SHARE
) -> Capped:
    """Scale weights down so that no cluster sums above `cluster_cap` and no contributor above its share of all.

    The contributor cap is the largest c with: every contributor's sum <= c, and c <= share x (all sums so capped).
    Clusters are capped first; the second step only lowers weights, so both caps hold at the end.
    """
    taken = list(rows)
    weights = np.array([row.weight for row in taken], dtype=np.float64)
    if len(weights) == 0 or not weights.any():
        return Capped(tuple(weights.tolist()), True, 0.0, 0, 0)
    cluster = _codes([row.cluster for row in taken])
    contributor = _codes([row.contributor for row in taken])
    sums = np.bincount(cluster, weights)
    factor = np.minimum(1, cluster_cap / np.maximum(sums, cluster_cap))
    weights = weights * factor[cluster]
    totals = np.bincount(contributor, weights).astype(np.float64)
    cap = _contributor_cap(totals[totals > 0], contributor_share)
    capped = 0
    if cap is not None:
        capped = int((totals > cap).sum())
        weights = weights * np.minimum(1, cap / np.maximum(totals, cap))[contributor]
        totals = np.bincount(contributor, weights).astype(np.float64)
    largest = float(totals.max() / totals.sum())
    return Capped(tuple(weights.tolist()), cap is not None, largest, int((factor < 1).sum()), capped)


def contributor_factors(
    totals: Mapping[int, float], share: float = CONTRIBUTOR_SHARE
) -> tuple[dict[int, float], float]:
    """The factor for each contributor's weights that holds the cap of `cap_weights`, and the largest share left.

    `totals`: weight by contributor, clusters capped already. All factors are 1 where the cap cannot be held.
    """
    positive = np.array([total for total in totals.values() if total > 0], dtype=np.float64)
    if len(positive) == 0:
        return dict.fromkeys(totals, 1.0), 0.0
    cap = _contributor_cap(positive, share)
    factors = {who: 1.0 if cap is None else min(1.0, cap / max(total, cap)) for who, total in totals.items()}
    after = [totals[who] * factor for who, factor in factors.items()]
    return factors, max(after) / sum(after)


def _contributor_cap(totals: Floats, share: float) -> float | None:
    """The cap c, from totals sorted: with k contributors above it, c = share x (k c + the rest)."""
    if len(totals) * share < 1 - 1e-9:
        return None
    ordered = np.sort(totals)[::-1]
    rest = float(ordered.sum())
    for above, total in enumerate(ordered.tolist()):
        if above * share >= 1 - 1e-9:
            break
        cap = share * rest / (1 - share * above)
        if total <= cap:
            return cap
        rest -= total
    return float(ordered[-1])  # exactly 1 / share contributors: all are brought to the smallest


def _codes(labels: Sequence[Hashable]) -> npt.NDArray[np.int64]:
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(label, len(seen)) for label in labels], dtype=np.int64)
