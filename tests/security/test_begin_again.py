"""Who once began something may not go on with it past what has been decided since: rights, caps, withdrawn tasks."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from arena import actions as arena
from arena.models import Vote
from catalog import actions as catalog
from core.errors import NotAllowed
from ledger.models import Entry
from people import actions as people
from people.models import Qualification, User
from people.rules import Role
from review import actions as review
from review.models import Review
from review.states import Decision
from tests import worlds
from tests.scenes import Scene
from tests.security.hands import at_once
from work import actions
from work.models import Assignment, Task
from work.states import AssignmentStatus, TaskKind, TaskStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene(worlds.world(prompts=3))


def take_up(by: User, seat: Assignment) -> None:
    """As a person does: by the address of the seat that took the place of theirs."""
    client = Client()
    client.force_login(by)
    fresh = Assignment.objects.get(task=seat.task_id, status=AssignmentStatus.OPEN)
    client.post(reverse("work:resume", args=[fresh.pk]))


def holds(by: User) -> bool:
    return Assignment.objects.filter(assignee=by, status=AssignmentStatus.ACTIVE).exists()


def test_a_seat_given_back_is_not_taken_up_without_the_qualification(scene: Scene) -> None:
    project, operator = scene.world.project, worlds.person("operator", is_superuser=True)
    needed = Qualification.objects.create(slug="html", name="HTML", how="Pass the test.")
    author = scene.world.person("author", Role.CONTRIBUTOR)
    project.refine_needs = needed
    project.save()
    people.grant(user=author, qualification=needed, by=operator)
    seat = scene.claim(author, TaskKind.REFINE)
    actions.release(by=author, assignment=seat, reason="Later.")
    people.revoke(user=author, qualification=needed, by=operator)
    take_up(author, seat)
    assert not holds(author)
    people.grant(user=author, qualification=needed, by=operator)
    take_up(author, seat)
    assert holds(author)


def test_seats_given_back_do_not_lead_round_the_daily_cap(scene: Scene) -> None:
    project = scene.world.project
    project.daily_cap = 1
    project.save()
    author = scene.world.person("author", Role.CONTRIBUTOR)
    looked_at = []
    for _ in range(2):
        looked_at.append(scene.claim(author, TaskKind.REFINE))
        actions.release(by=author, assignment=looked_at[-1], reason="Another one first.")
        # Out of the way, so that the next claim finds another task.
        Assignment.objects.filter(task=looked_at[-1].task_id, status="open").update(priority=2**31 - 1)
    assert looked_at[0].task_id != looked_at[1].task_id
    take_up(author, looked_at[0])
    assert holds(author)
    Assignment.objects.filter(assignee=author, status="active").update(lease_until="2020-01-01T00:00Z")
    actions.expire_due()
    take_up(author, looked_at[1])
    assert not holds(author), "the day's one claim was used"
    take_up(author, looked_at[0])
    assert holds(author), "what was claimed today is no further claim"


def test_nobody_judges_without_the_role(scene: Scene) -> None:
    world = scene.world
    author, reviewer = world.person("author", Role.CONTRIBUTOR), world.person("reviewer", Role.REVIEWER)
    sent = scene.check(scene.send(author))
    review.open_review(submission_id=sent.pk)
    seat = scene.claim(reviewer, TaskKind.REVIEW)
    catalog.remove_member(project=world.project, user=reviewer, role=Role.REVIEWER, by=world.lead)
    with pytest.raises(NotAllowed):
        review.decide(by=reviewer, assignment=seat, decision=Decision.ACCEPT)
    assert not Review.objects.exists()

    actions.release(by=reviewer, assignment=seat, reason="No longer mine.")
    other, voter = world.person("other", Role.REVIEWER), world.person("voter", Role.CONTRIBUTOR)
    review.decide(by=other, assignment=scene.claim(other, TaskKind.REVIEW), decision=Decision.ACCEPT)
    scene.open_pair(sent)
    compared = scene.claim(voter, TaskKind.COMPARE)
    catalog.remove_member(project=world.project, user=voter, role=Role.CONTRIBUTOR, by=world.lead)
    with pytest.raises(NotAllowed):
        arena.vote(by=voter, assignment=compared, choice=1, both_bad=False, criteria={}, seconds=5)
    assert not Vote.objects.exists()
    assert not Entry.objects.filter(user__in=[reviewer, voter]).exists()


def open_seats(task: Task) -> int:
    return Assignment.objects.filter(task=task, status=AssignmentStatus.OPEN).count()


def adds_up(task: Task) -> bool:
    """I6: open + active + submitted seats are those wanted."""
    task.refresh_from_db()
    counted = task.assignments.filter(status__in=["open", "active", "submitted"]).count()
    return task.seats == counted


def test_a_withdrawn_task_is_not_handed_out_after_a_rejection(scene: Scene) -> None:
    world = scene.world
    sent = scene.check(scene.send(world.person("author", Role.CONTRIBUTOR)))
    actions.withdraw_task(task=sent.task, by=world.lead, reason="Its licence was misread.")
    scene.decide(
        sent, world.person("reviewer", Role.REVIEWER), Decision.REJECT, rule_code="G1", evidence="It is cut off."
    )  # fmt: skip
    sent.task.refresh_from_db()
    assert sent.task.status == TaskStatus.WITHDRAWN
    assert open_seats(sent.task) == 0
    assert adds_up(sent.task)


def test_a_withdrawn_comparison_asks_for_no_more_votes(scene: Scene) -> None:
    world = scene.world
    sent = scene.accepted(world.person("author", Role.CONTRIBUTOR), world.person("reviewer", Role.REVIEWER))
    pair = scene.open_pair(sent)
    for n, won in enumerate([True, False]):
        scene.vote(pair, world.person(f"voter{n}", Role.CONTRIBUTOR), for_refined=won)
    last = world.person("last", Role.CONTRIBUTOR)
    seat = scene.claim(last, TaskKind.COMPARE)
    actions.withdraw_task(task=pair.task, by=world.lead, reason="The page shows a real address.")
    choice = 2 if not arena.refined_is_a(pair, last) else -2
    arena.vote(by=last, assignment=seat, choice=choice, both_bad=False, criteria={}, seconds=5)
    assert open_seats(pair.task) == 0
    assert adds_up(pair.task)
    pair.refresh_from_db()
    assert pair.status == "undecided"


def test_a_withdrawn_comparison_without_a_voter_is_left_undecided(scene: Scene) -> None:
    world = scene.world
    sent = scene.accepted(world.person("author", Role.CONTRIBUTOR), world.person("reviewer", Role.REVIEWER))
    pair = scene.open_pair(sent)
    assert arena.leave_withdrawn() == 0
    actions.withdraw_task(task=pair.task, by=world.lead, reason="The page shows a real address.")
    assert arena.leave_withdrawn() == 1
    assert arena.leave_withdrawn() == 0
    pair.refresh_from_db()
    assert (pair.status, pair.outcome) == ("undecided", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(6))
def test_no_open_seat_is_left_where_a_task_is_withdrawn_as_one_is_given_back(turn: int) -> None:
    scene = Scene(worlds.world(seats=2))
    author = scene.world.person("author", Role.CONTRIBUTOR)
    seat = scene.claim(author, TaskKind.REFINE)
    told = at_once(
        lambda: actions.withdraw_task(task=seat.task, by=scene.world.lead, reason="Its licence was misread."),
        lambda: actions.release(by=author, assignment=seat, reason="Not for me."),
    )
    assert told == [None, None]
    assert open_seats(seat.task) == 0
    assert adds_up(seat.task)
