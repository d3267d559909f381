"""What a scenario leaves open: chosen by its name and seed, so that a run can be repeated."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance(Random):
    """Random numbers of one run of a scenario, and what is taken in turn over its seeds."""

    def __init__(self, scenario: str, seed: int) -> None:
        super().__init__(f"{scenario} {seed}")
        self._turn = seed

    def turn(self, choices: Sequence[T]) -> T:
        """One of `choices`, each as often as the others over the seeds."""
        return choices[self._turn % len(choices)]

    def moment(self, seconds: float) -> None:
        """Wait up to `seconds`."""
        time.sleep(self.uniform(0.0, seconds))
