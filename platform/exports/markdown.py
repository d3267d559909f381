"""Markdown for a release's card: text of people made harmless, tables. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def line(text: str) -> str:
    """Text from people on one line, with the signs that would break a table, a heading or open a tag escaped."""
    flat = " ".join(text.split())
    for sign in "\\|<>`*_[]":
        flat = flat.replace(sign, "\\" + sign)
    return flat


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: int | None = None) -> str:
    """A table; the columns after the first are numbers, or the `numbers` ones after it. Cells are Markdown already."""
    right = set(range(1, 1 + numbers)) if numbers is not None else set(range(1, len(head)))
    rule = "|".join("---:" if at in right else "---" for at in range(len(head)))
    return "\n".join([f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)])
