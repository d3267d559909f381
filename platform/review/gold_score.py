"""What answers to gold tasks say about a person. Pure, exact in integers' binomials."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, fsum

ADMIT_ABOVE = 0.7
ADMIT_AT = 0.95


def chance_above(right: int, answered: int, accuracy: float = ADMIT_ABOVE) -> float:
    """P(accuracy of the person > `accuracy`) under Beta(1 + right, 1 + answered - right), a uniform prior.

    For whole parameters the Beta tail is a binomial sum: P(Beta(a, b) > x) = sum over j < a of
    C(n, j) x^j (1 - x)^(n - j) with n = a + b - 1 (Abramowitz and Stegun 26.5.24).
    ValueError unless 0 <= right <= answered and 0 <= accuracy <= 1.
    """
    if not 0 <= right <= answered:
        raise ValueError("right answers are between none and all")
    if not 0 <= accuracy <= 1:
        raise ValueError("an accuracy is between 0 and 1")
    trials = answered + 1
    return min(
        1.0, fsum(comb(trials, j) * accuracy**j * (1 - accuracy) ** (trials - j) for j in range(right + 1))
    )


@dataclass(frozen=True, slots=True)
class GoldScore:
    """A person's record on gold tasks."""

    right: int
    answered: int

    @property
    def mean(self) -> float:
        """Posterior mean of the accuracy, (1 + right) / (2 + answered)."""
        return (1 + self.right) / (2 + self.answered)

    @property
    def confidence(self) -> float:
        """P(accuracy > .7)."""
        return chance_above(self.right, self.answered)

    @property
    def admitted(self) -> bool:
        """Whether P(accuracy > .7) > .95."""
        return self.confidence > ADMIT_AT


def right_needed(answered: int) -> int | None:
    """The fewest right answers of `answered` that admit; None when even all of them do not."""
    return next((k for k in range(answered + 1) if GoldScore(k, answered).admitted), None)
