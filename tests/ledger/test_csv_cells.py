"""CSV that spreadsheets read as data."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import csv_cells


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "＝1", "\x00=1"])
def test_what_would_be_a_formula_is_led_by_an_apostrophe(text: str) -> None:
    assert csv_cells.safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Vote", "a=b", "12.05", "'=1"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert csv_cells.safe(text) == text


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1, max_size=5
    )
)
def test_a_document_reads_back_as_written(cells: list[str]) -> None:
    text = "".join(csv_cells.document(["h"] * len(cells), [cells]))
    assert text.startswith("\ufeffh")
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert read[1:] == [cells] or (cells == [""] and read[1:] == [[""]])
