"""What a person sees of the queue: what they hold, the rounds that wait for them, and the lines to claim from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.states import ProjectStatus
from work import kept_back, queue, queue_notices
from work.queue import Why

if TYPE_CHECKING:
    from people.models import User
    from work.models import Assignment, Notice

# Bars that time or other people lift: then it is worth being told.
WAITING = frozenset(
    {Why.NOTHING_OPEN, Why.ALL_LEASED, Why.ALL_SEEN, Why.DAILY_CAP, Why.PROJECT_PAUSED, Why.KEPT_BACK}
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the page, and whether the person is told when it opens."""

    line: queue.Line
    watched: bool

    @property
    def may_watch(self) -> bool:
        """Whether there is something to wait for."""
        return self.line.closed is not None and self.line.closed.kind in WAITING

    @property
    def to_read(self) -> bool:
        """Whether a guideline has to be read first."""
        return self.line.closed is not None and self.line.closed.kind == Why.NEW_GUIDELINE


@dataclass(frozen=True, slots=True)
class Desk:
    """The queue as one person finds it. `kept_back`: the rounds that wait for the project's lead, by their seats' ids."""

    held: Assignment | None
    rounds: list[Assignment]
    kept_back: frozenset[int]
    offers: list[Offer]
    notices: list[Notice]

    @property
    def ready(self) -> Assignment | None:
        """The first round that can be begun."""
        for seat in self.rounds:
            if seat.project.status == ProjectStatus.ACTIVE and seat.pk not in self.kept_back:
                return seat
        return None

    @property
    def first(self) -> queue.Line | None:
        """The first line that can be claimed from."""
        return next((offer.line for offer in self.offers if offer.line.closed is None), None)

    @property
    def to_read(self) -> queue.Line | None:
        """The first line that waits for its guideline to be read."""
        return next((offer.line for offer in self.offers if offer.to_read), None)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to hold, resume, read or claim."""
        return not (self.held or self.rounds or self.first or self.to_read)

    @property
    def may_watch(self) -> bool:
        """Whether there is a line to be told of."""
        return any(offer.may_watch for offer in self.offers)

    @property
    def told(self) -> list[tuple[Notice, bool]]:
        """The notices, each with whether its work is still there."""
        there = {
            (o.line.project.pk, o.line.kind.value) for o in self.offers if not o.line.closed or o.to_read
        }
        return [(notice, (notice.project_id, notice.kind) in there) for notice in self.notices]


def desk_of(user: User) -> Desk:
    """The desk of `user`, in a fixed number of queries."""
    watched = queue_notices.watched_by(user)
    offers = [Offer(line, (line.project.pk, line.kind.value) in watched) for line in queue.lines(user)]
    rounds = queue.reserved_for(user)
    kept = kept_back.among(seat.pk for seat in rounds)
    return Desk(queue.held_by(user), rounds, kept, offers, queue_notices.unseen(user))
