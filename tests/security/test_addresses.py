"""An address that nobody confirmed is nobody's: a lead who names a person by it must not reach somebody else."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from catalog.models import Membership
from people.models import User
from people.rules import Role
from tests import worlds
from tests.worlds import World

pytestmark = pytest.mark.django_db
WANTED = "new.lead@example.org"


@pytest.fixture
def world() -> World:
    return worlds.world()


def appoint(world: World, person: str) -> None:
    """As a lead does on the admin page."""
    client = Client()
    client.force_login(world.lead)
    client.post(
        reverse("admin:catalog_membership_add"),
        {"project": world.project.pk, "person": person, "role": Role.LEAD},
    )


def leads(world: World, user: User) -> bool:
    return Membership.objects.filter(project=world.project, user=user, role=Role.LEAD).exists()


def test_who_claims_anothers_address_is_not_appointed_for_them(world: World) -> None:
    crook = world.person("crook", Role.CONTRIBUTOR)
    client = Client()
    client.force_login(crook)
    client.post(reverse("account_email"), {"action_add": "", "email": WANTED})
    client.post(reverse("account_email"), {"action_primary": "", "email": WANTED})
    crook.refresh_from_db()
    assert crook.email == WANTED, "nothing confirms addresses here"
    appoint(world, WANTED)
    assert not leads(world, crook)
    appoint(world, "crook")
    assert leads(world, crook), "by user name it is them"


def test_a_confirmed_address_and_one_that_an_operator_wrote_are_names(world: World) -> None:
    confirmed, written = worlds.person("confirmed"), worlds.person("written")
    EmailAddress.objects.create(user=confirmed, email=confirmed.email, verified=True, primary=True)
    for user in (confirmed, written):
        appoint(world, user.email.upper())
        assert leads(world, user)
