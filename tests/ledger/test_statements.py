"""Weeks and months as the person lives them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from ledger.statements import Month, monday


def test_a_week_begins_on_monday_in_the_active_zone() -> None:
    sunday_night = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert monday(sunday_night) == datetime(2026, 11, 16, tzinfo=UTC)
    with timezone.override(ZoneInfo("Europe/Zurich")):
        assert monday(sunday_night) == datetime(2026, 11, 22, 23, tzinfo=UTC)


def test_a_week_over_the_change_of_clocks_begins_at_local_midnight() -> None:
    with timezone.override(ZoneInfo("Europe/Zurich")):
        # Clocks went back on 25 October 2026.
        assert monday(datetime(2026, 10, 25, 20, tzinfo=UTC)) == datetime(2026, 10, 18, 22, tzinfo=UTC)


def test_months_follow_each_other_and_know_their_bounds() -> None:
    december = Month.parse("2026-12")
    assert str(december.following) == "2027-01"
    assert str(december.preceding) == "2026-11"
    assert Month(date(2027, 3, 1)).preceding == Month(date(2027, 2, 1))
    with timezone.override(ZoneInfo("Europe/Zurich")):
        assert december.bounds == (
            datetime(2026, 11, 30, 23, tzinfo=UTC),
            datetime(2026, 12, 31, 23, tzinfo=UTC),
        )
        assert Month.containing(datetime(2026, 11, 30, 23, 30, tzinfo=UTC)) == december


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "1999-12", "2100-01", "2026-11-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Month.parse(text)
