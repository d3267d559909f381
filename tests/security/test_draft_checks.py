"""A contributor cannot fill the checks' queue, nor trip over their own double click."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from checks import actions as checks
from checks import reading, registry
from checks.models import CheckRun
from core.errors import Conflict
from people.rules import Role
from tests import worlds
from tests.scenes import Scene
from tests.security.hands import at_once
from tests.visitors import visitor
from work import actions, draft_actions
from work.models import Assignment, DraftVersion
from work.states import TaskKind


def versions(scene: Scene, n: int) -> tuple[list[DraftVersion], Assignment]:
    """A held seat with `n` saved versions."""
    author = scene.world.person("author", Role.CONTRIBUTOR)
    seat = scene.claim(author, TaskKind.REFINE)
    for each in range(n):
        scene.save(seat, author, f"version {each}")
    return list(seat.versions.select_related("assignment__project").order_by("rev")), seat


@pytest.mark.django_db
def test_only_a_few_versions_of_a_draft_wait_for_checks() -> None:
    saved, seat = versions(Scene(worlds.world()), 5)
    author = seat.assignee
    assert author is not None
    for version in saved[:3]:
        checks.check_draft(version=version, by=author)
    with pytest.raises(Conflict):
        checks.check_draft(version=saved[3], by=author)
    # Asking again for one that waits is no new one.
    assert checks.check_draft(version=saved[2], by=author)
    CheckRun.objects.filter(draft=saved[0]).update(status="passed")
    assert checks.check_draft(version=saved[3], by=author)


@pytest.mark.django_db
def test_seats_given_back_make_no_room_for_more() -> None:
    scene = Scene(worlds.world(prompts=2))
    saved, seat = versions(scene, 3)
    author = seat.assignee
    assert author is not None
    for version in saved:
        checks.check_draft(version=version, by=author)
    actions.release(by=author, assignment=seat, reason="Another one.")
    other = scene.claim(author, TaskKind.REFINE)
    assert other.pk != seat.pk
    scene.save(other, author, "one more")
    with pytest.raises(Conflict):
        checks.check_draft(version=other.versions.select_related("assignment__project").get(), by=author)
    assert not CheckRun.objects.filter(draft__assignment=other).exists()


@pytest.mark.django_db
def test_words_and_ratings_ask_for_no_run_of_their_own() -> None:
    (version,), seat = versions(Scene(worlds.world()), 1)
    author = seat.assignee
    assert author is not None
    first = checks.check_draft(version=version, by=author)

    def saved(**changed: Any) -> DraftVersion:
        newest = seat.versions.order_by("-rev").first()
        assert newest is not None
        kept = {"files": newest.fileset.files, "rationale": newest.rationale, "ratings": newest.ratings}
        return draft_actions.save(by=author, assignment=seat, rev=newest.rev, **{**kept, **changed})

    for changed in ({"rationale": "Calmer, and it fits a phone."}, {"ratings": {"design": 5}}):
        assert [run.pk for run in checks.check_draft(version=saved(**changed), by=author)] == [
            run.pk for run in first
        ]
    other = checks.check_draft(version=saved(files=worlds.page("Refined", "otherwise")), by=author)
    assert not {run.pk for run in other} & {run.pk for run in first}
    back = saved(files=version.fileset.files)
    assert [run.pk for run in reading.runs_over(back)] == [run.pk for run in first]


@pytest.mark.django_db(transaction=True)
def test_a_version_asked_for_at_once_is_checked_once() -> None:
    (version,), seat = versions(Scene(worlds.world()), 1)
    author = seat.assignee
    assert author is not None
    told = at_once(*[lambda: checks.check_draft(version=version, by=author)] * 4)
    assert told == [None] * 4
    assert CheckRun.objects.filter(draft=version).count() == len(
        set(CheckRun.objects.values_list("check_name", flat=True))
    )


@pytest.mark.django_db
def test_where_every_check_is_off_the_answer_says_at_once_that_none_runs() -> None:
    off = dict.fromkeys(registry.CHECKS, "off")
    (version,), seat = versions(Scene(worlds.world(check_policy=off)), 1)
    assert seat.assignee is not None
    address = reverse("checks:draft", args=[seat.pk])
    answer = visitor(seat.assignee).post(address, {"rev": version.rev}, content_type="application/json")
    assert (answer.status_code, answer.json()) == (202, {"rev": version.rev, "done": True})
