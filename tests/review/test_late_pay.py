"""Work that nobody reviewed in time is paid, once, whatever the review says later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from ledger.models import Entry
from people.actions import hold, lift_hold
from people.models import User
from people.rules import Role
from review import actions as review
from review.pay_actions import pay_unreviewed
from review.states import Decision
from tests.scenes import Scene
from tests.worlds import person, world
from work import actions, draft_actions
from work.models import Assignment, Submission
from work.states import Outcome

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene(world(pay_refine=1500, pay_after_days=7))


@pytest.fixture
def ana(scene: Scene) -> User:
    return scene.world.person("ana", Role.CONTRIBUTOR)


def earned(user: User) -> list[int]:
    """What the ledger owes a person, posting by posting."""
    return list(Entry.objects.filter(user=user).order_by("pk").values_list("amount", flat=True))


def wait(days: int) -> None:
    """Let every submission be so many days older."""
    Submission.objects.update(submitted_at=F("submitted_at") - timedelta(days=days))


def test_work_is_paid_at_its_quote_when_its_time_is_up_and_only_once(scene: Scene, ana: User) -> None:
    sent = scene.check(scene.send(ana))
    wait(6)
    assert pay_unreviewed() == 0
    assert earned(ana) == []
    wait(2)
    assert pay_unreviewed() == 1
    assert pay_unreviewed() == 0
    assert earned(ana) == [1500]
    memo = Entry.objects.get(user=ana).transaction.memo
    assert memo.endswith(f"submission {sent.pk}, unreviewed for 7 days")
    sent.refresh_from_db()
    assert sent.status == "awaiting_review", "the review stays open"

    scene.decide(sent, scene.world.person("rev", Role.REVIEWER), Decision.ACCEPT)
    assert earned(ana) == [1500], "an acceptance does not pay it again"


def test_a_late_rejection_takes_nothing_back(scene: Scene, ana: User) -> None:
    sent = scene.check(scene.send(ana))
    wait(8)
    pay_unreviewed()
    scene.decide(
        sent, scene.world.person("rev", Role.REVIEWER), Decision.REJECT, rule_code="G1",
        evidence="The menu is cut off at 375 pixels.",
    )  # fmt: skip
    assert earned(ana) == [1500]
    assert pay_unreviewed() == 0


def test_a_further_round_of_work_that_was_paid_is_not_paid_again(scene: Scene, ana: User) -> None:
    sent = scene.check(scene.send(ana))
    wait(8)
    pay_unreviewed()
    scene.decide(sent, scene.world.person("rev", Role.REVIEWER), Decision.REQUEST_CHANGES, notes="Larger.")
    seat = actions.claim_seat(by=ana, seat=Assignment.objects.get(reserved_for=ana))
    seat = Assignment.objects.select_related("project", "task").get(pk=seat.pk)
    again = scene.check(
        draft_actions.submit(
            by=ana, assignment=seat, rev=scene.save(seat, ana, "larger"), outcome=Outcome.REFINED, reason=""
        )
    )
    assert again.round == 2
    wait(8)
    assert pay_unreviewed() == 0
    scene.decide(again, scene.world.person("rev2", Role.REVIEWER), Decision.ACCEPT)
    assert earned(ana) == [1500]


def test_what_is_not_waiting_for_a_review_is_not_paid(scene: Scene, ana: User) -> None:
    scene.returned(ana)
    wait(30)
    assert pay_unreviewed() == 0


def test_a_project_may_say_never_and_a_held_account_waits(scene: Scene, ana: User) -> None:
    scene.check(scene.send(ana))
    wait(30)
    project = scene.world.project
    project.pay_after_days = 0
    project.save(update_fields=["pay_after_days"])
    assert pay_unreviewed() == 0
    project.pay_after_days = 7
    project.save(update_fields=["pay_after_days"])
    operator = person("operator", is_staff=True, is_superuser=True)
    hold(by=operator, user=ana, reason="Two accounts share one device.")
    assert pay_unreviewed() == 0
    lift_hold(by=operator, user=ana)
    assert pay_unreviewed() == 1


def test_the_outcomes_without_a_refinement_are_paid_too(scene: Scene, ana: User) -> None:
    sent = scene.conclude(ana, Outcome.CANNOT_BEAT)
    assert sent.status == "awaiting_review"
    review.open_review(submission_id=sent.pk)
    wait(8)
    assert pay_unreviewed() == 1
    assert earned(ana) == [1500]
