"""Whose text it is: the line the base had, the line the model brought, the line the person wrote."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from work.origins import Origins, count

BASE = "<main>\n  <h1>Shop</h1>\n  <p>Buy our things today</p>\n</main>"


def counted(final: str, *, base: str = BASE, accepted: list[str] | None = None, offered: list[str] | None = None) -> Origins:  # fmt: skip
    return count(
        base={"index.html": base}, final={"index.html": final}, accepted=accepted or [], offered=offered or []
    )


def test_what_the_base_had_is_nobodys_new_work() -> None:
    origins = counted(BASE)
    assert origins.model == origins.copied == origins.person == 0
    assert origins.share == 0.0
    assert counted("").as_dict() == {"kept": 0, "model": 0, "copied": 0, "person": 0}


def test_lines_go_to_who_brought_them() -> None:
    final = BASE.replace(
        "</main>", "  <button>Order now</button>\n  <footer>Mine alone here</footer>\n</main>"
    )
    origins = counted(final, accepted=["  <button>Order now</button>"])
    # < button > Order now < / button > is 9 tokens, < footer > Mine alone here < / footer > is 10.
    assert (origins.model, origins.person) == (9, 10)
    assert origins.share == round(9 / 19, 4)


def test_a_later_edit_turns_only_the_edited_words() -> None:
    accepted = ['<button class="buy" type="button">Order our finest things now</button>']
    final = BASE + '\n<button class="buy" type="button">Order our cheapest things now</button>'
    origins = counted(final, accepted=accepted)
    assert origins.person == 1
    assert origins.model > 15


def test_a_word_changed_by_the_model_in_a_line_of_the_base_is_one_word() -> None:
    final = BASE.replace("Buy our things today", "Buy our things tomorrow")
    for brought in (
        {"accepted": ["  <p>Buy our things tomorrow</p>"]},
        {"offered": ["  <p>Buy our things tomorrow</p>"]},
    ):
        origins = counted(final, **brought)
        assert (origins.model + origins.copied, origins.person) == (1, 0)


def test_indenting_moving_and_renaming_change_nothing() -> None:
    accepted = ["<nav>\n<a href='#a'>First</a>\n</nav>"]
    final = "<nav>\n        <a href='#a'>First</a>\n</nav>\n" + BASE
    moved = count(
        base={"index.html": BASE}, final={"other.html": final}, accepted=accepted, offered=[]
    )  # fmt: skip
    assert moved.person == 0
    assert moved.share == 1.0


def test_what_was_accepted_and_taken_out_again_counts_for_nobody() -> None:
    assert counted(BASE, accepted=["<nav>everything else</nav>"]).share == 0.0


def test_a_line_used_up_is_not_given_twice() -> None:
    # The base has one </div>, the model brought one, the person wrote the third.
    origins = counted("</div>\n</div>\n</div>", base="</div>", accepted=["</div>"])
    assert (origins.kept, origins.model, origins.person) == (4, 4, 4)


def test_copying_an_answer_without_accepting_is_the_models_share_too() -> None:
    final = BASE + "\n<section class='prices'><h2>Our prices</h2></section>"
    origins = counted(final, offered=["<section class='prices'><h2>Our prices</h2></section>"])
    assert origins.copied > 10
    assert origins.person == 0
    assert origins.share == 1.0
    assert counted(BASE + "\n}", offered=["}"]).copied == 0, "a bracket is nobody's to copy"


def test_a_long_line_costs_no_more_than_its_length() -> None:
    line = " ".join(f"w{n % 5000}" for n in range(120_000))
    origins = counted(line + " more", base=line, accepted=[line])
    assert origins.person <= 3


@given(st.text(max_size=300), st.text(max_size=300), st.lists(st.text(max_size=100), max_size=3))
def test_every_token_has_exactly_one_origin(base: str, final: str, accepted: list[str]) -> None:
    from work.origins import _TOKEN, _lines

    total: Any = sum(len(_TOKEN.findall(line)) for line in _lines(final))
    origins = counted(final, base=base, accepted=accepted)
    assert sum(origins.as_dict().values()) == total
    assert 0 <= origins.share <= 1
