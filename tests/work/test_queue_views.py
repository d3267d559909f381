"""The queue's page, claiming from it, resuming: what is shown, and where each answer leads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog import actions as catalog
from catalog.models import Membership, Project
from catalog.states import PROJECT
from people.models import Grant, Qualification, User
from people.rules import Role
from tests.factories import ProjectFactory
from tests.scenes import Scene
from tests.visitors import queries, text_of, visitor
from tests.worlds import person, world
from work import actions, queue
from work.models import Assignment
from work.states import TaskKind

pytestmark = pytest.mark.django_db
QUEUE = "/queue/"


@pytest.fixture
def scene() -> Scene:
    return Scene(world(prompts=3, pay_refine=1250))


@pytest.fixture
def ana(scene: Scene) -> User:
    return scene.world.person("ana", Role.CONTRIBUTOR)


def claim(user: User, project: Project, kind: str = "refine") -> Any:
    return visitor(user).post(reverse("work:claim"), {"project": project.pk, "kind": kind})


def test_lines_show_pay_and_open_counts_for_ones_own_roles_alone(scene: Scene, ana: User) -> None:
    page = text_of(visitor(ana).get(QUEUE))
    assert "<b>€12.50</b>" in page
    assert '<b>3</b> <span class="muted small">open' in page
    assert "Compare" in page
    assert "Judge a refinement" not in page


@pytest.mark.parametrize(
    ("kind", "address"), [("refine", "work:bench"), ("review", "review:review"), ("compare", "arena:compare")]
)
def test_a_claim_leads_to_the_page_of_its_kind(scene: Scene, ana: User, kind: str, address: str) -> None:
    judge, voter = scene.world.person("judge", Role.REVIEWER), scene.world.person("voter", Role.CONTRIBUTOR)
    if kind == "review":
        sent = scene.check(scene.send(ana))
        from review.actions import open_review

        open_review(submission_id=sent.pk)
    if kind == "compare":
        scene.open_pair(scene.accepted(ana, judge))
    who = {"refine": ana, "review": judge, "compare": voter}[kind]
    answer = claim(who, scene.world.project, kind)
    seat = Assignment.objects.get(assignee=who, status="active")
    assert (answer.status_code, answer["Location"]) == (302, reverse(address, args=[seat.pk]))


def test_who_holds_a_task_is_led_to_it(scene: Scene, ana: User) -> None:
    held = scene.claim(ana, TaskKind.REFINE)
    browser = visitor(ana)
    answer = browser.post(reverse("work:claim"), {"project": scene.world.project.pk, "kind": "refine"})
    assert answer["Location"] == reverse("work:bench", args=[held.pk])
    page = text_of(browser.get(QUEUE))
    assert "You hold this task already" in page
    assert "You hold: refine" in page
    assert "queue-claim" not in page


def test_a_claim_of_nothing_says_why(scene: Scene, ana: User) -> None:
    browser = visitor(ana)
    answer = browser.post(
        reverse("work:claim"), {"project": scene.world.project.pk, "kind": "write"}, follow=True
    )
    assert answer.redirect_chain == [(QUEUE, 302)]
    assert "Nothing of the kind “Write from scratch” is open in" in text_of(answer)


@pytest.mark.parametrize("project", ["", "-1", "²", "9" * 30, "x"])
def test_a_claim_that_names_no_work_is_refused(ana: User, project: str) -> None:
    answer = visitor(ana).post(reverse("work:claim"), {"project": project, "kind": "paint"})
    assert answer.status_code == 400
    assert "is not the number of a project" in text_of(answer)
    assert "must be one of refine" in text_of(answer)


def test_claiming_takes_a_post(ana: User) -> None:
    assert visitor(ana).get(reverse("work:claim")).status_code == 405


def _pause(scene: Scene, ana: User) -> None:
    PROJECT.move(scene.world.project, "pause", by=None)


def _hold(scene: Scene, ana: User) -> None:
    User.objects.filter(pk=ana.pk).update(
        hold_reason="We check a payment.", hold_at=timezone.now(), hold_by=ana
    )


def _qualify(scene: Scene, ana: User) -> None:
    needed = Qualification.objects.create(slug="react", name="React", how="Pass the React test.")
    Project.objects.filter(pk=scene.world.project.pk).update(refine_needs=needed, compare_needs=needed)


def _cap(scene: Scene, ana: User) -> None:
    Project.objects.filter(pk=scene.world.project.pk).update(daily_cap=1)
    scene.send(ana)


@pytest.mark.parametrize(
    ("bar", "why", "words"),
    [
        (_pause, queue.Why.PROJECT_PAUSED, "is paused: its lead has stopped handing out work"),
        (_hold, queue.Why.ON_HOLD, "Your account is on hold: We check a payment."),
        (_qualify, queue.Why.NEEDS_QUALIFICATION, "Pass the React test."),
        (_cap, queue.Why.DAILY_CAP, "which is its cap for a day"),
    ],
)
def test_every_bar_is_named_on_the_page(
    scene: Scene, ana: User, bar: Any, why: queue.Why, words: str
) -> None:
    bar(scene, ana)
    ana.refresh_from_db()
    line = next(line for line in queue.lines(ana) if line.kind == TaskKind.REFINE)
    assert line.closed is not None
    assert line.closed.kind == why
    page = text_of(visitor(ana).get(QUEUE))
    assert words in page
    assert "Nothing to claim right now" in page
    assert "queue-claim" not in page


def test_a_qualification_held_opens_the_line(scene: Scene, ana: User) -> None:
    _qualify(scene, ana)
    Grant.objects.create(user=ana, qualification=Qualification.objects.get(), granted_by=ana)
    assert "queue-claim" in text_of(visitor(ana).get(QUEUE))


def test_all_held_says_when_the_first_frees_in_the_persons_zone(ana: User, scene: Scene) -> None:
    User.objects.filter(pk=ana.pk).update(timezone="Asia/Tokyo")
    for n in range(3):
        scene.claim(scene.world.person(f"other{n}", Role.CONTRIBUTOR), TaskKind.REFINE)
    first = timezone.now().replace(hour=3, minute=30) + timedelta(days=1)
    Assignment.objects.filter(status="active").update(lease_until=first + timedelta(hours=1))
    one = Assignment.objects.filter(status="active").order_by("pk")[0]
    Assignment.objects.filter(pk=one.pk).update(lease_until=first)
    page = text_of(visitor(ana).get(QUEUE))
    assert "Every open task is held by somebody" in page
    assert ">12:30</time>" in page


def test_what_one_worked_on_already_is_not_offered(scene: Scene, ana: User) -> None:
    scene.open_pair(scene.accepted(ana, scene.world.person("judge", Role.REVIEWER)))
    lines = {line.kind: line for line in queue.lines(ana)}
    seen = lines[TaskKind.COMPARE].closed
    assert (lines[TaskKind.COMPARE].open, seen and seen.kind) == (3, queue.Why.ALL_SEEN)
    voter = scene.world.person("voter", Role.CONTRIBUTOR)
    assert {line.kind: line for line in queue.lines(voter)}[TaskKind.COMPARE].closed is None


def test_no_project_is_said_as_such() -> None:
    assert "No project hands you work yet" in text_of(visitor(person("newcomer")).get(QUEUE))


def test_a_next_round_waits_and_is_resumed(scene: Scene, ana: User) -> None:
    scene.returned(ana)
    seat = Assignment.objects.get(reserved_for=ana)
    page = text_of(visitor(ana).get(QUEUE))
    assert "Next rounds that wait for you" in page
    assert "The page is blank." in page
    answer = visitor(ana).post(reverse("work:resume", args=[seat.pk]))
    assert answer["Location"] == reverse("work:bench", args=[seat.pk])
    # Pressed again, it leads to the same bench.
    again = visitor(ana).post(reverse("work:resume", args=[seat.pk]))
    assert again["Location"] == reverse("work:bench", args=[seat.pk])


def test_a_lost_seat_is_offered_again_before_it_is_taken(scene: Scene, ana: User) -> None:
    lost = scene.claim(ana, TaskKind.REFINE)
    scene.save(lost, ana)
    Assignment.objects.filter(pk=lost.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
    actions.expire_due()
    fresh = Assignment.objects.get(task=lost.task_id, status="open")
    page = visitor(ana).get(reverse("work:resume", args=[fresh.pk]))
    assert "Take this task again" in text_of(page)
    assert Assignment.objects.get(pk=fresh.pk).status == "open"
    visitor(ana).post(reverse("work:resume", args=[fresh.pk]))
    assert Assignment.objects.get(pk=fresh.pk).assignee == ana


def test_a_seat_somebody_else_took_is_said_to_be_gone(scene: Scene, ana: User) -> None:
    lost = scene.claim(ana, TaskKind.REFINE)
    actions.release(by=ana, assignment=lost, reason="")
    fresh = Assignment.objects.get(task=lost.task_id, status="open")
    other = scene.world.person("other", Role.CONTRIBUTOR)
    Assignment.objects.filter(status="open").exclude(pk=fresh.pk).update(priority=2**31 - 1)
    assert scene.claim(other, TaskKind.REFINE).pk == fresh.pk
    answer = visitor(ana).post(reverse("work:resume", args=[fresh.pk]), follow=True)
    assert answer.redirect_chain == [(reverse("work:mine"), 302)]
    assert "Somebody else holds this task now" in text_of(answer)


def test_the_page_costs_the_same_queries_for_one_project_and_for_twenty(scene: Scene, ana: User) -> None:
    scene.returned(ana)
    one = queries(visitor(ana), QUEUE)
    needed = Qualification.objects.create(slug="react", name="React", how="Pass the test.")
    for n in range(19):
        project = ProjectFactory(ready=True, refine_needs=needed if n % 2 else None, daily_cap=n % 3)
        catalog.activate(project=project, by=None)
        Membership.objects.create(project=project, user=ana, role=Role.CONTRIBUTOR)
        Membership.objects.create(project=project, user=ana, role=Role.REVIEWER)
    many = queries(visitor(ana), QUEUE)
    # Caps and qualifications are asked for once they are used at all: one query each.
    assert many <= one + 2
    assert many <= 17
