"""Answers are given again for a month, and then forgotten, a bounded number at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core import idempotency
from core.models import IdempotencyKey
from desk import sweeping

pytestmark = pytest.mark.django_db


def _given(days: float) -> IdempotencyKey:
    row: IdempotencyKey = IdempotencyKey.objects.create(
        user_id=1, key=f"key {days}", fingerprint="f" * 64, status=201, body={"id": 1}
    )
    IdempotencyKey.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days))
    return row


def test_a_sweep_forgets_the_oldest_answers_and_keeps_those_of_a_month(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idempotency, "FORGET_AT_ONCE", 2)
    _given(33), _given(32), _given(31)
    young = _given(29)
    assert sweeping.sweep()["core.idempotency.forget"] == 2
    assert idempotency.forget() == 1
    assert idempotency.forget() == 0
    assert IdempotencyKey.objects.get() == young
