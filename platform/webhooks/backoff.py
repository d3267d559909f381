"""When to try again. Pure."""

from __future__ import annotations

MAX_TRIES = 9
FIRST_SECONDS = 5.0
FACTOR = 4.0
LONGEST_SECONDS = 12 * 3600.0
LONGEST_QUIET_SECONDS = 900.0
LONGEST_ASKED_SECONDS = 3600.0


def delay(tries: int, luck: float) -> float:
    """Seconds to wait after try `tries` (from 1) failed: 5 s, 20 s, 80 s … 12 h, each times 0.5 to 1.5 by `luck` in [0, 1).

    The spread keeps receivers that came back from being met by everybody at once.
    """
    return min(FIRST_SECONDS * FACTOR ** (tries - 1), LONGEST_SECONDS) * (0.5 + luck)


def quiet(failures: int, luck: float) -> float:
    """Seconds to leave an endpoint alone after `failures` failed tries in a row, whatever else waits for it."""
    return min(FIRST_SECONDS * 2.0 ** (min(failures, 20) - 1), LONGEST_QUIET_SECONDS) * (0.5 + luck)


def asked(retry_after: str | None) -> float:
    """Seconds that a receiver asks for by `Retry-After`, at most an hour; 0 when it asks for none or by a date."""
    text = (retry_after or "").strip()
    return min(float(text), LONGEST_ASKED_SECONDS) if text.isdecimal() and len(text) < 9 else 0.0
