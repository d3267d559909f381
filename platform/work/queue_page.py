"""What a person sees of the queue: what they hold, the rounds that wait for them, and the lines to claim from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from work import queue

if TYPE_CHECKING:
    from people.models import User
    from work.models import Assignment


@dataclass(frozen=True, slots=True)
class Desk:
    """The queue as one person finds it."""

    held: Assignment | None
    rounds: list[Assignment]
    lines: list[queue.Line]

    @property
    def first(self) -> queue.Line | None:
        """The first line that can be claimed from."""
        return next((line for line in self.lines if line.closed is None), None)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to hold, resume or claim."""
        return self.held is None and not self.rounds and all(line.closed for line in self.lines)


def desk_of(user: User) -> Desk:
    """The desk of `user`, in a fixed number of queries."""
    return Desk(queue.held_by(user), queue.reserved_for(user), queue.lines(user))
