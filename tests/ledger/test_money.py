"""Money: whole minor units in, plain or readable text out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.money import Money, digits, parse, plain, share, shown


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
    assert shown(minor, currency) == read == str(Money(minor, currency))


@settings(deadline=None)  # others share the machine
@given(st.integers(-(10**14), 10**14), st.sampled_from(["EUR", "JPY", "BHD", "CLF"]))
def test_parse_reads_what_plain_writes(minor: int, currency: str) -> None:
    assert parse(plain(minor, currency), currency) == minor


@pytest.mark.parametrize("text", ["", "abc", "1.005", "NaN", "1e400", "12,5"])
def test_parse_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is"):
        parse(text, "EUR")


def test_sums_stay_in_one_currency() -> None:
    assert Money(150, "EUR") + Money(50, "EUR") - Money(20, "EUR") == Money(180, "EUR")
    assert -Money(150, "EUR") * 2 == Money(-300, "EUR")
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(TypeError):
        Money(1.5, "EUR")  # type: ignore[arg-type]  # the very fault under test
    with pytest.raises(ValueError, match="currency code"):
        Money(1, "euro")


@settings(deadline=None)  # others share the machine
@given(st.integers(-(10**9), 10**9), st.integers(0, 100), st.integers(1, 100))
def test_share_is_within_half_a_unit(minor: int, numerator: int, denominator: int) -> None:
    assert abs(2 * (share(minor, numerator, denominator) * denominator - minor * numerator)) <= denominator


def test_share_rounds_half_to_even() -> None:
    assert [share(1, 1, 2), share(3, 1, 2), share(-1, 1, 2), share(5, 1, 3)] == [0, 2, 0, 2]
    assert digits("EUR") == 2
