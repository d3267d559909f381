"""Sides, stopping, win rates and ratings against golden values, formulas and simulation."""

from __future__ import annotations

import csv
import itertools
import random
from pathlib import Path

import evalica
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.bradley_terry import Comparison, NotIdentified, fit
from arena.sides import for_first, is_repeated, lay_out, swapped
from arena.stopping import CAP, Decision, State, Tally, Winner, decide, lead_by
from arena.win_rate import Outcome, bootstrap_rate, wilson, wilson_rate

VOTES = Path("../shared/data/votes")
POINTS = {"left": 1.0, "right": 0.0, "tie": 0.5}


def golden_votes(name: str) -> list[Comparison]:
    path = VOTES / f"{name}.csv"
    assert path.exists(), f"{path} is missing: this test needs the golden votes"
    with path.open(encoding="utf-8") as source:
        return [
            Comparison(row["left"], row["right"], POINTS[row["winner"]]) for row in csv.DictReader(source)
        ]


def test_food_ratings() -> None:
    ratings = {rating.item: rating for rating in fit(golden_votes("food"))}
    expected = {"Tacos": 1159.80, "Sushi": 1016.74, "Burger": 972.77, "Pasta": 947.78, "Pizza": 902.91}
    assert {item: round(rating.score, 2) for item, rating in ratings.items()} == expected
    assert list(ratings) == list(expected)
    assert ratings["Tacos"].half_width == pytest.approx(179.21, abs=0.005)
    assert sum(rating.theta for rating in ratings.values()) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", ["food", "simple"])
def test_ratings_agree_with_evalica(name: str) -> None:
    votes = golden_votes(name)
    sign = {1.0: evalica.Winner.X, 0.0: evalica.Winner.Y, 0.5: evalica.Winner.Draw}
    lefts, rights = [vote.left for vote in votes], [vote.right for vote in votes]
    if name == "simple":
        with pytest.raises(NotIdentified):
            fit([vote for vote in votes if vote.score != 0.5][:3])
    oracle = evalica.bradley_terry(
        lefts,
        rights,
        [sign[vote.score] for vote in votes],
        win_weight=1,
        tie_weight=0.5,
        tolerance=1e-12,
        limit=10_000,
    ).scores
    ratings = {rating.item: rating.score for rating in fit(votes)}
    for one, other in itertools.combinations(ratings, 2):
        odds = 10 ** ((ratings[one] - ratings[other]) / 400)
        assert odds == pytest.approx(oracle[one] / oracle[other], rel=1e-4)


def test_repeated_votes_of_one_voter_do_not_narrow_the_interval() -> None:
    votes = golden_votes("food")
    named = [vote._replace(voter=number) for number, vote in enumerate(votes)]
    once, alone = fit(named), fit(votes)
    doubled = fit(named + named)
    assert [rating.half_width for rating in once] == pytest.approx([rating.half_width for rating in alone])
    assert [rating.half_width for rating in doubled] == pytest.approx([rating.half_width for rating in once])


def test_unmeasurable_ratings_say_why() -> None:
    with pytest.raises(NotIdentified, match="a never lost a point to b"):
        fit([Comparison("a", "b", 1), Comparison("a", "b", 1)])
    with pytest.raises(NotIdentified, match="distance"):
        fit([Comparison("a", "b", 0.5), Comparison("c", "d", 0.5)])
    with pytest.raises(NotIdentified, match="two items"):
        fit([])


def test_wilson() -> None:
    assert wilson(18, 20)[0] == pytest.approx(0.699, abs=5e-4)
    assert wilson(27, 30)[0] == pytest.approx(0.744, abs=5e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 5)[0] == 0
    assert wilson(5, 5)[1] == 1
    with pytest.raises(ValueError, match="none and all"):
        wilson(3, 2)


def test_win_rate_declares_its_tie_rule() -> None:
    votes = [Outcome(1, 1, "a"), Outcome(0.5, 1, "b"), Outcome(0, 2, "a"), Outcome(1, 2, "c")]
    half, drop = wilson_rate(votes), wilson_rate(votes, ties="drop")
    assert (half.rate, half.n, half.prompts, half.voters, half.ties) == (0.625, 4, 2, 3, "half")
    assert (drop.rate, drop.n, drop.ties) == (pytest.approx(2 / 3), 3, "drop")
    assert wilson_rate([]).rate is None
    assert bootstrap_rate([], seed=1).rate is None
    with pytest.raises(ValueError, match=r"\.5"):
        wilson_rate([Outcome(0.7, 1, 1)])


def test_bootstrap_repeats_by_seed_and_widens_with_clusters() -> None:
    draw = random.Random(3)
    independent = [Outcome(float(draw.random() < 0.6), number, number) for number in range(400)]
    clustered = [Outcome(float(prompt % 5 < 3), prompt, voter) for prompt in range(20) for voter in range(20)]
    assert bootstrap_rate(independent, seed=1) == bootstrap_rate(independent, seed=1)
    assert bootstrap_rate(independent, seed=1) != bootstrap_rate(independent, seed=2)
    flat, plain = bootstrap_rate(clustered, seed=1, draws=500), wilson_rate(clustered)
    assert flat.high - flat.low > 3 * (plain.high - plain.low)


@settings(deadline=None)  # others share the machine
@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(-3, 3))
def test_sides(pair: int, voter: int, choice: int) -> None:
    side = swapped(b"key", pair, voter)
    assert swapped(b"key", pair, voter) == side != swapped(b"key", pair, voter, repeat=True)
    a, b = lay_out("first", "second", side)
    preferred = a if choice < 0 else b
    assert for_first(choice, side) == (abs(choice) if preferred == "first" else -abs(choice))


def test_sides_are_even_and_repeats_rare() -> None:
    shown = [swapped(b"key", pair, 7) for pair in range(10_000)]
    assert sum(shown) / len(shown) == pytest.approx(0.5, abs=0.02)
    repeated = [is_repeated(b"key", pair, 7) for pair in range(10_000)]
    assert sum(repeated) / len(repeated) == pytest.approx(0.05, abs=0.01)
    with pytest.raises(ValueError, match="-3 and 3"):
        for_first(4, False)


@pytest.mark.parametrize(
    ("tally", "gold", "decision"),
    [
        (Tally(), False, Decision(State.OPEN, wants=3)),
        (Tally(2, 0, 0), False, Decision(State.OPEN, wants=1)),
        (Tally(3, 0, 0), False, Decision(State.DECIDED, Winner.REFINED)),
        (Tally(2, 0, 1), False, Decision(State.DECIDED, Winner.REFINED)),
        (Tally(2, 1, 0), False, Decision(State.OPEN, wants=1)),
        (Tally(1, 3, 0), False, Decision(State.DECIDED, Winner.RIVAL)),
        (Tally(0, 0, 3), False, Decision(State.DECIDED, Winner.TIE)),
        (Tally(1, 1, 1), False, Decision(State.OPEN, wants=2)),
        (Tally(3, 3, 0), False, Decision(State.UNDECIDED)),
        (Tally(3, 2, 1), False, Decision(State.OPEN, wants=1)),
        (Tally(2, 2, 3), False, Decision(State.UNDECIDED)),
        (Tally(3, 1, 0), True, Decision(State.OPEN, wants=1)),
        (Tally(3, 0, 0), True, Decision(State.DECIDED, Winner.REFINED)),
        (Tally(0, 0, 3), True, Decision(State.DECIDED, Winner.TIE)),
    ],
)
def test_stopping(tally: Tally, gold: bool, decision: Decision) -> None:
    assert decide(tally, gold=gold) == decision


@settings(deadline=None)  # others share the machine
@given(st.lists(st.integers(-3, 3), max_size=20), st.booleans())
def test_stopping_ends_within_the_cap_and_never_wants_too_much(scores: list[int], gold: bool) -> None:
    votes = 0
    decision = decide(Tally(), gold=gold)
    for _score in scores:
        if decision.state is not State.OPEN:
            break
        assert 1 <= decision.wants <= CAP - votes
        votes += 1
        decision = decide(Tally.of(scores[:votes]), gold=gold)
    assert votes <= CAP
    assert decision.state is not State.OPEN or votes < CAP
    assert (decision.winner is not None) == (decision.state is State.DECIDED)


@pytest.mark.parametrize(("k", "chance", "votes"), [(2, 0.845, 3.45), (3, 0.927, 6.41)])
def test_lead_by_formula_holds_in_simulation(k: int, chance: float, votes: float) -> None:
    right, expected = lead_by(k, 0.7)
    assert (round(right, 3), round(expected, 2)) == (chance, votes)
    draw = random.Random(11)
    wins = steps = 0
    for _ in range(20_000):
        lead = 0
        while abs(lead) < k:
            lead += 1 if draw.random() < 0.7 else -1
            steps += 1
        wins += lead > 0
    assert wins / 20_000 == pytest.approx(chance, abs=0.01)
    assert steps / 20_000 == pytest.approx(votes, abs=0.08)
    assert lead_by(2, 0.5) == (0.5, 4.0)
