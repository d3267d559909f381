"""The history of a draft: newest first, what changed, page by page, one's own alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.apps import apps
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from checks import actions as checks
from core.models import FileSet
from people.rules import Role
from tests.scenes import Scene
from tests.visitors import visitor
from tests.worlds import page, world
from work import draft_actions, versions
from work.models import Assignment, DraftVersion
from work.states import TaskKind

pytestmark = pytest.mark.django_db


def _seat(scene: Scene, name: str = "ana") -> Assignment:
    return scene.claim(scene.world.person(name, Role.CONTRIBUTOR), TaskKind.REFINE)


def _save(seat: Assignment, files: dict[str, str], rationale: str = "") -> int:
    assert seat.assignee is not None
    rev = seat.versions.count()
    return draft_actions.save(
        by=seat.assignee, assignment=seat, rev=rev, files=files, rationale=rationale, ratings={}
    ).rev


def test_each_version_tells_its_size_and_what_changed() -> None:
    scene = Scene(world())
    seat = _seat(scene)
    _save(seat, page("Mine", "one"))
    _save(seat, {**page("Mine", "one"), "é.css": "a{}"})
    _save(seat, {**page("Mine", "one"), "é.css": "a{}"}, rationale="Only words were added here.")
    _save(seat, page("Mine", "two"))
    answer = visitor(seat.assignee).get(reverse("work:versions", args=[seat.pk])).json()
    assert answer["next"] is None
    lines = [(line["rev"], line["files"], line["changed_files"]) for line in answer["versions"]]
    assert lines == [
        (4, 1, ["index.html", "é.css"]),
        (3, 2, []),
        (2, 2, ["é.css"]),
        (1, 1, ["index.html"]),  # against the base, which the bench opened with
    ]
    assert answer["versions"][3]["bytes"] == len(page("Mine", "one")["index.html"].encode())

    one = visitor(seat.assignee).get(reverse("work:version", args=[seat.pk, 3])).json()
    assert (one["rev"], one["rationale"], one["files"]["é.css"]) == (3, "Only words were added here.", "a{}")
    assert visitor(seat.assignee).get(reverse("work:version", args=[seat.pk, 9])).status_code == 404
    assert visitor(seat.assignee).get(f"/bench/{seat.pk}/versions/{10**12}").status_code == 404


def test_a_long_history_comes_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "PAGE", 2)
    seat = _seat(Scene(world()))
    for n in range(5):
        _save(seat, page("Mine", str(n)))
    revs, url = [], reverse("work:versions", args=[seat.pk])
    while url:
        answer = visitor(seat.assignee).get(url).json()
        revs.append([line["rev"] for line in answer["versions"]])
        url = answer["next"]
    assert revs == [[5, 4], [3, 2], [1]]
    for wrong in ("x", "-1", "0", "9" * 30, "٣"):
        assert (
            visitor(seat.assignee)
            .get(reverse("work:versions", args=[seat.pk]), {"before": wrong})
            .status_code
            == 400
        )


@given(st.lists(st.integers(0, 3), max_size=400))
def test_what_may_be_forgotten_is_old_and_the_further_back_the_more_of_it(drafts: list[int]) -> None:
    history: list[tuple[int, int]] = []
    for rev, files in enumerate(drafts, start=1):
        history.append((rev, files))
        if rev % 50 == 0:
            gone = versions.superfluous(history)
            assert not gone & {each for each, _ in history[-versions.ALL_OF :]}
            history = [each for each in history if each[0] not in gone]
    assert [rev for rev, _ in history[:1]] == [1] * bool(drafts)
    assert len(history) <= 100 + 50 + 50 + 5 + 49, (
        "newest, every second, every fourth, put back, not thinned yet"
    )


def test_a_long_history_stays_short() -> None:
    history = [(rev, rev) for rev in range(1, 20_001)]
    gone = versions.superfluous(history)
    kept = [rev for rev, _ in history if rev not in gone]
    assert len(kept) < 600
    gaps = [b - a for a, b in pairwise(kept)]
    assert gaps[1:] == sorted(gaps[1:], reverse=True)
    assert (gaps[0], gaps[-1]) == (255, 1)


def test_saves_thin_the_history_and_the_store_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "ALL_OF", 2)
    monkeypatch.setattr(draft_actions, "THIN_EVERY", 8)
    scene = Scene(world(seats=2))
    seat, other = _seat(scene), _seat(scene, "bo")

    def save(text: str) -> DraftVersion:
        assert seat.assignee is not None
        newest = seat.versions.order_by("-rev").first()
        return draft_actions.save(
            by=seat.assignee, assignment=seat, rev=newest.rev if newest else 0, files=page("Mine", text),
            rationale="", ratings={},
        )  # fmt: skip

    stored = FileSet.objects.count()
    for text in ("one", "put back", "looked at", "hers too", "five"):
        save(text)
    _save(other, page("Mine", "hers too"))
    assert seat.assignee is not None
    looked_at = seat.versions.get(rev=3)
    checks.check_draft(version=looked_at, by=seat.assignee)
    for text in ("six", "put back", "eight"):
        save(text)
    revs = list(seat.versions.order_by("rev").values_list("rev", flat=True))
    assert revs == [1, 2, 3, 4, 6, 7, 8]
    assert FileSet.objects.count() == stored + 6, "one, put back, looked at, hers too, six, eight"
    for n in range(9, 17):
        save(f"text {n}")
    revs = list(seat.versions.order_by("rev").values_list("rev", flat=True))
    assert revs == [1, 2, 3, 8, 12, 14, 15, 16]
    assert seat.versions.get(rev=3).check_runs.exists()
    assert FileSet.objects.filter(pk=other.versions.get().fileset_id).exists(), (
        "another draft has these files"
    )
    answer = visitor(seat.assignee).get(reverse("work:versions", args=[seat.pk])).json()
    gaps = {line["rev"]: line["forgotten"] for line in answer["versions"]}
    assert (gaps[16], gaps[12], gaps[1]) == (0, 3, 0)
    assert visitor(seat.assignee).get(reverse("work:version", args=[seat.pk, 5])).status_code == 404


def test_forgetting_files_asks_every_table_that_may_point_to_them() -> None:
    pointing = [
        f"FROM {model._meta.db_table} WHERE {field.column} = files.id"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.related_model is FileSet
    ]
    assert len(pointing) == 6
    assert [each for each in pointing if each not in draft_actions._FORGET_FILES] == []


def test_a_history_is_its_persons_alone() -> None:
    scene = Scene(world(prompts=2))
    seat = _seat(scene)
    _save(seat, page("Mine", "one"))
    other = visitor(_seat(scene, "bo").assignee)
    assert other.get(reverse("work:versions", args=[seat.pk])).status_code == 404
    assert other.get(reverse("work:version", args=[seat.pk, 1])).status_code == 404
