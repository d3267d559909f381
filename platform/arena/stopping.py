"""When a pair has enough votes, and what they decided. Pure.

How it counts, declared before any vote is collected:
- A vote for one side counts one for that side, whatever its strength on the scale.
- A tie and a both-bad vote count as one vote for "tie"; they count towards the least and the cap of votes and
  move neither side's lead.
- With at least 3 votes, a pair is decided for the side that leads the other by 2 (gold pairs: 3), or as a tie when
  ties lead each side by as much.
- At 7 votes without a decision it is undecided; also before, as soon as no run of votes up to 7 could decide it.
  An undecided pair enters rates and ratings by its votes, and never a training pair.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LEAST = 3
CAP = 7
LEAD = 2
GOLD_LEAD = 3


class Winner(StrEnum):
    """What a decided pair says. In pairs of other roles, "refined" stands for the pair's first candidate."""

    REFINED = "refined"
    RIVAL = "rival"
    TIE = "tie"


class State(StrEnum):
    """Whether voting goes on."""

    OPEN = "open"
    DECIDED = "decided"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes so far: for the refined (first), for the rival (second), and ties with both-bad."""

    refined: int = 0
    rival: int = 0
    ties: int = 0

    @property
    def votes(self) -> int:
        """All votes."""
        return self.refined + self.rival + self.ties

    @classmethod
    def of(cls, scores: Iterable[int]) -> Tally:
        """From scores for the refined side (`sides.for_first`; 0 for tie and both bad)."""
        signs = [(score > 0) - (score < 0) for score in scores]
        return cls(signs.count(1), signs.count(-1), signs.count(0))


@dataclass(frozen=True, slots=True)
class Decision:
    """`winner` only when decided; `wants` only when open: the fewest further votes that could decide."""

    state: State
    winner: Winner | None = None
    wants: int = 0


def decide(tally: Tally, *, gold: bool = False) -> Decision:
    """The decision after `tally`. The order of votes does not matter."""
    lead = GOLD_LEAD if gold else LEAD
    side_lead = abs(tally.refined - tally.rival)
    tie_lead = tally.ties - max(tally.refined, tally.rival)
    if tally.votes >= LEAST:
        if tie_lead >= lead:
            return Decision(State.DECIDED, Winner.TIE)
        if side_lead >= lead:
            return Decision(State.DECIDED, Winner.REFINED if tally.refined > tally.rival else Winner.RIVAL)
    wants = max(LEAST - tally.votes, lead - max(side_lead, tie_lead))
    if wants > CAP - tally.votes:
        return Decision(State.UNDECIDED)
    return Decision(State.OPEN, wants=wants)


def lead_by(k: int, p: float) -> tuple[float, float]:
    """(chance that the better side wins, expected votes) of "first to lead by k", votes right with chance p.

    The gambler's ruin: P = 1 / (1 + r^k), r = (1 - p) / p; E = k (2P - 1) / (2p - 1), k^2 at p = 1/2. No cap, no ties.
    """
    if p == 0.5:
        return 0.5, float(k * k)
    right = 1 / (1 + ((1 - p) / p) ** k)
    return right, k * (2 * right - 1) / (2 * p - 1)
