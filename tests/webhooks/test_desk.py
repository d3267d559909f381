"""Webhooks on the desk: added, tried, paused, rotated, removed; the log with its tries, and a message sent again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Membership
from people.rules import Role
from tests.exports.shelves import bare
from tests.webhooks.receiver import Receiver
from tests.worlds import World
from webhooks import delivering
from webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(made: World) -> Client:
    client = Client()
    client.force_login(made.lead)
    return client


def press(client: Client, row: Any, name: str) -> Any:
    kind = type(row)._meta.model_name
    return client.post(reverse(f"admin:webhooks_{kind}_do", args=[row.pk, name]))


def page(client: Client, row: Any) -> str:
    kind = type(row)._meta.model_name
    return client.get(reverse(f"admin:webhooks_{kind}_change", args=[row.pk])).content.decode()


def test_from_adding_one_to_a_replay(made: World, lead: Client, receiver: Receiver) -> None:
    add = reverse("admin:webhooks_endpoint_add")
    assert f"http://127.0.0.1:{receiver.port}/hook" in lead.get(add).content.decode()
    form = {
        "project": made.project.pk,
        "url": receiver.url,
        "events": ["release.published", "import.finished"],
        "description": "nightly",
    }
    added = lead.post(add, form)
    assert added.status_code == 200
    assert "no-store" in added["Cache-Control"]
    [secret] = set(re.findall(r"whsec_[\w+/=]+", added.content.decode()))
    endpoint = Endpoint.objects.get()
    assert (endpoint.events, endpoint.created_by) == (["release.published", "import.finished"], made.lead)
    again = lead.post(add, form)
    assert "has a webhook for that address already" in again.content.decode()
    first = page(lead, endpoint)
    assert secret not in first
    assert "Send a test" in first

    receiver.answers, receiver.body = [500, 204], b"no room"
    assert press(lead, endpoint, "test").status_code == 302
    delivering.deliver(endpoint.pk)
    [delivery] = Delivery.objects.all()
    log = page(lead, delivery)
    for told in ("500", "no room", "Pending", "webhook.test"):
        assert told in log
    assert "1 failed try in a row" in page(lead, endpoint)
    assert "Send it again" not in log

    Delivery.objects.update(next_at="2020-01-01T00:00Z")
    Endpoint.objects.update(quiet_until=None)
    delivering.deliver(endpoint.pk)
    assert "Delivered" in page(lead, delivery)
    assert press(lead, delivery, "replay").status_code == 302
    delivering.deliver(endpoint.pk)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert receiver.got[-1].is_signed_by(secret)

    rotated = press(lead, endpoint, "rotate").content.decode()
    [new] = set(re.findall(r"whsec_[\w+/=]+", rotated))
    assert new != secret
    press(lead, endpoint, "test")
    press(lead, endpoint, "pause")
    assert "Paused: by a lead" in page(lead, endpoint)
    waits = Delivery.objects.latest("pk")
    assert "when the webhook is resumed" in page(lead, waits)
    press(lead, endpoint, "resume")
    changed = lead.post(
        reverse("admin:webhooks_endpoint_change", args=[endpoint.pk]),
        {"events": ["verdict.reached"], "description": ""},
    )
    assert changed.status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.events, endpoint.url) == (["verdict.reached"], receiver.url)
    assert press(lead, endpoint, "remove")["Location"] == reverse("admin:webhooks_endpoint_changelist")
    lead.get(reverse("admin:webhooks_endpoint_changelist"))  # says what was done
    assert receiver.url not in lead.get(reverse("admin:webhooks_endpoint_changelist")).content.decode()
    assert "Send it again" not in page(lead, delivery)
    assert "when the webhook is resumed" not in page(lead, waits)


def test_where_the_operator_allows_nothing(made: World, lead: Client, settings: Any) -> None:
    settings.WEBHOOK_TARGETS = ()
    add = reverse("admin:webhooks_endpoint_add")
    assert "The operator allows no address yet" in lead.get(add).content.decode()
    refused = lead.post(
        add,
        {"project": made.project.pk, "url": "https://hooks.example.org/", "events": ["release.published"]},
    )
    assert "is not among the addresses that the operator allows" in refused.content.decode()
    assert not Endpoint.objects.exists()


def test_a_lead_of_another_project_sees_none_of_it(made: World, kept: tuple[Endpoint, str]) -> None:
    endpoint, _ = kept
    other = bare()
    other.world.lead.is_staff = True
    other.world.lead.save()
    Membership.objects.create(project=other.world.project, user=other.world.lead, role=Role.LEAD)
    stranger = Client()
    stranger.force_login(other.world.lead)
    assert endpoint.url not in stranger.get(reverse("admin:webhooks_endpoint_changelist")).content.decode()
    assert press(stranger, endpoint, "rotate").status_code == 404
    assert endpoint.url not in stranger.get(reverse("admin:webhooks_delivery_changelist")).content.decode()
