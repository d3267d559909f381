"""Operators take a lost second factor away; nobody reads its secret, and it leaves a trace."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from core.models import Event
from people.models import User
from tests.worlds import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    return person("operator", is_staff=True, is_superuser=True)


@pytest.fixture
def factor() -> Authenticator:
    return Authenticator.objects.create(
        user=person("forgetful"), type="totp", data={"secret": "KRSXG5CTMVRXEZLU"}
    )


def test_the_secret_is_not_shown(client: Client, operator: User, factor: Authenticator) -> None:
    client.force_login(operator)
    page = client.get(reverse("admin:mfa_authenticator_change", args=[factor.pk])).content.decode()
    assert "forgetful" in page
    assert "KRSXG5CTMVRXEZLU" not in page


@pytest.mark.parametrize("way", ["by itself", "from the list"])
def test_what_is_taken_away_leaves_a_trace(
    client: Client, operator: User, factor: Authenticator, way: str
) -> None:
    client.force_login(operator)
    if way == "by itself":
        client.post(reverse("admin:mfa_authenticator_delete", args=[factor.pk]), {"post": "yes"})
    else:
        client.post(
            reverse("admin:mfa_authenticator_changelist"),
            {"action": "delete_selected", "_selected_action": factor.pk, "post": "yes"},
        )
    assert not Authenticator.objects.exists()
    event = Event.objects.get(machine="people.user", verb="drop_factor")
    assert (event.object_id, event.actor_id) == (factor.user_id, operator.pk)
