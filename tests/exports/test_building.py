"""Building: published whole or not at all, by one worker, the same bytes each time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from arena.models import Pair
from catalog.models import Generation, Use
from core.errors import BadInput, Conflict, NotAllowed, WrongState
from core.models import Event
from exports import actions, building, writers
from exports.models import Release, ReleaseFile
from exports.proof import MANIFEST, digest
from exports.proof import file_faults as faults
from people.rules import Role
from tests.exports import judged
from tests.exports.drawn import contents
from tests.scenes import Scene
from tests.worlds import world

# A build reads one snapshot from its first statement on, and says how far it is beside it.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def releases(settings: Any, tmp_path: Path) -> Path:
    settings.RELEASE_ROOT = tmp_path / "releases"
    return tmp_path / "releases"


def start(made: Scene, **fields: object) -> Release:
    return actions.start_release(recipe=judged.recipe(made.world, **fields), by=made.world.lead)


def built(made: Scene, **fields: object) -> Release:
    release = start(made, **fields)
    building.build(release.pk)
    release.refresh_from_db()
    return release


def quiet(phase: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def test_a_release_is_built_published_and_whole(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = judged.scene(2, scratch=1, authors=3)
    seen: list[tuple[str, int, int]] = []
    real = actions.progress

    def spy(*, release: Release, phase: str, done: int, total: int) -> None:
        seen.append((phase, done, total))
        real(release=release, phase=phase, done=done, total=total)

    monkeypatch.setattr(actions, "progress", spy)
    release = built(made)
    assert (release.status, release.error, release.phase, release.lease_until) == ("published", "", "", None)
    assert ("Writing files", 3, 3) in seen
    assert (release.rows_done, release.rows_total) == (3, 3)
    folder = building.folder_of(release)
    assert [path.name for path in releases.iterdir()] == [folder.name]
    assert faults(folder) == []
    assert release.manifest == json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert release.manifest_sha256 == digest(folder / MANIFEST)
    assert {file.path: file.sha256 for file in release.files.all()} == contents(folder)
    assert release.manifest["rows"] == {
        "default": {"train": 3}, "preference": {"train": 2}, "preference_implicit": {"train": 2}, "kto": {"train": 5},
        "sft": {"train": 3}, "edit": {"train": 2}, "arena": {"train": 9}, "raw_annotations": {"train": 12},
    }  # fmt: skip
    kinds = (
        pq.read_table(folder / "data/default/train-00000-of-00001.parquet").column("pair_type").to_pylist()
    )
    assert sorted(kinds) == ["refined_over_base", "refined_over_base", "written"]
    verbs = Event.objects.filter(machine="exports.release", object_id=release.pk).order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == ["create", "take", "publish"]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "no rejected side" in card
    assert "100.0%" in card
    assert "scanned against no protected benchmark set" in card


def test_writing_it_again_gives_the_same_bytes(tmp_path: Path) -> None:
    made = Scene(world(prompts=0))
    with transaction.atomic():
        judged.many(made.world, rows=300, clusters=120, authors=30)
    release = start(made, held_out_share=0.3)
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "published", release.error
    for name in ("one", "two"):
        building.write(release, tmp_path / name, progress=quiet)
        with connection.cursor() as cursor:  # rows move on disk, plans change; the bytes do not
            cursor.execute("UPDATE arena_pair SET opened_at = now()")
            cursor.execute("VACUUM ANALYZE arena_pair")
    assert contents(tmp_path / "one") == contents(tmp_path / "two") == contents(building.folder_of(release))
    call_command("verify_release", str(release.pk))
    call_command("rebuild_release", "sample@1.0.0")


def test_the_commands_tell_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = judged.scene(1)
    release = built(made)
    folder = building.folder_of(release)
    call_command("verify_release", str(release.pk))
    assert "as published" in capsys.readouterr().out
    Pair.objects.update(wins=4)
    with pytest.raises(CommandError, match=r"data/default/train-00000-of-00001\.jsonl"):
        call_command("rebuild_release", str(release.pk))
    (folder / "README.md").write_text("# Other", encoding="utf-8")
    with pytest.raises(CommandError, match=r"README\.md has"):
        call_command("verify_release", str(release.pk))
    # Manifest and checksums changed to fit: only the digest in the database tells.
    text = (folder / MANIFEST).read_text(encoding="utf-8").replace('"seed": 1', '"seed": 2')
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match="is not the manifest that was published"):
        call_command("verify_release", str(release.pk))
    with pytest.raises(CommandError, match="no release"):
        call_command("verify_release", "999999")


def test_every_config_loads_into_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    from datasets import load_dataset  # reads the environment when imported

    release = built(judged.scene(4, scratch=1, authors=5), held_out_share=0.5, seed=3)
    folder, cache = str(building.folder_of(release)), str(tmp_path / "cache")
    rows = release.manifest["rows"]
    assert set(rows["default"]) == {"train", "test"}
    assert set(rows) == {*judged.CONFIGS} - {"feedback", "hard_negatives"}
    for config in rows:
        loaded = load_dataset(folder, config, cache_dir=cache)
        assert {split: loaded[split].num_rows for split in loaded} == rows[config]
    default = load_dataset(folder, cache_dir=cache)
    assert {split: default[split].num_rows for split in default} == rows["default"]


def test_a_build_that_fails_leaves_nothing_to_be_seen(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = judged.scene(1)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(building, "write_manifest", full)
        release = built(made)
    assert (release.status, release.manifest, release.manifest_sha256) == ("failed", {}, "")
    assert release.error == "The build stopped by a fault of ours: OSError."
    assert list(releases.iterdir()) == []
    assert not ReleaseFile.objects.exists()
    again = actions.start_release(recipe=release.recipe, by=made.world.lead)
    assert again.version == "1.1.0"
    building.build(again.pk)
    again.refresh_from_db()
    assert again.status == "published"
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "failed"


def test_a_recipe_that_selects_nothing_says_why() -> None:
    made = judged.scene(1)
    assert "with the tag absent." in built(made, tags=["absent"]).error
    Generation.objects.filter(model=made.world.project.target).update(use=Use.EVAL_ONLY)
    release = built(made, name="other")
    assert release.status == "failed"
    assert release.error.startswith(
        "Every pair was left out: 1 rejected side may not be trained on. Refused: test-"
    )
    Pair.objects.update(status="open", outcome="", decided_at=None)
    assert "No pair of this project has a verdict yet" in built(made, name="third").error


def elsewhere(work: Callable[[], object]) -> None:
    """Do it on another connection, as another worker would."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def expire(release: Release) -> None:
    Release.objects.filter(pk=release.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_who_lost_the_lease_changes_nothing(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = judged.scene(1)
    release = start(made)
    real = building.write_data
    inside: list[int] = []

    def overtaken(*args: Any, **options: Any) -> Any:
        written = real(*args, **options)
        if not inside:
            inside.append(release.pk)
            elsewhere(lambda: (expire(release), building.build(release.pk)))
        return written

    monkeypatch.setattr(building, "write_data", overtaken)
    building.build(release.pk)
    release.refresh_from_db()
    assert (release.status, release.epoch, release.losses) == ("published", 2, 1)
    assert [path.name for path in releases.iterdir()] == [str(release.pk)]
    assert faults(building.folder_of(release)) == []
    verbs = Event.objects.filter(machine="exports.release", object_id=release.pk).order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == ["create", "take", "take", "publish"]


def test_a_worker_that_fails_after_it_lost_the_lease_fails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    release = start(judged.scene(1))

    def overtaken(*_: Any, **__: Any) -> None:
        elsewhere(lambda: Release.objects.filter(pk=release.pk).update(epoch=7))
        raise RuntimeError("its folder is gone")

    monkeypatch.setattr(building, "write_data", overtaken)
    building.build(release.pk)
    release.refresh_from_db()
    assert (release.status, release.epoch, release.error) == ("building", 7, "")


def test_three_lost_workers_fail_a_release(releases: Path) -> None:
    release = start(judged.scene(1))
    Release.objects.filter(pk=release.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assert actions.due() == [release.pk]
    for n in range(3):
        taken = actions.take(release_id=release.pk)
        assert taken is not None
        assert taken.losses == n
        assert actions.take(release_id=release.pk) is None
        assert actions.due() == []
        (releases / f".{release.pk}-{taken.epoch}.part").mkdir(parents=True)  # as a killed worker leaves it
        expire(release)
        assert actions.due() == [release.pk]
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "failed"
    assert "lost three times" in release.error
    assert actions.due() == []


def test_what_killed_workers_left_is_removed(releases: Path) -> None:
    release = start(judged.scene(1))
    taken = actions.take(release_id=release.pk)
    assert taken is not None
    (releases / f".{release.pk}-{taken.epoch}.part").mkdir(parents=True)
    (releases / str(release.pk)).mkdir()  # killed between its rename and its commit
    (releases / str(release.pk) / "stale.txt").write_text("x", encoding="utf-8")
    expire(release)
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "published"
    assert [path.name for path in releases.iterdir()] == [str(release.pk)]
    assert faults(building.folder_of(release)) == []


def test_a_release_is_of_its_recipe_as_it_was() -> None:
    made = judged.scene(1)
    release = start(made, configs=["sft"], formats=["jsonl"])
    release.recipe.configs = ["kto"]
    release.recipe.save()
    building.build(release.pk)
    paths = {file.path for file in release.files.all()}
    beside = {"MANIFEST.json", "README.md", "ROWS.parquet", "SHA256SUMS", "certificate.json"}
    assert paths == {*beside, "data/sft/train-00000-of-00001.jsonl"}


def test_versions_and_who_may_build() -> None:
    made = judged.scene(1)
    made_recipe = judged.recipe(made.world)
    lead = made.world.lead
    with pytest.raises(NotAllowed):
        actions.start_release(recipe=made_recipe, by=made.world.person("mila", Role.ML))
    with pytest.raises(BadInput):
        actions.start_release(recipe=made_recipe, by=lead, version="v1")
    assert actions.start_release(recipe=made_recipe, by=lead, version="1.9.0").version == "1.9.0"
    assert actions.start_release(recipe=made_recipe, by=lead).version == "1.10.0"
    assert actions.start_release(recipe=made_recipe, by=lead).version == "1.11.0"
    with pytest.raises(Conflict):
        actions.start_release(recipe=made_recipe, by=lead, version="1.9.0")
    for wrong in ({"configs": []}, {"configs": ["video"]}, {"formats": ["csv"]}):
        for name, value in wrong.items():
            setattr(made_recipe, name, value)
        with pytest.raises(BadInput):
            actions.start_release(recipe=made_recipe, by=lead)
        made_recipe.refresh_from_db()


def test_withdrawal_needs_a_reason_and_a_lead_and_is_final() -> None:
    made = judged.scene(1)
    release = built(made)
    with pytest.raises(BadInput):
        actions.withdraw(release=release, by=made.world.lead, reason=" no ")
    with pytest.raises(NotAllowed):
        actions.withdraw(
            release=release, by=made.world.person("mila", Role.ML), reason="A licence was wrong."
        )
    actions.withdraw(release=release, by=made.world.lead, reason="A licence was wrong.")
    release.refresh_from_db()
    assert (release.status, release.withdrawn_reason) == ("withdrawn", "A licence was wrong.")
    with pytest.raises(WrongState):
        actions.withdraw(release=release, by=made.world.lead, reason="A licence was wrong.")


def test_the_database_keeps_published_releases_as_they_are() -> None:
    release = built(judged.scene(1))
    for statement in (
        "UPDATE exports_release SET manifest_sha256 = 'x'",
        "UPDATE exports_release SET status = 'building'",
        "DELETE FROM exports_release",
        "UPDATE exports_releasefile SET sha256 = 'x'",
        "DELETE FROM exports_releasefile",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    release.refresh_from_db()
    assert release.status == "published"


@pytest.fixture
def other_hand() -> Iterator[Any]:
    """A second connection, as another process would hold it."""
    connection.ensure_connection()
    hand = connection.copy()
    yield hand
    hand.close()


def test_a_release_waits_for_verdicts_under_way(other_hand: Any) -> None:
    made = judged.scene(2)
    pair = Pair.objects.earliest("id")
    made_recipe = judged.recipe(made.world)
    other_hand.set_autocommit(False)
    with other_hand.cursor() as cursor:
        cursor.execute("UPDATE arena_pair SET decided_at = clock_timestamp() WHERE id = %s", [pair.pk])

    def begin() -> None:
        try:
            actions.start_release(recipe=made_recipe, by=made.world.lead)
        finally:
            connection.close()

    starting = threading.Thread(target=begin)
    starting.start()
    starting.join(0.5)
    assert starting.is_alive()
    other_hand.commit()
    starting.join(10)
    release = Release.objects.get()
    pair.refresh_from_db()
    assert pair.decided_at is not None
    assert pair.decided_at < release.as_of


def test_memory_holds_no_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows pass in batches: no more than a few are alive at a time, whatever their number."""
    made = Scene(world(prompts=0))
    with transaction.atomic():
        judged.many(made.world, rows=500, clusters=200, authors=30)
    monkeypatch.setattr("exports.queries.FETCH", 50)
    monkeypatch.setattr(writers, "BATCH_ROWS", 50)
    largest = 0
    real = writers.ReleaseWriter.write

    def spy(self: writers.ReleaseWriter, batch: Any) -> None:
        nonlocal largest
        largest = max(largest, len(batch))
        real(self, batch)

    monkeypatch.setattr(writers.ReleaseWriter, "write", spy)
    release = built(made)
    assert release.status == "published"
    assert release.rows_total > 200
    assert largest == 50
