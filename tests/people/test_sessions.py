"""Sessions that have run out leave the database; those that run stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from desk import sweeping
from people import sessions

pytestmark = pytest.mark.django_db


def test_a_sweep_forgets_sessions_that_have_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "FORGET_AT_ONCE", 2)
    now = timezone.now()
    for hours in (-3, -2, -1, 1):
        Session.objects.create(
            session_key=f"s{hours}", session_data="", expire_date=now + timedelta(hours=hours)
        )
    assert sweeping.sweep()["people.sessions.forget_ended"] == 2
    assert set(Session.objects.values_list("pk", flat=True)) == {"s-1", "s1"}
    assert [sessions.forget_ended(), sessions.forget_ended()] == [1, 0]
