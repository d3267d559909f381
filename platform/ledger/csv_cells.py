"""CSV that spreadsheets read as data, never as formulas. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

# A cell that begins so is evaluated by common spreadsheets (OWASP: CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(text: str) -> str:
    """A text cell that is no formula: one that would be is led by an apostrophe. Not for numbers of our own."""
    return f"'{text}" if text.lstrip(" \x00").startswith(_FORMULA) else text


def line(cells: Iterable[str]) -> str:
    """One CSV line (RFC 4180), its end included."""
    out = io.StringIO()
    csv.writer(out).writerow(list(cells))
    return out.getvalue()


def document(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A CSV document line by line; a byte order mark first, so that spreadsheets read UTF-8."""
    yield "\ufeff" + line(header)
    for row in rows:
        yield line(row)
