"""Pairs whose answer is known, and who fails them. Pure.

A lead marks a pair whose answer is beyond doubt: a page known to be broken, two pages that look alike. Nothing in it tells
a voter. Every vote on it is right or wrong, and around each vote of a person stands a window of their gold answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from arena.states import PairOutcome

WINDOW_DAYS = 7  # before and after a vote
LEAST_RIGHT = 0.7  # the accuracy that admits a voter, see review.gold_score


def right(answer: str, for_refined: int) -> bool:
    """Whether a vote, as a score for the refined page (positive: it was preferred), is the known answer."""
    wanted = {PairOutcome.REFINED: 1, PairOutcome.RIVAL: -1, PairOutcome.TIE: 0}[PairOutcome(answer)]
    return (for_refined > 0) - (for_refined < 0) == wanted


def fails(answers: Iterable[tuple[datetime, bool]], at: datetime) -> bool:
    """Whether fewer than LEAST_RIGHT of a person's gold answers within the window around `at` are right.

    `answers`: when, and whether right. Without an answer in the window nobody fails.
    """
    window = timedelta(days=WINDOW_DAYS)
    near = [is_right for when, is_right in answers if abs(when - at) <= window]
    return bool(near) and sum(near) / len(near) < LEAST_RIGHT
