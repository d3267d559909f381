"""Drafts: every saved version kept, no version overwritten, nothing lost with a lease."""

from __future__ import annotations

import pytest
from django.db import transaction

from core.errors import BadInput
from people.rules import Role
from tests.scenes import Scene
from tests.worlds import World, page, world
from work import actions, draft_actions, drafts, queue
from work.actions import LeaseLost
from work.draft_actions import StaleDraft
from work.models import Assignment, Submission
from work.states import Outcome, TaskKind

pytestmark = pytest.mark.django_db


def _claimed(scene: World, name: str = "a", kind: TaskKind = TaskKind.REFINE) -> Assignment:
    by = scene.person(name, Role.CONTRIBUTOR)
    seat = actions.claim(by=by, project_id=scene.project.pk, kind=kind)
    return Assignment.objects.select_related("project", "task", "assignee").get(pk=seat.pk)


def _save(seat: Assignment, rev: int, text: str) -> int:
    saved = draft_actions.save(
        by=seat.assignee, assignment=seat, rev=rev, files=page("Mine", text), rationale="", ratings={}
    )
    return saved.rev


def test_each_save_follows_the_one_it_names() -> None:
    seat = _claimed(world())
    assert drafts.opening(seat)["files"] == page("Base 0", "plain")
    assert _save(seat, 0, "one") == 1
    assert _save(seat, 1, "two") == 2
    assert _save(seat, 2, "two") == 2, "the same content makes no new version"
    with pytest.raises(StaleDraft) as stale:
        _save(seat, 1, "from another tab")
    theirs = stale.value.extra["theirs"]
    assert isinstance(theirs, dict)
    assert (theirs["rev"], theirs["files"]) == (2, page("Mine", "two"))
    assert [version.rev for version in seat.versions.order_by("rev")] == [1, 2]


def test_bad_files_are_refused_with_every_fault_and_nothing_is_written() -> None:
    seat = _claimed(world())
    files = {"../x.html": "a", "b.exe": "b", "c.html": "nul\x00"}
    with pytest.raises(BadInput) as bad:
        draft_actions.save(
            by=seat.assignee, assignment=seat, rev=0, files=files, rationale="", ratings={"x": 1}
        )
    assert len(bad.value.problems) == 3
    assert not seat.versions.exists()


def test_an_expired_draft_is_kept_and_seeds_the_next_take() -> None:
    seat = _claimed(world())
    _save(seat, 0, "precious")
    Assignment.objects.filter(pk=seat.pk).update(lease_until="2020-01-01T00:00Z")
    actions.expire_due()
    with pytest.raises(LeaseLost):
        _save(seat, 1, "too late")
    free = drafts.free_seats(seat.task_id, seat.assignee_id).first()
    assert free is not None
    assert seat.assignee is not None
    again = actions.claim_seat(by=seat.assignee, seat=free)
    again = Assignment.objects.select_related("task").get(pk=again.pk)
    assert drafts.opening(again)["files"] == page("Mine", "precious")


def test_a_late_submit_is_taken_while_the_seat_is_free_and_refused_once_it_is_not() -> None:
    scene = world()
    seat = _claimed(scene)
    assert seat.assignee is not None
    _save(seat, 0, "late but good")
    Assignment.objects.filter(pk=seat.pk).update(lease_until="2020-01-01T00:00Z")
    actions.expire_due()
    seat.refresh_from_db()
    sent = draft_actions.submit(
        by=seat.assignee,
        assignment=seat,
        rev=1,
        outcome=Outcome.REFINED,
        reason="clearer and quicker to read",
    )
    assert sent.status == "checking"
    assert sent.fileset is not None
    assert sent.fileset.files == page("Mine", "late but good")

    other = _claimed(world_two := _second(scene), "b")
    _save(other, 0, "x")
    Assignment.objects.filter(pk=other.pk).update(lease_until="2020-01-01T00:00Z")
    actions.expire_due()
    actions.claim(
        by=world_two.person("c", Role.CONTRIBUTOR), project_id=scene.project.pk, kind=TaskKind.REFINE
    )
    other.refresh_from_db()
    assert other.assignee is not None
    with pytest.raises(LeaseLost), transaction.atomic():
        draft_actions.submit(
            by=other.assignee, assignment=other, rev=1, outcome=Outcome.REFINED, reason="a" * 20
        )
    assert Submission.objects.count() == 1
    assert other.versions.count() == 1


def _second(scene: World) -> World:
    """One more prompt, and its task, in the same project."""
    prompt = scene.prompts[0]
    rival = prompt.generations.get(model=scene.project.rival)
    prompt.pk, prompt.key, prompt.cluster = None, "second", "second"
    prompt.save(force_insert=True)
    base = prompt.generations.model(
        prompt=prompt, model=scene.project.target, fileset=rival.fileset, use="train"
    )
    base.save()
    rival.pk, rival.prompt = None, prompt
    rival.save(force_insert=True)
    actions.open_tasks(project=scene.project, by=None)
    return scene


def test_submitting_needs_a_reason_and_the_newest_draft() -> None:
    seat = _claimed(world())
    assert seat.assignee is not None
    _save(seat, 0, "x")
    with pytest.raises(BadInput), transaction.atomic():
        draft_actions.submit(by=seat.assignee, assignment=seat, rev=1, outcome=Outcome.REFINED, reason="ok")
    with pytest.raises(StaleDraft), transaction.atomic():
        draft_actions.submit(
            by=seat.assignee, assignment=seat, rev=0, outcome=Outcome.REFINED, reason="a" * 30
        )
    sent = draft_actions.submit(
        by=seat.assignee,
        assignment=seat,
        rev=1,
        outcome=Outcome.CANNOT_BEAT,
        reason="the rival is already perfect",
    )
    assert sent.fileset is None


def test_a_late_round_is_sent_on_its_own_seat_while_another_of_the_task_is_open_too() -> None:
    scene = Scene(world(seats=2))
    author = scene.world.person("a", Role.CONTRIBUTOR)
    scene.changes_requested(author, scene.world.person("j", Role.REVIEWER))
    (waiting,) = queue.reserved_for(author)
    seat = Assignment.objects.select_related("project", "task", "assignee").get(
        pk=actions.resume_seat(by=author, seat=waiting).pk
    )
    _save(seat, 0, "late, and better")
    Assignment.objects.filter(pk=seat.pk).update(lease_until="2020-01-01T00:00Z")
    actions.expire_due()
    seat.refresh_from_db()
    sent = draft_actions.submit(
        by=author, assignment=seat, rev=1, outcome=Outcome.REFINED, reason="Larger button, as asked."
    )
    assert (sent.round, sent.assignment.reserved_for) == (2, author)
