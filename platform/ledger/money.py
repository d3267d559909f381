"""Amounts of money as integer minor units of a currency, and how they are shown. Pure; no floats anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

# ISO 4217: currencies whose minor unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹"}
MINUS = "\N{MINUS SIGN}"
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` units (cents, yen, fils) of `currency` (ISO 4217 code). ValueError for another sort of code."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError("an amount is a whole number of minor units")
        if not _CODE.fullmatch(self.currency):
            raise ValueError(f"{self.currency!r} is not a currency code")

    def __add__(self, other: Money) -> Money:
        """The sum; ValueError across currencies."""
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        """The difference; ValueError across currencies."""
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        """A whole multiple."""
        return Money(self.minor * times, self.currency)

    def __str__(self) -> str:
        return shown(self.minor, self.currency)

    def _same(self, other: Money) -> None:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")


def digits(currency: str) -> int:
    """How many decimals the currency's minor unit has (EUR 2, JPY 0, BHD 3)."""
    return _DIGITS.get(currency, 2)


def plain(minor: int, currency: str) -> str:
    """The amount as a plain decimal for CSV and APIs: `-12.05`; no grouping, no symbol."""
    places = digits(currency)
    sign = "-" if minor < 0 else ""
    whole, part = divmod(abs(minor), 10**places)
    return f"{sign}{whole}.{part:0{places}d}" if places else f"{sign}{whole}"


def shown(minor: int, currency: str) -> str:
    """The amount for people: `€1,234.50`, `¥500`, `CHF 12.00`; below zero with a true minus sign."""
    places = digits(currency)
    whole, part = divmod(abs(minor), 10**places)
    number = f"{whole:,}.{part:0{places}d}" if places else f"{whole:,}"
    symbol = _SYMBOLS.get(currency, f"{currency}\u00a0")
    return f"{MINUS if minor < 0 else ''}{symbol}{number}"


def parse(text: str, currency: str) -> int:
    """Minor units of a decimal such as `12.50`. ValueError when it is no number or finer than the minor unit."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount") from None
    if not amount.is_finite() or abs(amount) >= 10**15:
        raise ValueError(f"{text!r} is not an amount")
    scaled = amount.scaleb(digits(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} is finer than the smallest unit of {currency}")
    return int(scaled)


def share(minor: int, numerator: int, denominator: int) -> int:
    """`minor * numerator / denominator`, rounded half to even, in integers."""
    whole, rest = divmod(minor * numerator, denominator)
    twice = 2 * rest
    return whole + (twice > denominator or (twice == denominator and whole % 2 == 1))
