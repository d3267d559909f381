"""Qualifications and holds: operators only, paired, traced."""

from __future__ import annotations

import pytest

from core.errors import BadInput, Conflict, NotAllowed
from core.models import Event
from people import actions
from people.models import Grant
from tests.factories import QualificationFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_grant_is_given_once_and_taken_back() -> None:
    operator, user, qualification = UserFactory(operator=True), UserFactory(), QualificationFactory()
    first = actions.grant(user=user, qualification=qualification, by=operator)
    assert actions.grant(user=user, qualification=qualification, by=operator) == first
    actions.revoke(user=user, qualification=qualification, by=operator)
    actions.revoke(user=user, qualification=qualification, by=operator)
    assert not Grant.objects.exists()
    assert [e.verb for e in Event.objects.filter(machine="people.grant").order_by("id")] == [
        "grant",
        "revoke",
    ]


def test_a_hold_has_a_reason_that_the_person_sees() -> None:
    operator, user = UserFactory(operator=True), UserFactory()
    with pytest.raises(BadInput):
        actions.hold(user=user, reason="  ", by=operator)
    actions.hold(user=user, reason="Please call us.", by=operator)
    assert (user.hold_reason, user.hold_by) == ("Please call us.", operator)
    with pytest.raises(Conflict):
        actions.hold(user=user, reason="Again.", by=operator)
    actions.lift_hold(user=user, by=operator)
    assert user.hold_at is None
    with pytest.raises(Conflict):
        actions.lift_hold(user=user, by=operator)


def test_only_operators_do_any_of_it() -> None:
    user, other = UserFactory(is_staff=True), UserFactory()
    with pytest.raises(NotAllowed):
        actions.hold(user=other, reason="No.", by=user)
    with pytest.raises(NotAllowed):
        actions.grant(user=user, qualification=QualificationFactory(), by=user)
