"""How amounts of money, integer minor units of a currency, are written. Pure; no floats anywhere."""

from __future__ import annotations

# ISO 4217: currencies whose minor unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys([
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
    ], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}  # fmt: skip
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹"}
MINUS = "\N{MINUS SIGN}"


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
