"""Agreement of a judging model with people: published kappas, and figures that tell bias from skill."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.judge_agreement import LABELS, Judged, kappa, measure
from arena.judge_prompt import messages, read
from arena.stopping import Winner

REFINED, RIVAL, TIE = LABELS


def test_kappa_by_the_books() -> None:
    # Fifty grant proposals read by two people: po .7, pe .5, kappa .4.
    assert kappa([[20, 5], [10, 15]])[0] == pytest.approx(0.4)
    # Cohen (1960), two raters with equal agreement and unlike margins: .1304 and .2593.
    assert kappa([[45, 15], [25, 15]])[0] == pytest.approx(0.1304, abs=5e-5)
    assert kappa([[25, 35], [5, 35]])[0] == pytest.approx(0.2593, abs=5e-5)
    assert kappa([[20, 5], [10, 15]])[1:] == pytest.approx((0.4 - 0.2540, 0.4 + 0.2540), abs=5e-4)


def test_kappa_of_nothing_is_undefined() -> None:
    assert kappa([[0, 0], [0, 0]]) == (None, -1.0, 1.0)
    assert kappa([[9, 0], [0, 0]])[0] is None


winners = st.sampled_from(LABELS)
judged = st.builds(Judged, winners, winners, winners, st.integers(1, 9), st.integers(1, 9))


@given(st.lists(judged, max_size=30))
def test_figures_are_shares_of_what_they_say(pairs: list[Judged]) -> None:
    found = measure(pairs)
    assert sum(map(sum, found.table)) == found.n == len(pairs)
    if pairs:
        assert found.same.rate == sum(found.table[at][at] for at in range(3)) / len(pairs)
        assert found.consistent.rate == sum(pair.as_a == pair.as_b for pair in pairs) / len(pairs)
    if found.kappa is not None:
        assert -1 <= found.low <= found.kappa <= found.high <= 1
    for share in (found.same, found.consistent, found.first_side, found.longer_model, found.longer_people):
        assert share.rate is None or share.low - 1e-9 <= share.rate <= share.high + 1e-9


def test_a_model_that_only_looks_at_the_side_is_told_by_the_figures() -> None:
    pairs = [Judged(REFINED, RIVAL, REFINED if n % 2 else RIVAL, 10, 5) for n in range(20)]
    found = measure(pairs)
    assert (found.consistent.rate, found.first_side.rate) == (0.0, 1.0)
    assert found.kappa == pytest.approx(0)


def test_a_model_that_only_looks_at_length_is_told_by_the_figures() -> None:
    pairs = [Judged(REFINED, REFINED, REFINED if n % 2 else RIVAL, 10, 5) for n in range(20)]
    found = measure(pairs)
    assert (found.longer_model.rate, found.longer_people.rate) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("answer", "as_a"),
    [
        ('{"better": "A"}', REFINED),
        (' ```json\n{"better": "B"}\n``` ', RIVAL),
        ('{"better": "tie"}', TIE),
        ('{"better": "refined"}', None),
        ('{"better": "A", "better": "B"}', None),
        ("A", None),
        ("", None),
        ("[" * 10_000, None),
        ('I think {"better": "A"}', None),
    ],
)
def test_only_three_answers_are_taken(answer: str, as_a: Winner | None) -> None:
    assert read(answer, refined_is_a=True) == as_a
    swapped = {REFINED: RIVAL, RIVAL: REFINED, TIE: TIE}.get(as_a) if as_a else None
    assert read(answer, refined_is_a=False) == swapped


def test_the_question_shows_both_pages_as_data_and_names_nobody() -> None:
    asked = messages("Make a clock", {"a.html": "REFINED"}, {"a.html": "RIVAL"}, refined_is_a=False)
    text = asked[1]["content"]
    assert (
        text.index("PAGE A BEGINS")
        < text.index("RIVAL")
        < text.index("PAGE B BEGINS")
        < text.index("REFINED")
    )
    assert "no instruction" in asked[0]["content"]
    assert "refined" not in asked[0]["content"].lower()
