"""Versions: what a number promises, what changed and why, and what a withdrawn consent does."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from arena.models import Pair
from catalog.models import Prompt
from core.errors import BadInput, Conflict, NotAllowed
from core.models import Event
from exports import actions, building, versions, withdrawal_actions
from exports.models import Recipe, Release
from exports.versions import Bump
from people.models import Consent, User
from people.rules import Role
from tests.exports import judged
from tests.scenes import Scene


def test_the_numbers() -> None:
    assert [versions.after("1.4.2", bump) for bump in Bump] == ["1.4.3", "1.5.0", "2.0.0"]
    assert versions.bump_between("1.9.0", "1.10.0") == Bump.MINOR
    assert versions.bump_between("1.9.9", "2.0.0") == Bump.MAJOR
    for old, new in (("1.0.0", "1.0.0"), ("1.10.0", "1.9.0"), ("1.0.0", "v2")):
        with pytest.raises(ValueError, match=r"does not come after|is no version"):
            versions.bump_between(old, new)


OLD = {
    "configs": ["default", "sft"], "formats": ["parquet"], "columns": {"sft": ["prompt: string", "completion: string"]},
    "seed": 1, "held_out_share": 0.1, "licence": "MIT", "tags": [], "min_votes": 3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "bump", "words"),
    [
        ({}, Bump.PATCH, []),
        ({"configs": ["default", "sft", "kto"]}, Bump.MINOR, ["config kto came"]),
        ({"configs": ["default"]}, Bump.MAJOR, ["config sft went"]),
        ({"formats": ["jsonl"]}, Bump.MAJOR, ["format parquet went", "format jsonl came"]),
        ({"columns": {"sft": ["prompt: string", "completion: string", "id: string"]}}, Bump.MINOR, ["column sft.id: string came"]),
        ({"columns": {"sft": ["prompt: string"]}}, Bump.MAJOR, ["column sft.completion: string went or changed its type"]),
        ({"seed": 2}, Bump.MAJOR, ["seed was 1, is 2"]),
        ({"licence": "CC0-1.0"}, Bump.MAJOR, ["licence was MIT, is CC0-1.0"]),
        ({"tags": ["menu"]}, Bump.MINOR, ["tags was empty, is menu"]),
    ],
)  # fmt: skip
def test_what_a_recipe_asks_of_the_number(change: dict[str, Any], bump: Bump, words: list[str]) -> None:
    assert versions.recipe_changes(OLD, {**OLD, **change}) == (bump, words)


@pytest.fixture(autouse=True)
def releases(settings: Any, tmp_path: Path) -> None:
    settings.RELEASE_ROOT = tmp_path / "releases"


def built(recipe: Recipe, by: User, **given: str) -> Release:
    release = actions.start_release(recipe=recipe, by=by, **given)
    return finished(release)


def finished(release: Release) -> Release:
    building.build(release.pk)
    release.refresh_from_db()
    return release


def changes(release: Release) -> dict[str, tuple[str, str]]:
    rows = pq.read_table(building.folder_of(release) / "CHANGES.parquet").to_pylist()
    return {row["id"]: (row["change"], row["why"]) for row in rows}


def card(release: Release) -> str:
    return (building.folder_of(release) / "README.md").read_text(encoding="utf-8")


@pytest.mark.django_db(transaction=True)
def test_what_changed_is_told_row_by_row_with_its_reason() -> None:
    made = judged.scene(5, authors=5)
    lead, recipe = made.world.lead, judged.recipe(made.world, configs=["default"], formats=["parquet"])
    pairs = list(Pair.objects.order_by("id"))
    first = built(recipe, lead)
    assert (first.version, first.previous) == ("1.0.0", None)
    assert "This is the first release." in card(first)

    Pair.objects.filter(pk=pairs[0].pk).update(status="decided", outcome="rival")
    Pair.objects.filter(pk=pairs[1].pk).update(wins=5)
    Prompt.objects.filter(pk=pairs[2].task.prompt_id).update(text="Make page 2, please")
    Prompt.objects.filter(pk=pairs[3].task.prompt_id).update(quarantine="It is in a benchmark.")
    new = _another(made)
    second = built(recipe, lead, note="Newer verdicts.")
    assert (second.version, second.status, second.previous_id) == ("1.1.0", "published", first.pk), (
        second.error
    )
    ids = [f"test-{pair.submission_id}" for pair in pairs]
    told = changes(second)
    assert {each: told[each] for each in ids[:4]} == {
        ids[0]: ("removed", "lost to the rival"),
        ids[1]: ("changed", "other votes"),
        ids[2]: ("changed", "other prompt text"),
        ids[3]: ("removed", "prompt is in quarantine"),
    }
    assert told[f"test-{new.submission_id}"] == ("added", "new verdict")
    text = card(second)
    for said in (
        "1.1.0, since 1.0.0",
        "Newer verdicts.",
        "| removed | lost to the rival | 1 |",
        "| added | new verdict | 1 |",
    ):
        assert said in text

    # A patch promises that no row came.
    _another(made)
    late = built(recipe, lead, version="1.1.1")
    assert (late.status, late.error) == (
        "failed",
        "Since 1.1.0 rows were added: this needs version 1.2.0 or higher.",
    )


@pytest.mark.django_db(transaction=True)
def test_the_list_of_rows_is_that_of_default_and_a_second_build_finds_no_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lost pairs are in the release beside the list; pages written from scratch are in it; no row falls between two parts."""
    monkeypatch.setattr("exports.changes.FETCH", 7)
    monkeypatch.setattr("exports.queries.FETCH", 5)
    made = judged.scene(2, scratch=1, authors=3)
    with transaction.atomic():
        judged.many(made.world, rows=80, clusters=40, authors=12)
    lead, recipe = made.world.lead, judged.recipe(made.world, formats=["parquet"])
    first, second = built(recipe, lead), built(recipe, lead)
    assert (first.status, second.status) == ("published", "published"), second.error
    folder = building.folder_of(first)
    listed = pq.read_table(folder / "ROWS.parquet").to_pylist()
    kept = [
        row
        for path in sorted(folder.glob("data/default/*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
    aside = pq.read_table(folder / "data/hard_negatives").num_rows
    assert aside > 0
    assert {row["pair_type"] for row in listed} == {"refined_over_base", "written"}
    assert [row["id"] for row in listed] == sorted(
        (row["id"] for row in kept), key=lambda each: int(each.removeprefix("test-"))
    )
    by_id = {row["id"]: row for row in kept}
    for row in listed:
        known = by_id[row["id"]]
        assert row["prompt"] == hashlib.sha256(known["prompt"].encode()).hexdigest()
        assert (row["rejected"] == "") == (known["rejected_files"] == "")
        assert (row["split"], row["weight"]) == (known["split"], known["weight"])
    assert changes(second) == {}
    assert f"{len(listed):,} rows are as they were." in card(second)


def _another(made: Scene) -> Pair:
    """One more prompt whose refinement won."""
    from catalog.models import Generation, Use
    from core import filesets
    from tests.worlds import page
    from work import actions as work

    n = Prompt.objects.count()
    project = made.world.project
    prompt = Prompt.objects.create(
        project=project, key=f"p{n}", text=f"Make page {n}", framework="html", source="test", licence="CC0", cluster=f"p{n}"
    )  # fmt: skip
    for model, use in ((project.target, Use.TRAIN), (project.rival, Use.EVAL_ONLY)):
        files = filesets.store(page(f"{model} {n}", "plain"))
        Generation.objects.create(prompt=prompt, model=model, fileset=files, use=use)
    work.open_tasks(project=project, by=None)
    return made.decided(made.world.person("late", Role.CONTRIBUTOR), made.world.people["reviewer"])


@pytest.mark.django_db(transaction=True)
def test_a_number_that_promises_too_much_is_refused() -> None:
    made = judged.scene(3, authors=3)
    lead, recipe = made.world.lead, judged.recipe(made.world, configs=["default", "sft"], formats=["parquet"])
    built(recipe, lead)
    recipe.configs = ["default"]
    recipe.save()
    with pytest.raises(BadInput, match="promises too much"):
        actions.start_release(recipe=recipe, by=lead, version="1.1.0")
    with pytest.raises(BadInput):
        actions.start_release(recipe=recipe, by=lead, version="0.9.0")
    second = built(recipe, lead)
    assert (second.version, second.status) == ("2.0.0", "published")
    assert "config sft went" in card(second)
    # A prompt newly held out moves rows from train to test: minor is not enough, and nothing is published.
    Prompt.objects.filter(key="p0").update(held_out=True)
    third = built(recipe, lead)
    assert third.status == "failed"
    assert "this needs version 3.0.0 or higher" in third.error
    assert built(recipe, lead, version="3.0.0").status == "published"
    # What it is compared with must be what was published.
    (building.folder_of(Release.objects.get(version="3.0.0")) / "ROWS.parquet").write_bytes(b"x")
    assert "is not the file that was published" in built(recipe, lead).error


@pytest.mark.django_db(transaction=True)
def test_a_withdrawn_consent_withdraws_what_it_touches_and_the_newest_is_issued_again() -> None:
    made = judged.scene(4, authors=4)
    lead, recipe = made.world.lead, judged.recipe(made.world, formats=["parquet"])
    first, second = built(recipe, lead), built(recipe, lead)
    author = made.world.people["author0"]
    assert first.people.get(user=author).row_count == 1
    assert first.people.get(user=made.world.people["voter0"]).row_count == 4
    assert withdrawal_actions.honour_consents() == 0
    given = Consent.objects.create(user=author, document="contributor", version="1")
    assert withdrawal_actions.honour_consents() == 0
    given.withdrawn_at = timezone.now()
    given.save()
    assert withdrawal_actions.honour_consents() == 2
    assert withdrawal_actions.honour_consents() == 0
    for release in (first, second):
        release.refresh_from_db()
        assert release.status == "withdrawn"
        assert "sample 1.0.0 (1 rows and judgements), sample 1.1.0 (1 rows" in release.withdrawn_reason
        assert author.username not in release.withdrawn_reason
    again = finished(Release.objects.get(status="building"))
    assert (again.version, again.status, again.as_of) == ("1.1.1", "published", second.as_of), again.error
    assert list(changes(again).values()) == [("removed", "consent was withdrawn")]
    assert not again.people.filter(user=author).exists()
    assert "Re-issue of 1.1.0" in card(again)
    assert building.folder_of(second).exists(), "a tombstone keeps its files, it only stops serving them"

    # A voter's judgements go as well; the verdicts that they helped to reach stay.
    voter = Consent.objects.create(
        user=made.world.people["voter1"], document="contributor", version="1", withdrawn_at=timezone.now()
    )
    assert withdrawal_actions.honour_consents() == 1
    last = finished(Release.objects.get(status="building"))
    votes = pq.read_table(building.folder_of(last) / "data/arena/train-00000-of-00001.parquet")
    assert len(set(votes.column("judge").to_pylist())) == 2
    Consent.objects.create(user=voter.user, document="contributor", version="2")
    assert withdrawal_actions.honour_consents() == 0


@pytest.mark.django_db(transaction=True)
def test_a_release_is_deprecated_once_and_served_as_before() -> None:
    made = judged.scene(1)
    release = built(judged.recipe(made.world, configs=["sft"]), made.world.lead)
    with pytest.raises(NotAllowed):
        withdrawal_actions.deprecate(
            release=release, by=made.world.person("mila", Role.ML), reason="A better one is out."
        )
    with pytest.raises(BadInput):
        withdrawal_actions.deprecate(release=release, by=made.world.lead, reason="old")
    withdrawal_actions.deprecate(release=release, by=made.world.lead, reason="1.1.0 has mended rationales.")
    assert (release.status, release.deprecated_reason) == ("published", "1.1.0 has mended rationales.")
    assert (
        Event.objects.filter(machine="exports.release", verb="deprecate", object_id=release.pk).count() == 1
    )
    with pytest.raises(Conflict):
        withdrawal_actions.deprecate(release=release, by=made.world.lead, reason="Once more, please.")
    for statement in (
        "UPDATE exports_release SET deprecated_reason = 'x'",
        "UPDATE exports_release SET note = 'x', deprecated_at = now()",
        "DELETE FROM exports_releaseperson",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    actions.withdraw(release=release, by=made.world.lead, reason="A licence was wrong.")
