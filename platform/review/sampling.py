"""Continuous sampling of a person's work: Dodge's CSP-1, and what it guarantees. Pure.

Review everything until `run` clean ones in a row, then a fraction; any defect returns to everything.
Source: H. F. Dodge, A Sampling Inspection Plan for Continuous Production (1943).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

RUN = 13
FRACTION = 0.25
LEAST_FRACTION = 0.10


@dataclass(frozen=True, slots=True)
class Plan:
    """`run` (i) clean reviews in a row lead to sampling at `fraction` (f), which is never under .10."""

    run: int = RUN
    fraction: float = FRACTION

    def __post_init__(self) -> None:
        if self.run < 1 or not LEAST_FRACTION <= self.fraction <= 1:
            raise ValueError("a plan has a run of 1 or more and a fraction from .10 to 1")


DEFAULT_PLAN = Plan()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a contributor stands: clean reviews in a row, and whether only a fraction is reviewed."""

    clean: int = 0
    sampling: bool = False

    def after(self, defect: bool, plan: Plan = DEFAULT_PLAN) -> Standing:
        """The standing after one more review; works that were not reviewed change nothing."""
        if defect:
            return Standing()
        clean = self.clean + 1
        return Standing(clean, self.sampling or clean >= plan.run)

    def clean_to_go(self, plan: Plan = DEFAULT_PLAN) -> int:
        """How many more clean reviews lead to sampling; 0 when it is reached."""
        return 0 if self.sampling else plan.run - self.clean


def standing(reviews: Iterable[bool], plan: Plan = DEFAULT_PLAN) -> Standing:
    """The standing after `reviews` in order, True meaning a defect. Newcomers (no reviews) are fully reviewed."""
    now = Standing()
    for defect in reviews:
        now = now.after(defect, plan)
    return now


def inspect_next(now: Standing, key: bytes, submission: int, plan: Plan = DEFAULT_PLAN) -> bool:
    """Whether this submission is reviewed. Drawn by HMAC of its id, so that nobody foresees it and it never changes."""
    if not now.sampling:
        return True
    digest = hmac.digest(key, b"inspect|%d" % submission, hashlib.sha256)
    return int.from_bytes(digest[:8]) < int(plan.fraction * 2**64)


def average_fraction_inspected(defects: float, fraction: float, run: int) -> float:
    """AFI = (u + f v) / (u + v), u = (1 - q^i) / (p q^i), v = 1 / (f p), for a defect rate p = `defects`."""
    if defects <= 0:
        return fraction
    if defects >= 1:
        return 1.0
    clean_run = (1 - defects) ** run
    # Multiplied through by p q^i f, so that a vanishing q^i does not divide by zero.
    inspected = (1 - clean_run) * fraction
    return (inspected + fraction * clean_run) / (inspected + clean_run)


def average_outgoing(defects: float, fraction: float, run: int) -> float:
    """AOQ = p (1 - AFI): the share of defects that get through, found ones being mended."""
    return defects * (1 - average_fraction_inspected(defects, fraction, run))


def outgoing_limit(fraction: float, run: int) -> float:
    """AOQL: the highest AOQ over all defect rates. AOQ has one peak, found by golden section."""
    golden = (5**0.5 - 1) / 2
    low, high = 0.0, 1.0
    for _ in range(100):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if average_outgoing(left, fraction, run) < average_outgoing(right, fraction, run):
            low = left
        else:
            high = right
    return average_outgoing((low + high) / 2, fraction, run)
