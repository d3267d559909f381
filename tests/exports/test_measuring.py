"""What the card says in numbers: length, the honest climb, agreement; by hand, and against votes one by one."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from catalog.models import Prompt
from exports import measuring, selection
from exports.length import Bin, baseline, slope
from exports.selection import Choice
from people.rules import Role
from review.agreement import alpha
from tests.exports import judged


def bins(pairs: list[tuple[float, float, float]]) -> list[Bin]:
    """Pairs (log ratio, votes, points) summed up by ratio."""
    found: dict[float, list[tuple[float, float]]] = {}
    for ratio, n, w in pairs:
        found.setdefault(ratio, []).append((n, w))
    return [
        Bin(
            ratio, sum(n for n, _ in each), sum(w for _, w in each), sum(w * w for _, w in each),
            sum(w * n for n, w in each), sum(n * n for n, _ in each),
        )
        for ratio, each in sorted(found.items())
    ]  # fmt: skip


def test_the_length_coefficient_is_found_again_and_covers_its_truth() -> None:
    draw = np.random.default_rng(5)
    truth, covered = 0.6, 0
    for _ in range(60):
        z = draw.normal(size=400)
        p = 1 / (1 + np.exp(-(0.3 + truth * z)))
        wins = draw.binomial(3, p)
        found = slope(bins([(round(float(x), 2), 3, float(w)) for x, w in zip(z, wins, strict=True)]))
        assert found is not None
        assert found.votes == 1200
        covered += found.low <= truth * found.deviation <= found.high
    assert covered >= 51  # of 60 at 95%: fewer has a chance of about 1 in 500


def test_length_alone_is_no_coin_where_longer_pages_win() -> None:
    assert baseline(bins([(0.5, 3, 3), (-0.5, 3, 1), (0.0, 4, 4)])) == pytest.approx((3 + 2 + 2) / 10)
    assert baseline([]) is None
    assert slope(bins([(0.5, 3, 3), (0.5, 3, 1)])) is None, "one length"
    assert slope(bins([(0.5, 3, 3), (-0.5, 3, 3)])) is None, "one winner"
    assert slope(bins([(0.5, 3, 3), (-0.5, 3, 0)])) is None, "separated"


def test_alpha_takes_equal_units_once() -> None:
    units = [[1, 1, 0], [0, 0], [1, -1, 1]]
    assert alpha([units[0], units[0], *units[1:]]) == pytest.approx(alpha(units, times=[2, 1, 1]) or math.nan)


@pytest.mark.django_db
def test_the_climb_counts_held_out_votes_of_other_voters_alone() -> None:
    made = judged.scene(2, authors=2)  # voter0..2 vote for the refined page of p0 and p1
    reviewer = made.world.people["reviewer"]
    Prompt.objects.filter(key="p1").update(held_out=True)
    pair = made.world.prompts[1].tasks.get(kind="compare").pair
    for n, choice in ((0, -3), (1, 3), (2, 2)):
        # One voter of the held-out pair is none of the train prompts'; what they saw on the right is the rival.
        vote = pair.votes.order_by("id")[n]
        vote.refined_is_a, vote.choice = True, choice
        if n == 0:
            vote.voter = made.world.person("stranger", Role.CONTRIBUTOR)
        vote.save()
    as_of = timezone.now() + timedelta(seconds=1)
    selected = selection.select(
        Choice(made.world.project.pk, as_of, (), 3, 0.0, 1, b"key", evidence=True),
    )
    assert selected.rows == 2
    measuring.score(as_of)
    climb = measuring.climb(1)
    assert climb.train is not None
    assert climb.held_out is not None
    assert (climb.train.rate, climb.train.n) == (1.0, 3)
    assert (climb.held_out.rate, climb.held_out.n) == (1.0, 1)
    assert climb.gap == 0
    assert climb.held_out.low < 0.5, "one vote says little"
    assert climb.checks_passed == (2, 2)
    agreed = measuring.agreed()
    assert agreed.pairs == 2
    assert agreed.nominal == pytest.approx(alpha([[1, 1, 1], [1, -1, -1]]) or math.nan)
    report = measuring.lengths()
    assert (report.pairs, report.longer) == (2, 1.0)
    assert reviewer.pk not in {vote.voter_id for vote in pair.votes.all()}
