"""The win rate against the rival and the honest climb, with their intervals, at a cost that does not grow with the project."""

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


@dataclass(frozen=True, slots=True)
class Climb:
    """Shares of single votes for the refined pages: of all votes; (a) on train prompts; (b) on held-out prompts.

    (b) is the headline, and counts only people who voted on no train prompt. Where nobody did, its rate is None.
    """

    votes: Rate
    train: Rate
    held_out: Rate

    @property
    def gap(self) -> float | None:
        """(a) - (b); None while one of them is not measured."""
        if self.train.rate is None or self.held_out.rate is None:
            return None
        return self.train.rate - self.held_out.rate


def of_pairs(figures: Figures) -> Verdicts:
    """The share of verdicts that the refined pages won."""
    n = figures.verdicts
    wins = figures.won + figures.tied / 2
    low, high = wilson(wins, n)
    return Verdicts(wins / n if n else None, low, high, n, figures.won, figures.lost, figures.tied)


def of_votes(project: Project, votes: int) -> Climb:
    """The climb by single votes, with the intervals of the two-way cluster bootstrap.

    `votes` is the count of votes cast so far: as long as it stays, the last answer stands. Over at most the newest
    MAX_VOTES votes, of open pairs too.
    """
    key = f"desk.verdicts:{project.pk}:{votes}"
    known: Climb | None = caches["memory"].get(key)
    if known is not None:
        return known
    cast = Vote.objects.filter(pair__project=project.pk, pair__kind=PairKind.REFINED_RIVAL)
    named = (
        "choice",
        "refined_is_a",
        "pair__task__prompt__cluster",
        "voter_id",
        "pair__task__prompt__held_out",
    )
    rows = list(cast.order_by("-pk").values_list(*named)[:MAX_VOTES])
    outcomes = [
        (Outcome(_score(sides.for_first(choice, not is_a)), cluster, voter), held)
        for choice, is_a, cluster, voter, held in rows
    ]
    # Whoever ever voted on a train prompt is a usual voter, also by votes too old to be counted.
    others = {row[3] for row in rows if row[4]} - {row[3] for row in rows if not row[4]}
    if others:
        usual = cast.filter(voter__in=others, pair__task__prompt__held_out=False)
        others -= set(usual.values_list("voter_id", flat=True).distinct())
    climb = Climb(
        _rate(project, [outcome for outcome, _ in outcomes]),
        _rate(project, [outcome for outcome, held in outcomes if not held]),
        _rate(project, [outcome for outcome, held in outcomes if held and outcome.voter in others]),
    )
    caches["memory"].set(key, climb, timeout=24 * 3600)
    return climb


def _rate(project: Project, outcomes: list[Outcome]) -> Rate:
    return bootstrap_rate(outcomes, seed=project.pk, draws=DRAWS)


def _score(preference: int) -> float:
    return 0.5 if preference == 0 else float(preference > 0)
