"""What changed between two guidelines: nothing lost, nothing made up, words marked where lines are akin."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.guideline_diff import Gap, Line, Mark, diff, with_gaps

TEXTS = st.lists(
    st.sampled_from(["# Head", "One two three.", "One two four.", "x", "", "ünï ❤ <b>"]), max_size=12
)


def side(lines: list[Line], *, without: Mark) -> list[str]:
    """One version as its diff tells it."""
    texts = (
        "".join(p.text for p in line.pieces if p.mark != without) for line in lines if line.mark != without
    )
    return [text for text in texts if text]


@given(old=TEXTS, new=TEXTS)
def test_both_versions_can_be_read_off_the_diff(old: list[str], new: list[str]) -> None:
    lines = diff("\n".join(old), "\r\n".join(new))
    assert side(lines, without=Mark.ADDED) == [line for line in old if line]
    assert side(lines, without=Mark.REMOVED) == [line for line in new if line]


def test_a_changed_word_is_marked_within_its_line() -> None:
    (line,) = diff("The page works on a phone.", "The page works on a tablet.")
    assert line.changed
    marked = [(piece.mark, piece.text) for piece in line.pieces]
    assert (Mark.REMOVED, "phone") in marked
    assert (Mark.ADDED, "tablet") in marked


def test_another_sentence_is_shown_whole() -> None:
    assert [line.mark for line in diff("Keep what is good.", "§ 9!")] == [Mark.REMOVED, Mark.ADDED]


def test_unchanged_lines_far_from_changes_are_counted() -> None:
    old = "\n".join(f"line {n}" for n in range(10))
    shown = with_gaps(diff(old, old + "\nnew"), around=2)
    assert shown[0] == Gap(8)
    assert len(shown) == 4


def test_texts_too_long_to_compare_are_shown_one_after_the_other() -> None:
    lines = diff("a\n" * 3000, "b\n" * 3000)
    assert (len(lines), {line.mark for line in lines}) == (6000, {Mark.ADDED, Mark.REMOVED})
