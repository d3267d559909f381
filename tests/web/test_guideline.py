"""The guideline: read before the first claim and after each change, with what changed, and seen by the lead."""

from __future__ import annotations

import pytest
from django.urls import reverse

from catalog import actions as catalog
from catalog.models import Acknowledgement
from core.errors import Conflict, NotAllowed
from people.models import User
from people.rules import Role
from tests.scenes import Scene
from tests.visitors import text_of, visitor
from tests.worlds import person, world
from work import actions, queue
from work.models import Assignment
from work.states import TaskKind

pytestmark = pytest.mark.django_db
PAGE = "/guideline/test/"


@pytest.fixture
def scene() -> Scene:
    made = Scene(world(prompts=2))
    publish(made, "Works on a phone.\n\nKeep what is good.")
    return made


@pytest.fixture
def ana(scene: Scene) -> User:
    return scene.world.person("ana", Role.CONTRIBUTOR)


def publish(scene: Scene, text: str) -> None:
    catalog.publish_guideline(project=scene.world.project, text=text, by=scene.world.lead)


def acknowledge(user: User, version: int) -> None:
    visitor(user).post(reverse("work:acknowledge", args=["test"]), {"version": version})


def test_no_claim_before_the_guideline_was_acknowledged(scene: Scene, ana: User) -> None:
    with pytest.raises(actions.NothingToClaim) as barred:
        scene.claim(ana, TaskKind.REFINE)
    assert barred.value.reason.kind == queue.Why.NEW_GUIDELINE
    form = {"project": scene.world.project.pk, "kind": "refine"}
    assert visitor(ana).post("/queue/claim/", form)["Location"] == PAGE
    assert visitor(ana).post("/queue/next/")["Location"] == PAGE
    acknowledge(ana, 1)
    assert visitor(ana).post("/queue/next/")["Location"].startswith("/bench/")


def test_a_new_version_bars_the_next_claim_and_shows_its_changes(scene: Scene, ana: User) -> None:
    acknowledge(ana, 1)
    seat = scene.claim(ana, TaskKind.REFINE)
    publish(scene, "Works on a <b>tablet</b>.\n\nKeep what is good.")
    actions.heartbeat(by=ana, assignment=Assignment.objects.get(pk=seat.pk))
    actions.release(by=ana, assignment=Assignment.objects.get(pk=seat.pk), reason="")
    assert "has changed: read version 2" in text_of(visitor(ana).get("/queue/"))
    page = text_of(visitor(ana).get(PAGE))
    assert "What has changed since version 1" in page
    assert "<del>phone</del>" in page
    assert "<b>tablet</b>" not in page
    acknowledge(ana, 2)
    assert scene.claim(ana, TaskKind.REFINE).status == "active"
    assert "What has changed" not in text_of(visitor(ana).get(PAGE))
    assert "What has changed since version 1" in text_of(visitor(ana).get(PAGE, {"since": "1"}))


def test_a_waiting_round_needs_it_too_but_late_work_does_not(scene: Scene, ana: User) -> None:
    acknowledge(ana, 1)
    sent = scene.returned(ana)
    publish(scene, "Something else.")
    waiting = Assignment.objects.get(reserved_for=sent.author)
    assert visitor(ana).post(reverse("work:resume", args=[waiting.pk]))["Location"] == PAGE
    assert actions.claim_seat(by=ana, seat=waiting).pk == waiting.pk


def test_voters_need_not_read_it(scene: Scene, ana: User) -> None:
    acknowledge(ana, 1)
    judge = scene.world.person("judge", Role.REVIEWER)
    acknowledge(judge, 1)
    scene.open_pair(scene.accepted(ana, judge))
    assert (
        scene.claim(scene.world.person("cleo", Role.CONTRIBUTOR), TaskKind.COMPARE).kind == TaskKind.COMPARE
    )


def test_only_the_version_in_force_is_acknowledged_once_and_by_members(scene: Scene, ana: User) -> None:
    project = scene.world.project
    publish(scene, "Another.")
    with pytest.raises(Conflict):
        catalog.acknowledge(project=project, version=1, by=ana)
    for _ in range(2):
        catalog.acknowledge(project=project, version=2, by=ana)
    assert Acknowledgement.objects.count() == 1
    with pytest.raises(NotAllowed):
        catalog.acknowledge(project=project, version=2, by=person("stranger"))


@pytest.mark.parametrize("version", ["", "x", "-1", "1" * 30, "２"])
def test_a_form_that_names_no_version_is_told_so(scene: Scene, ana: User, version: str) -> None:
    answer = visitor(ana).post(reverse("work:acknowledge", args=["test"]), {"version": version})
    assert answer.status_code == 400
    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize("since", ["9", "1", "x", "\x00"])
def test_comparing_with_a_version_that_is_not_there_is_told_so(scene: Scene, ana: User, since: str) -> None:
    assert visitor(ana).get(PAGE, {"since": since}).status_code == 400


def test_the_lead_sees_who_has_read_it_and_others_do_not(scene: Scene, ana: User) -> None:
    scene.world.person("ben", Role.CONTRIBUTOR)
    acknowledge(ana, 1)
    page = text_of(visitor(scene.world.lead).get(PAGE))
    assert page.index("None yet") < page.index("In force</span>")
    assert "1 of 2 have acknowledged version 1" in page
    assert "Who has acknowledged" not in text_of(visitor(ana).get(PAGE))
