"""Continuous sampling, agreement and gold scores against published values."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from review.agreement import Level, alpha
from review.gold_score import GoldScore, chance_above, right_needed
from review.sampling import (
    Plan,
    Standing,
    average_fraction_inspected,
    average_outgoing,
    inspect_next,
    outgoing_limit,
    standing,
)

CODINGS = Path("../shared/data/votes/codings.csv")


@pytest.mark.parametrize(
    ("fraction", "run", "limit"),
    [(0.1, 38, 0.0282), (0.2, 58, 0.0122), (0.25, 13, 0.0437), (0.5, 10, 0.0262)],
)
def test_outgoing_limits(fraction: float, run: int, limit: float) -> None:
    assert outgoing_limit(fraction, run) == pytest.approx(limit, abs=5e-5)


def test_average_fraction_and_outgoing() -> None:
    assert average_fraction_inspected(0.05, 0.1, 38) == pytest.approx(0.438, abs=5e-4)
    assert average_outgoing(0.05, 0.1, 38) == pytest.approx(0.0281, abs=5e-5)
    assert average_fraction_inspected(0, 0.1, 38) == 0.1
    assert average_fraction_inspected(1, 0.1, 38) == 1
    assert average_fraction_inspected(0.999999, 0.1, 500) == pytest.approx(1)


def test_newcomers_are_reviewed_until_thirteen_clean_in_a_row() -> None:
    assert standing([]) == Standing(0, False)
    assert not standing([False] * 12).sampling
    assert standing([False] * 12).clean_to_go() == 1
    assert standing([False] * 13) == Standing(13, True)
    assert standing([False] * 13 + [True]) == Standing(0, False)
    assert not standing([False] * 13 + [True] + [False] * 12).sampling


def test_sampling_reviews_the_fraction_and_never_changes_its_mind() -> None:
    sampled = Standing(13, True)
    drawn = [inspect_next(sampled, b"key", number) for number in range(20_000)]
    assert drawn == [inspect_next(sampled, b"key", number) for number in range(20_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(0.25, abs=0.01)
    assert all(inspect_next(Standing(12), b"key", number) for number in range(100))


def test_plan_never_samples_below_a_tenth() -> None:
    with pytest.raises(ValueError, match=r"\.10"):
        Plan(13, 0.05)


@pytest.mark.parametrize(
    ("level", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_of_krippendorffs_example(level: Level, value: float) -> None:
    assert CODINGS.exists(), f"{CODINGS} is missing: this test needs Krippendorff's codings"
    with CODINGS.open(encoding="utf-8") as source:
        coders = [[float(cell) if cell else None for cell in row] for row in csv.reader(source)]
    assert alpha(list(zip(*coders, strict=True)), level) == pytest.approx(value, abs=5e-4)


def test_alpha_edges() -> None:
    assert alpha([]) is None
    assert alpha([("yes", "yes"), ("yes", None)]) is None
    assert alpha([("yes", "yes"), ("no", "no")]) == 1
    assert alpha([("yes", "no"), ("no", "yes")]) == pytest.approx(-0.5)
    assert alpha([(0, 0), (0, 1)], "ratio") == pytest.approx(0)


def test_gold_admission() -> None:
    assert right_needed(7) is None
    assert right_needed(8) == 8
    assert right_needed(20) == 18
    assert GoldScore(18, 20).admitted
    assert not GoldScore(17, 20).admitted
    assert GoldScore(0, 0).mean == 0.5
    assert chance_above(0, 0, 0.7) == pytest.approx(0.3)
    assert chance_above(3, 10, 0) == 1
    assert chance_above(3, 10, 1) == 0
    with pytest.raises(ValueError, match="none and all"):
        chance_above(3, 2)
