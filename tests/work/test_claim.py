"""Claiming seats: exactly as many as there are, one a person, each under a lease."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from core import tally
from core.errors import NotAllowed
from core.models import Event
from people.models import Grant, Qualification
from people.rules import Role
from tests.worlds import person, world
from work import actions, queue
from work.actions import AlreadyActive, LeaseLost, NothingToClaim
from work.models import Assignment, Task
from work.queue import Why
from work.states import TaskKind

pytestmark = pytest.mark.django_db


def _seats_balance() -> None:
    for task in Task.objects.all():
        counted = task.assignments.filter(status__in=["open", "active", "submitted"]).count()
        assert counted == task.seats


@pytest.mark.django_db(transaction=True)
def test_two_hundred_concurrent_claims_on_fifty_seats_give_exactly_fifty() -> None:
    scene = world(prompts=50)
    people = [scene.person(f"c{n}", Role.CONTRIBUTOR) for n in range(200)]
    gate = threading.Barrier(32)

    def one(n: int) -> str:
        if n < 32:
            gate.wait(timeout=30)
        try:
            actions.claim(by=people[n], project_id=scene.project.pk, kind=TaskKind.REFINE)
            return "claimed"
        except NothingToClaim as nothing:
            return nothing.reason.kind.value
        finally:
            connections.close_all()

    with ThreadPoolExecutor(32) as pool:
        outcomes = Counter(pool.map(one, range(200)))

    assert outcomes == {"claimed": 50, "all_leased": 150}
    active = Assignment.objects.filter(status="active")
    assert active.count() == 50
    assert active.values("task").distinct().count() == 50
    assert active.values("assignee").distinct().count() == 50
    assert Event.objects.filter(machine="work.assignment", verb="claim").count() == 50


@pytest.mark.django_db(transaction=True)
def test_one_person_claiming_from_eight_tabs_holds_one_task() -> None:
    scene = world(prompts=20)
    someone = scene.person("c", Role.CONTRIBUTOR)
    gate = threading.Barrier(8)

    def one(_: int) -> int:
        gate.wait(timeout=30)
        try:
            return int(actions.claim(by=someone, project_id=scene.project.pk, kind=TaskKind.REFINE).pk)
        except AlreadyActive as held:
            return int(held.assignment.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(one, range(8)))) == 1
    assert Assignment.objects.filter(status="active").count() == 1


def test_a_claim_freezes_the_quote_and_sets_a_lease() -> None:
    scene = world(pay_refine=1234, currency="CHF")
    seat = actions.claim(
        by=scene.person("c", Role.CONTRIBUTOR), project_id=scene.project.pk, kind=TaskKind.REFINE
    )
    scene.project.pay_refine = 9
    scene.project.save()
    seat.refresh_from_db()
    assert (seat.quote, seat.currency, seat.status) == (1234, "CHF", "active")
    assert seat.lease_until is not None
    assert seat.claimed_at is not None
    assert (seat.lease_until - seat.claimed_at).total_seconds() == pytest.approx(3600, abs=1)


def test_kinds_are_told_apart_and_scratch_prompts_become_write_tasks() -> None:
    scene = world(prompts=2, scratch=3)
    kinds = Counter(Task.objects.values_list("kind", flat=True))
    assert kinds == {"refine": 2, "write": 3}
    assert actions.open_tasks(project=scene.project, by=None) == actions.Opened(0, 0, 0)


def test_only_members_with_the_role_may_claim() -> None:
    scene = world()
    with pytest.raises(NotAllowed):
        actions.claim(by=person("stranger"), project_id=scene.project.pk, kind=TaskKind.REFINE)
    with pytest.raises(NotAllowed):
        actions.claim(by=scene.person("r", Role.REVIEWER), project_id=scene.project.pk, kind=TaskKind.REFINE)


def test_release_and_expiry_open_a_fresh_seat_in_the_same_breath() -> None:
    scene = world()
    one, two = (scene.person(name, Role.CONTRIBUTOR) for name in "ab")
    seat = actions.claim(by=one, project_id=scene.project.pk, kind=TaskKind.REFINE)
    actions.release(by=one, assignment=Assignment.objects.get(pk=seat.pk), reason="not mine")
    _seats_balance()
    seat = actions.claim(by=two, project_id=scene.project.pk, kind=TaskKind.REFINE)
    assert actions.expire_due() == 0
    Assignment.objects.filter(pk=seat.pk).update(lease_until="2020-01-01T00:00Z")
    assert actions.expire_due() == 1
    _seats_balance()
    assert Counter(Assignment.objects.values_list("status", flat=True)) == {
        "released": 1,
        "expired": 1,
        "open": 1,
    }
    with pytest.raises(LeaseLost):
        actions.heartbeat(by=two, assignment=Assignment.objects.select_related("project").get(pk=seat.pk))


def test_a_withdrawn_task_is_handed_out_no_more() -> None:
    scene = world(seats=2)
    one = scene.person("a", Role.CONTRIBUTOR)
    seat = actions.claim(by=one, project_id=scene.project.pk, kind=TaskKind.REFINE)
    actions.withdraw_task(task=Task.objects.get(), by=scene.lead, reason="prompt is broken")
    _seats_balance()
    with pytest.raises(NothingToClaim):
        actions.claim(
            by=scene.person("b", Role.CONTRIBUTOR), project_id=scene.project.pk, kind=TaskKind.REFINE
        )
    actions.release(by=one, assignment=Assignment.objects.get(pk=seat.pk), reason="")
    _seats_balance()


def test_an_empty_queue_says_why() -> None:
    scene = world(daily_cap=1)
    one, two = (scene.person(name, Role.CONTRIBUTOR) for name in "ab")

    def why(someone: object) -> Why:
        with pytest.raises(NothingToClaim) as caught:
            actions.claim(by=someone, project_id=scene.project.pk, kind=TaskKind.REFINE)  # type: ignore[arg-type]
        return caught.value.reason.kind

    seat = actions.claim(by=one, project_id=scene.project.pk, kind=TaskKind.REFINE)
    assert why(two) == Why.ALL_LEASED
    Assignment.objects.filter(pk=seat.pk).update(lease_until="2020-01-01T00:00Z")
    actions.expire_due()
    assert why(one) == Why.DAILY_CAP
    scene.project.refine_needs = Qualification.objects.create(
        slug="react", name="React", how="Ask your lead."
    )
    scene.project.save()
    assert why(two) == Why.NEEDS_QUALIFICATION
    Grant.objects.create(user=two, qualification=scene.project.refine_needs, granted_by=scene.lead)
    Task.objects.get().assignments.filter(status="open").update(status="withdrawn")
    assert why(two) == Why.NOTHING_OPEN
    two.hold_reason, two.hold_by, two.hold_at = "Please write to us.", scene.lead, "2026-01-01T00:00Z"
    two.save()
    assert why(two) == Why.ON_HOLD


def test_counts_on_the_queue_page_are_exact_and_cost_a_fixed_number_of_queries(
    django_assert_max_num_queries: object,
) -> None:
    scene = world(prompts=30, scratch=2)
    one = scene.person("a", Role.CONTRIBUTOR)
    actions.claim(by=one, project_id=scene.project.pk, kind=TaskKind.REFINE)
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        lines = {line.kind: line.open for line in queue.lines(one)}
    assert lines == {TaskKind.REFINE: 29, TaskKind.WRITE: 2, TaskKind.COMPARE: 0}
    before = set(tally.counts([scene.project.pk]))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO core_tally (project_id, subject, kind, status, n) "
                       "SELECT 0, 'x', '', '', 1 FROM generate_series(1, 300)")  # fmt: skip
    assert tally.fold() > 0
    assert set(tally.counts([scene.project.pk])) == before


def test_the_plan_of_a_claim_stays_with_the_connection() -> None:
    def planned() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(generic_plans + custom_plans), 0) FROM pg_prepared_statements"
            )
            return int(cursor.fetchone()[0])

    scene = world(prompts=2)
    before = planned()
    for name in ("a", "b"):
        by = scene.person(name, Role.CONTRIBUTOR)
        actions.claim(by=by, project_id=scene.project.pk, kind=TaskKind.REFINE)
    assert planned() == before + 2
