"""Money: whole minor units in, plain or readable text out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.money import plain, shown


@pytest.mark.parametrize(
    ("minor", "currency", "written", "read"),
    [
        (123450, "EUR", "1234.50", "€1,234.50"),
        (-80, "EUR", "-0.80", "\N{MINUS SIGN}€0.80"),
        (500, "JPY", "500", "¥500"),
        (1005, "BHD", "1.005", "BHD\u00a01.005"),
        (0, "USD", "0.00", "$0.00"),
    ],
)
def test_writing(minor: int, currency: str, written: str, read: str) -> None:
    assert plain(minor, currency) == written
    assert shown(minor, currency) == read


@given(st.integers(-(10**14), 10**14), st.sampled_from(["EUR", "JPY", "BHD", "CLF"]))
def test_what_is_written_plainly_is_the_amount(minor: int, currency: str) -> None:
    places = {"EUR": 2, "JPY": 0, "BHD": 3, "CLF": 4}[currency]
    assert Decimal(plain(minor, currency)).scaleb(places) == minor
