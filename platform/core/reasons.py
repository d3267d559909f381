"""Reasons that people give for what they decide: long enough to mean something, short enough to keep."""

from __future__ import annotations

from core.errors import BadInput, Problem

LEAST, MOST = 8, 2_000  # characters


def checked(text: str, *, ask: str) -> str:
    """`text` trimmed. Raises BadInput, which opens with `ask`, when it cannot stand as a reason."""
    said = text.strip()
    if not LEAST <= len(said) <= MOST or "\x00" in said:
        problem = Problem("reason", f"must have {LEAST} to {MOST:,} characters", "Write a sentence.")
        raise BadInput(ask, problems=[problem])
    return said
