"""The win rate against the rival, with its intervals, at a cost that does not grow with the project."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import caches

from arena import sides, stopping
from arena.models import Vote
from arena.states import PairKind
from arena.win_rate import Outcome, Rate, bootstrap_rate, wilson
from catalog.models import Project
from desk.figures import Figures

# The bootstrap resamples every vote many times; past this many the newest ones stand for all, and the page says so.
MAX_VOTES = 4_000
DRAWS = 1_000
TIES = "Ties and undecided pairs count half a win."
STOPPING = (
    f"Each pair gets at least {stopping.LEAST} votes, and further ones until one side leads by {stopping.LEAD} "
    f"or {stopping.CAP} are cast; this was fixed before the first vote."
)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Wilson's interval over decided pairs. `rate` is None when there is none yet."""

    rate: float | None
    low: float
    high: float
    n: int
    won: int
    lost: int
    tied: int


def of_pairs(figures: Figures) -> Verdicts:
    """The share of verdicts that the refined pages won."""
    n = figures.verdicts
    wins = figures.won + figures.tied / 2
    low, high = wilson(wins, n)
    return Verdicts(wins / n if n else None, low, high, n, figures.won, figures.lost, figures.tied)


def of_votes(project: Project, votes: int) -> Rate:
    """The share of single votes that preferred the refined page, with the interval of the two-way cluster bootstrap.

    `votes` is the count of votes cast so far: as long as it stays, the last answer stands. Over at most the newest
    MAX_VOTES votes, of open pairs too.
    """
    key = f"desk.verdicts:{project.pk}:{votes}"
    known: Rate | None = caches["memory"].get(key)
    if known is not None:
        return known
    rows = (
        Vote.objects.filter(pair__project=project.pk, pair__kind=PairKind.REFINED_RIVAL)
        .order_by("-pk")
        .values_list("choice", "refined_is_a", "pair__task__prompt__cluster", "voter_id")[:MAX_VOTES]
    )
    outcomes = [
        Outcome(_score(sides.for_first(choice, not is_a)), cluster, voter)
        for choice, is_a, cluster, voter in rows
    ]
    rate = bootstrap_rate(outcomes, seed=project.pk, draws=DRAWS)
    caches["memory"].set(key, rate, timeout=24 * 3600)
    return rate


def _score(preference: int) -> float:
    return 0.5 if preference == 0 else float(preference > 0)
