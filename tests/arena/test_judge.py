"""The judging model against a real server: it answers well and badly, is measured, and orders the queue at most."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from arena import judge_actions, judge_reading
from arena.models import Judgement, Pair
from core.errors import BadInput, Conflict, NotAllowed
from core.models import Event
from people.rules import Role
from review import actions as review
from tests.scenes import Scene
from tests.visitors import text_of, visitor
from tests.work.endpoint import DONE, MODEL, ChatServer, Script, chat_server, chunk, closed_port, said
from tests.worlds import World, world
from work import assist_endpoints
from work.models import Assignment, Submission, Task
from work.states import AssistFault, TaskKind

pytestmark = pytest.mark.django_db

A, B, TIE = (json.dumps({"better": side}) for side in ("A", "B", "tie"))


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as made:
        yield made


@pytest.fixture(autouse=True)
def _named(server: ChatServer, settings: Any) -> None:
    settings.JUDGE_ENDPOINT = named(server.url)


def named(url: str, **fields: object) -> assist_endpoints.Endpoint | None:
    entry = {"url": url, "model": MODEL, "max_tokens": 256, **fields}
    return assist_endpoints.parse_one(json.dumps(entry), os.environ)


@pytest.fixture
def place() -> World:
    made = world(prompts=4)
    judge_actions.switch(project=made.project, on=True, by=made.lead)
    return made


def awaiting(place: World, name: str = "c") -> Submission:
    """A submission that passed its checks, with its review open."""
    scene = Scene(place)
    sent = scene.check(scene.send(place.person(name, Role.CONTRIBUTOR)))
    review.open_review(submission_id=sent.pk)
    return sent


def test_it_is_asked_both_ways_round_and_what_it_says_decides_nothing(
    place: World, server: ChatServer
) -> None:
    sent = awaiting(place)
    server.scripts = [said(A), said(B)]
    before = Submission.objects.values().get(pk=sent.pk)
    assert judge_actions.due() == [sent.pk]
    judge_actions.judge(submission_id=sent.pk)
    rows = Judgement.objects.order_by("-refined_is_a").values_list("refined_is_a", "better", "fault")
    assert list(rows) == [(True, "refined", ""), (False, "refined", "")]
    assert judge_reading.verdict(sent) == "refined"
    first, second = ("".join(each["content"] for each in asked["messages"]) for asked in server.asked)
    assert first.index("much better") < first.index("rather good")
    assert second.index("rather good") < second.index("much better")
    assert "target-model" not in first + second
    assert "rival-model" not in first + second
    assert Submission.objects.values().get(pk=sent.pk) == before
    assert not Task.objects.filter(kind=TaskKind.COMPARE).exists()
    assert judge_actions.due() == []
    judge_actions.judge(submission_id=sent.pk)
    assert len(server.asked) == 2, "once is enough"


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (Script(status=500), AssistFault.BROKEN),
        (Script(status=401), AssistFault.REFUSED),
        (Script(status=429, headers={"Retry-After": "3"}), AssistFault.BUSY),
        (Script([b"data: {broken\n\n"]), AssistFault.NONSENSE),
        (Script([chunk('{"better": "A"', reason=None)]), AssistFault.CUT_OFF),
        (Script([chunk('{"better": "A"'), chunk(reason="length"), DONE]), AssistFault.LENGTH),
        (Script([chunk("x" * 30_000)]), AssistFault.TOO_LONG),
        (Script([chunk(A, model="another")]), AssistFault.OTHER_MODEL),
        (said("Both are nice."), AssistFault.NONSENSE),
        (said('{"better": "refined"}'), AssistFault.NONSENSE),
        (Script([None]), AssistFault.SLOW),
    ],
)
def test_every_bad_answer_is_a_fault_and_no_judgement(
    place: World, server: ChatServer, settings: Any, script: Script, fault: AssistFault
) -> None:
    settings.JUDGE_ENDPOINT = named(server.url, first_seconds=1, quiet_seconds=1, total_seconds=3)
    sent = awaiting(place)
    server.scripts = [script]
    judge_actions.judge(submission_id=sent.pk)
    assert set(Judgement.objects.values_list("better", "fault", "tries")) == {("", fault.value, 1)}
    assert judge_reading.verdict(sent) is None
    assert judge_actions.due() == [], "it is not asked again at once"
    Judgement.objects.update(asked_at=timezone.now() - judge_actions.TRY_AGAIN * 2)
    assert judge_actions.due() == [sent.pk]
    server.scripts = [said(TIE)]
    judge_actions.judge(submission_id=sent.pk)
    assert set(Judgement.objects.values_list("better", "fault", "tries")) == {("tie", "", 2)}


def test_an_endpoint_that_is_not_there_costs_three_tries_and_nothing_else(
    place: World, settings: Any
) -> None:
    settings.JUDGE_ENDPOINT = named(f"http://127.0.0.1:{closed_port()}/v1")
    sent = awaiting(place)
    for _ in range(5):
        judge_actions.judge(submission_id=sent.pk)
        Judgement.objects.update(asked_at=timezone.now() - judge_actions.TRY_AGAIN * 2)
    assert set(Judgement.objects.values_list("fault", "tries")) == {("unreachable", 3)}
    assert judge_actions.due() == []
    shown = text_of(visitor(place.lead).get(reverse("desk:judge", args=[place.project.slug])))
    assert "cannot be reached" in shown
    assert "127.0.0.1" not in shown


def test_off_by_default_and_where_nobody_named_an_endpoint(settings: Any, server: ChatServer) -> None:
    made = world(prompts=1)
    sent = awaiting(made)
    judge_actions.judge(submission_id=sent.pk)
    assert judge_actions.due() == []
    settings.JUDGE_ENDPOINT = None
    with pytest.raises(NotAllowed):
        judge_actions.switch(project=made.project, on=True, by=made.lead)
    assert not server.asked
    client = visitor(made.lead)
    assert "No judging model on this site" in text_of(client.get(reverse("desk:judge", args=["test"])))
    assert "Judging model" not in text_of(client.get(reverse("desk:project", args=["test"])))


def test_only_one_question_at_a_time(place: World, server: ChatServer) -> None:
    sent = awaiting(place)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('arena.judge'))")
        judge_actions.judge(submission_id=sent.pk)
        assert not server.asked
    finally:
        # Closed, it goes back to its pool, locks and all.
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
        other.close()
    server.scripts = [said(A)]
    judge_actions.judge(submission_id=sent.pk)
    assert len(server.asked) == 2


def test_what_names_a_model_is_not_sent(place: World, server: ChatServer) -> None:
    sent = awaiting(place)
    Submission.objects.filter(pk=sent.pk).update(quarantine="“gpt-5” in index.html:1")
    assert judge_actions.due() == []
    judge_actions.judge(submission_id=sent.pk)
    assert not server.asked


def decided(place: World, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """One pair that people decided for the refined page; it is made to be enough to measure."""
    monkeypatch.setattr(judge_actions, "LEAST_PAIRS", 1)
    return Scene(place).decided(place.person("c", Role.CONTRIBUTOR), place.person("j", Role.REVIEWER))


def test_a_lead_sees_the_figures_before_it_may_order(
    place: World, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = decided(place, monkeypatch)
    client, url = visitor(place.lead), reverse("desk:judge", args=["test"])
    order = reverse("desk:judge_order", args=["test"])
    with pytest.raises(BadInput):
        judge_actions.let_order(project=place.project, seen="", by=place.lead)
    assert judge_actions.due() == [pair.submission_id], "what people decided is judged to be measured"
    server.scripts = [said(A), said(B)]
    judge_actions.judge(submission_id=pair.submission_id)
    page = client.get(url)
    assert "over 1 pair that people decided" in text_of(page)
    seen = page.context["seen"]
    with pytest.raises(Conflict):
        judge_actions.let_order(project=place.project, seen="other", by=place.lead)
    with pytest.raises(NotAllowed):
        judge_actions.let_order(project=place.project, seen=seen, by=place.person("c"))
    client.post(order, {"on": "1", "seen": "stale"})
    place.project.refresh_from_db()
    assert not place.project.judge_orders
    client.post(order, {"on": "1", "seen": seen})
    place.project.refresh_from_db()
    assert place.project.judge_orders
    event = Event.objects.get(machine="catalog.project", verb="judge_orders")
    assert (event.actor_id, event.data["pairs"], event.data["consistent"]) == (place.lead.pk, 1, 1.0)
    client.post(reverse("desk:judge_switch", args=["test"]), {"on": "0"})
    place.project.refresh_from_db()
    assert (place.project.judge_on, place.project.judge_orders) == (False, False)


def seat_of(sent: Submission) -> Assignment:
    return Assignment.objects.get(task__submission=sent, kind=TaskKind.REVIEW, status="open")


def test_it_orders_open_reviews_and_can_be_told_to_stop(
    place: World, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(place, monkeypatch)
    server.scripts = [said(A), said(B)]
    for pk in judge_actions.due():
        judge_actions.judge(submission_id=pk)
    good, bad, unsure = (awaiting(place, f"w{n}") for n in range(3))
    server.scripts = [said(B), said(A), said(A)]
    judge_actions.judge(submission_id=bad.pk)
    seen = judge_reading.of_project(place.project).mark
    judge_actions.let_order(project=place.project, seen=seen, by=place.lead)
    quarter = 2**31 / 4
    assert seat_of(bad).priority >= 3 * quarter - 1, "what it judged before is placed at once"
    server.scripts = [said(A), said(B), said(A)]
    judge_actions.judge(submission_id=good.pk)
    assert seat_of(good).priority <= quarter
    server.scripts = [said(A)]
    judge_actions.judge(submission_id=unsure.pk)
    assert quarter - 1 <= seat_of(unsure).priority <= 3 * quarter
    reviewer = place.person("r", Role.REVIEWER)
    assert Scene(place).claim(reviewer, TaskKind.REVIEW).task.submission_id == good.pk
    judge_actions.stop_ordering(project=place.project, by=place.lead)
    assert not place.project.judge_orders


def test_the_days_limit_holds(place: World, server: ChatServer, settings: Any) -> None:
    settings.JUDGE_PER_DAY = 2
    first, _ = awaiting(place, "w0"), awaiting(place, "w1")
    server.scripts = [said(A)]
    judge_actions.judge(submission_id=first.pk)
    assert judge_actions.due() == []
