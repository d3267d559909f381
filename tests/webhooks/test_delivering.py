"""From what happens to what a receiver gets: real receivers that take it, fail, drag, redirect, lie; then a replay."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from catalog import import_actions
from core.errors import BadInput, Conflict, NotAllowed
from core.models import Event
from desk import sweeping
from exports import actions as exports
from exports import withdrawal_actions
from exports.models import Release
from people.rules import Role
from tests.exports import judged
from tests.exports.shelves import Shelf, other_project
from tests.faults.invariants import events_tell_every_state
from tests.scenes import Scene
from tests.webhooks.receiver import Receiver
from tests.worlds import World, world
from webhooks import actions, backoff, delivering, sending, targets
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.states import TOLD, DeliveryStatus

pytestmark = pytest.mark.django_db

Kept = tuple[Endpoint, str]


def again() -> None:
    """Let every wait be over."""
    Delivery.objects.filter(status=DeliveryStatus.PENDING).update(next_at=Now())
    Endpoint.objects.update(quiet_until=None)


def deliver(endpoint: Endpoint) -> int:
    """As the worker does when it is rung."""
    return delivering.deliver(endpoint.pk)


def test_every_kind_of_news_is_told_once_in_its_order(
    made: World, kept: Kept, receiver: Receiver, settings: Any, tmp_path: Any
) -> None:
    endpoint, secret = kept
    settings.RELEASE_ROOT, settings.MEDIA_ROOT = tmp_path / "releases", tmp_path / "media"
    release = judged.published(made)
    withdrawal_actions.deprecate(release=release, by=made.lead, reason="Use the next one.")
    row = import_actions.request_import(
        project=made.project, chunks=[b"nonsense\n"], file_name="p.jsonl", update=False, by=made.lead
    )
    import_actions.run(row.pk)
    assert endpoint.pk in actions.due()
    assert deliver(endpoint) == 3
    said = [json.loads(got.body) for got in receiver.got]
    assert [each["type"] for each in said] == ["release.published", "release.deprecated", "import.refused"]
    first = said[0]["data"]
    assert (first["name"], first["version"], first["project"]) == ("sample", "1.0.0", "test")
    assert first["manifest_sha256"] == release.manifest_sha256
    assert said[1]["data"]["reason"] == "Use the next one."
    assert said[2]["data"]["counts"] == {"problems": 1}
    assert all(got.is_signed_by(secret) for got in receiver.got)
    assert not receiver.got[0].is_signed_by("whsec_" + "A" * 44)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 3
    assert abs(int(receiver.got[0].headers["webhook-timestamp"]) - time.time()) < 60
    assert {got.headers["content-type"] for got in receiver.got} == {"application/json"}
    assert actions.due() == []
    assert deliver(endpoint) == 0
    # The trigger writes the births that the trail must tell of.
    assert [fault for fault in events_tell_every_state() if "webhooks" in fault] == []
    exports.withdraw(release=release, by=made.lead, reason="A licence was wrong.")
    assert deliver(endpoint) == 1
    assert json.loads(receiver.got[-1].body)["data"]["reason"] == "A licence was wrong."


def test_a_verdict_is_told_and_what_was_not_asked_for_is_not(receiver: Receiver) -> None:
    scene = Scene(world(prompts=2))
    lead, project = scene.world.lead, scene.world.project
    author = scene.world.person("author", Role.CONTRIBUTOR)
    endpoint = actions.add_endpoint(project=project, url=receiver.url, events=["release.published"], by=lead)
    scene.decided(author, scene.world.person("judge0", Role.REVIEWER))
    assert deliver(endpoint) == 0
    actions.change_endpoint(endpoint=endpoint, by=lead, events=["verdict.reached"])
    pair = scene.decided(author, scene.world.person("judge1", Role.REVIEWER))
    assert deliver(endpoint) == 1
    said = json.loads(receiver.got[0].body)
    assert (said["type"], said["data"]["outcome"], said["data"]["id"]) == (
        "verdict.reached",
        "refined",
        pair.pk,
    )
    assert said["data"]["votes"] == {"refined": 3, "rival": 0, "tied": 0}


def test_a_receiver_that_fails_is_tried_again_with_growing_waits_then_given_up(
    made: World, kept: Kept, receiver: Receiver
) -> None:
    endpoint, _ = kept
    receiver.answers, receiver.body = [500], b"Oops \x1b[2J"
    delivery = actions.send_test(endpoint=endpoint, by=made.lead)
    waits = []
    for tries in range(1, backoff.MAX_TRIES + 1):
        assert deliver(endpoint) == 0
        delivery.refresh_from_db()
        endpoint.refresh_from_db()
        assert (delivery.tries, endpoint.failures) == (tries, tries)
        assert endpoint.quiet_until is not None
        assert endpoint.quiet_until > timezone.now()
        assert deliver(endpoint) == 0, "it is left alone meanwhile"
        waits.append((delivery.next_at - timezone.now()).total_seconds())
        again()
    assert delivery.status == DeliveryStatus.FAILED
    for tries, wait in enumerate(waits[:-1], start=1):
        assert backoff.delay(tries, 0) - 5 <= wait <= backoff.delay(tries, 1)
    assert deliver(endpoint) == 0
    assert len(receiver.got) == backoff.MAX_TRIES
    log = list(Attempt.objects.values_list("number", "answer", "said"))
    assert log == [(n, 500, "Oops  [2J") for n in range(1, backoff.MAX_TRIES + 1)]
    # Every try has the same id and the same bytes.
    assert len({(got.headers["webhook-id"], got.body) for got in receiver.got}) == 1

    receiver.answers = [200]
    once_more = actions.replay(delivery=delivery, by=made.lead)
    assert deliver(endpoint) == 1
    once_more.refresh_from_db()
    assert (once_more.status, once_more.replay_of_id) == (DeliveryStatus.DELIVERED, delivery.pk)
    assert (receiver.got[-1].headers["webhook-id"], receiver.got[-1].body) == (receiver.got[0].headers["webhook-id"], receiver.got[0].body)  # fmt: skip
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.quiet_until) == (0, None)


def test_one_message_that_is_refused_does_not_hold_up_the_others(
    made: World, kept: Kept, receiver: Receiver
) -> None:
    endpoint, _ = kept
    receiver.answers = [500, 204]
    first = actions.send_test(endpoint=endpoint, by=made.lead)
    second = actions.send_test(endpoint=endpoint, by=made.lead)
    assert deliver(endpoint) == 0
    Endpoint.objects.update(quiet_until=None)
    assert deliver(endpoint) == 1
    for delivery, status in ((first, DeliveryStatus.PENDING), (second, DeliveryStatus.DELIVERED)):
        delivery.refresh_from_db()
        assert delivery.status == status


def test_a_receiver_that_drags_is_cut_off(
    made: World, kept: Kept, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = kept
    receiver.slow = 0.2
    real = sending.post
    monkeypatch.setattr(sending, "post", lambda *args, **given: real(*args, **given, seconds=1.0))
    actions.send_test(endpoint=endpoint, by=made.lead)
    begun = time.monotonic()
    assert deliver(endpoint) == 0
    assert time.monotonic() - begun < 3
    attempt = Attempt.objects.get()
    assert (attempt.answer, attempt.said) == (None, "No answer within 1 s.")


def test_redirects_are_failures_and_are_not_followed(made: World, kept: Kept, receiver: Receiver) -> None:
    endpoint, _ = kept
    other = Receiver()
    receiver.answers, receiver.headers = [307], {"Location": other.url}
    actions.send_test(endpoint=endpoint, by=made.lead)
    assert deliver(endpoint) == 0
    assert Attempt.objects.get().answer == 307
    assert (len(receiver.got), other.got) == (1, [])
    other.close()


def test_a_receiver_that_is_gone_is_paused(made: World, kept: Kept, receiver: Receiver) -> None:
    endpoint, _ = kept
    receiver.answers = [410]
    delivery = actions.send_test(endpoint=endpoint, by=made.lead)
    deliver(endpoint)
    endpoint.refresh_from_db()
    delivery.refresh_from_db()
    assert delivery.status == DeliveryStatus.FAILED
    assert endpoint.paused_at is not None
    assert "410" in endpoint.paused_reason
    with pytest.raises(Conflict):
        actions.replay(delivery=delivery, by=made.lead)
    judged_before = Delivery.objects.count()
    receiver.answers = [200]
    actions.resume(endpoint=endpoint, by=made.lead)
    assert Delivery.objects.count() == judged_before
    actions.replay(delivery=delivery, by=made.lead)
    assert deliver(endpoint) == 1


def test_a_busy_receiver_is_left_alone_as_long_as_it_asks(
    made: World, kept: Kept, receiver: Receiver
) -> None:
    endpoint, _ = kept
    receiver.answers, receiver.headers = [503], {"Retry-After": "600"}
    delivery = actions.send_test(endpoint=endpoint, by=made.lead)
    deliver(endpoint)
    delivery.refresh_from_db()
    endpoint.refresh_from_db()
    assert endpoint.quiet_until is not None
    for at in (delivery.next_at, endpoint.quiet_until):
        assert timedelta(seconds=580) < at - timezone.now() < timedelta(seconds=610)


def test_names_that_lead_into_private_networks(
    made: World, kept: Kept, receiver: Receiver, settings: Any
) -> None:
    endpoint, _ = kept
    settings.WEBHOOK_PRIVATE_NETWORKS = ()
    actions.send_test(endpoint=endpoint, by=made.lead)
    deliver(endpoint)
    assert "private network" in Attempt.objects.get().said
    assert receiver.got == []


def test_a_name_is_resolved_once_and_every_address_of_it_is_judged(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    asked: list[str] = []
    there = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.port))]

    def lookup(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        return there

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    target = targets.parse(f"http://hooks.example.org:{receiver.port}/hook")
    answer = sending.post(target, b"{}", {}, private=targets.parse_networks("127.0.0.1/32"))
    assert (answer.status, asked) == (204, ["hooks.example.org"])
    assert receiver.got[0].headers["host"] == f"hooks.example.org:{receiver.port}"
    there.append((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", receiver.port)))
    refused = sending.post(target, b"{}", {}, private=targets.parse_networks("127.0.0.1/32"))
    assert (refused.status, len(receiver.got)) == (None, 1)


def test_an_address_that_is_no_longer_allowed_gets_nothing(
    made: World, kept: Kept, receiver: Receiver, settings: Any
) -> None:
    endpoint, _ = kept
    actions.send_test(endpoint=endpoint, by=made.lead)
    settings.WEBHOOK_TARGETS = ()
    deliver(endpoint)
    assert receiver.got == []
    assert "not among the addresses" in Attempt.objects.get().said


def test_a_new_secret_overlaps_with_the_old_for_a_day(made: World, kept: Kept, receiver: Receiver) -> None:
    endpoint, old = kept
    new = actions.rotate_secret(endpoint=endpoint, by=made.lead)
    assert new != old
    actions.send_test(endpoint=endpoint, by=made.lead)
    deliver(endpoint)
    assert receiver.got[0].is_signed_by(old)
    assert receiver.got[0].is_signed_by(new)
    Endpoint.objects.update(rotated_at=timezone.now() - timedelta(hours=25))
    actions.send_test(endpoint=endpoint, by=made.lead)
    deliver(endpoint)
    assert not receiver.got[1].is_signed_by(old)
    assert receiver.got[1].is_signed_by(new)


def test_only_one_sends_to_an_endpoint_and_a_lost_one_is_taken_over(
    made: World, kept: Kept, receiver: Receiver
) -> None:
    endpoint, _ = kept
    actions.send_test(endpoint=endpoint, by=made.lead)
    lost = actions.take(endpoint_id=endpoint.pk)
    assert lost is not None
    assert actions.take(endpoint_id=endpoint.pk) is None
    assert actions.due() == []
    Endpoint.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert actions.due() == [endpoint.pk]
    assert deliver(endpoint) == 1
    late = actions.next_due(lost) or Delivery.objects.get()
    with pytest.raises(actions.LeaseLost):
        actions.record(endpoint=lost, delivery=late, answer=sending.Answer(200, "", 1))
    assert Attempt.objects.count() == 1


def test_who_may_and_what_is_refused(made: World, kept: Kept, receiver: Receiver) -> None:
    endpoint, secret = kept
    stranger = made.person("mila", Role.ML)
    for refused in (
        lambda: actions.add_endpoint(project=made.project, url=receiver.url, events=TOLD, by=stranger),
        lambda: actions.rotate_secret(endpoint=endpoint, by=stranger),
        lambda: actions.send_test(endpoint=endpoint, by=stranger),
        lambda: actions.pause(endpoint=endpoint, by=stranger),
        lambda: actions.remove(endpoint=endpoint, by=stranger),
        lambda: actions.change_endpoint(endpoint=endpoint, by=stranger, description="x"),
    ):
        with pytest.raises(NotAllowed):
            refused()
    for wrong in ({"url": "https://evil.example/"}, {"url": "http://127.0.0.1:1/hook"}, {"events": []}, {"events": ["all"]}, {"events": ["webhook.test"]}):  # fmt: skip
        given: dict[str, Any] = {"url": "https://hooks.example.org/x", "events": TOLD, **wrong}
        with pytest.raises(BadInput):
            actions.add_endpoint(project=made.project, by=made.lead, **given)
    with pytest.raises(Conflict):
        actions.add_endpoint(project=made.project, url=receiver.url, events=TOLD, by=made.lead)
    # The secret is kept nowhere.
    key = secret.removeprefix("whsec_")
    assert key not in str(Endpoint.objects.values()) + str(Event.objects.values())
    actions.remove(endpoint=endpoint, by=made.lead)
    actions.add_endpoint(project=made.project, url=receiver.url, events=TOLD, by=made.lead)


def test_news_of_another_project_is_not_told(made: World, kept: Kept, receiver: Receiver) -> None:
    from core import audit

    audit.record("exports.release", "deprecate", 999_999, by=None)
    other = other_project(Shelf(made, Release(), made.lead))
    row = import_actions.request_import(
        project=other, chunks=[b"x\n"], file_name="p.jsonl", update=False, by=None
    )
    import_actions.run(row.pk)
    assert Delivery.objects.count() == 0


def test_the_sweep_rings_for_what_waits(made: World, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint, _ = kept
    actions.send_test(endpoint=endpoint, by=made.lead)
    rung: list[tuple[str, int]] = []
    monkeypatch.setattr("core.jobs.ring_now", lambda job, pk: rung.append((job.value, pk)))
    sweeping.sweep()
    assert ("tasks.webhooks.send", endpoint.pk) in rung


def test_what_ended_long_ago_is_forgotten_and_what_is_still_to_be_sent_is_kept(
    made: World, kept: Kept, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = kept
    receiver.answers = [204, 204, 410]
    old, recent, given_up = (actions.send_test(endpoint=endpoint, by=made.lead) for _ in range(3))
    deliver(endpoint)
    actions.resume(endpoint=endpoint, by=made.lead)
    given_up.refresh_from_db()
    replayed = actions.replay(delivery=given_up, by=made.lead)
    monkeypatch.setattr(actions, "FORGET_AT_ONCE", 1)
    long_ago = timezone.now() - actions.KEPT - timedelta(hours=1)
    Delivery.objects.exclude(pk=recent.pk).filter(ended_at__isnull=False).update(ended_at=long_ago)
    Delivery.objects.filter(pk=replayed.pk).update(created_at=long_ago, next_at=long_ago)
    sweeping.sweep()
    assert Delivery.objects.count() == 3, "a sweep forgets no more than it may at once"
    assert [actions.forget(), actions.forget()] == [1, 0]
    assert set(Delivery.objects.values_list("pk", flat=True)) == {recent.pk, replayed.pk}
    assert not Attempt.objects.filter(delivery__in=[old.pk, given_up.pk]).exists()
    replayed.refresh_from_db()
    assert (replayed.status, replayed.replay_of) == (DeliveryStatus.PENDING, None)
    receiver.answers = [204]
    assert deliver(endpoint) == 1

    waits = actions.send_test(endpoint=endpoint, by=made.lead)
    actions.remove(endpoint=endpoint, by=made.lead)
    assert actions.forget() == 0
    Endpoint.objects.update(removed_at=long_ago)
    assert actions.forget() == 1
    assert not Delivery.objects.filter(pk=waits.pk).exists()
