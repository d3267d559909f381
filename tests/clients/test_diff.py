"""What the client says of two releases, by their own files: rows, counts, files, what they were made from; and verifying."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from arena.models import Pair
from catalog.models import Prompt
from exports import actions, building
from exports.models import Recipe, Release
from people.rules import Role
from tests.clients.conftest import Run
from tests.exports import judged
from tests.exports.shelves import Shelf
from tests.scenes import Scene

pytestmark = pytest.mark.django_db(transaction=True)


def built(recipe: Recipe) -> Release:
    release = actions.start_release(recipe=recipe, by=recipe.created_by)
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "published", release.error
    return release


@pytest.fixture
def two(settings: Any, tmp_path: Path) -> tuple[Scene, Release, Release, list[Pair]]:
    """Two releases of a dataset: one row went, one has other votes."""
    settings.RELEASE_ROOT = tmp_path / "releases"
    scene = judged.scene(3, authors=3)
    recipe = judged.recipe(scene.world, configs=["default"], formats=["parquet"])
    first = built(recipe)
    pairs = list(Pair.objects.order_by("id"))
    Pair.objects.filter(pk=pairs[0].pk).update(wins=5)
    Prompt.objects.filter(pk=pairs[1].task.prompt_id).update(quarantine="It is in a benchmark.")
    return scene, first, built(recipe), pairs


def test_folders_are_compared_row_by_row(two: tuple[Scene, Release, Release, list[Pair]], run: Run) -> None:
    _, first, second, pairs = two
    old, new = (str(building.folder_of(release)) for release in (first, second))
    done = run("diff", old, new, "--json")
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert (said["old"], said["new"]) == ("sample@1.0.0", "sample@1.1.0")
    assert {(row["id"], row["change"], row["why"]) for row in said["rows"]} == {
        (f"test-{pairs[0].submission_id}", "changed", "other votes"),
        (f"test-{pairs[1].submission_id}", "removed", "prompt is in quarantine"),
    }
    assert said["kept"] == 1
    assert {"of": "default/train", "old": 3, "new": 2} in said["counts"]
    assert {"change": "changed", "path": "ROWS.parquet"} in said["files"]
    back = json.loads(run("diff", new, old, "--json").stdout)
    assert {(row["change"], row["why"]) for row in back["rows"]} == {
        ("changed", "votes, weight"),
        ("added", ""),
    } or {(row["change"], row["why"]) for row in back["rows"]} == {("changed", "votes"), ("added", "")}
    text = run("diff", old, new, "--rows")
    assert "1 changed: other votes" in text.stdout
    assert f"test-{pairs[1].submission_id}\tremoved\tprompt is in quarantine" in text.stdout
    same = run("diff", old, old)
    assert (same.returncode, "No difference." in same.stdout) == (0, True)


def test_releases_on_a_site_are_compared_by_their_lists_alone(
    two: tuple[Scene, Release, Release, list[Pair]], run: Run, live_server: Any, tmp_path: Path
) -> None:
    from core.models import Event

    scene, *_ = two
    _, secret = Shelf(scene.world, two[1], scene.world.person("mila", Role.ML)).token()
    given = {"HILLCLIMB_SITE": live_server.url, "HILLCLIMB_TOKEN": secret}
    done = run("diff", "sample@1.0.0", "sample@1.1.0", **given)
    assert done.returncode == 1, done.stderr
    assert "1 removed: prompt is in quarantine" in done.stdout
    fetched = set(Event.objects.filter(verb="download").values_list("data__path", flat=True))
    assert fetched == {"MANIFEST.json", "ROWS.parquet", "CHANGES.parquet"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["releases"]


def test_what_is_compared_must_be_what_was_published(
    two: tuple[Scene, Release, Release, list[Pair]], run: Run
) -> None:
    _, first, second, _ = two
    folder = building.folder_of(second)
    rows = folder / "ROWS.parquet"
    data = bytearray(rows.read_bytes())
    data[len(data) // 2] ^= 1
    rows.write_bytes(bytes(data))
    done = run("diff", str(building.folder_of(first)), str(folder))
    assert (done.returncode, "other content" in done.stderr) == (7, True)


@pytest.mark.parametrize("harm", ["byte", "cut", "gone", "more", "link", "manifest", "sums"])
def test_verify_finds_whatever_was_changed(shelf: Shelf, run: Run, harm: str) -> None:
    folder = shelf.folder
    shard = folder / "data/sft/train-00000-of-00001.parquet"
    assert run("verify", str(folder), "-q").returncode == 0
    if harm == "byte":
        shard.write_bytes(b"!" + shard.read_bytes()[1:])
    elif harm == "cut":
        os.truncate(shard, 100)
    elif harm == "gone":
        shard.unlink()
    elif harm == "more":
        (folder / "data/evil.parquet").write_bytes(b"x")
    elif harm == "link":
        kept = folder.parent / "kept"
        shard.rename(kept)
        shard.symlink_to(kept)
    elif harm == "manifest":
        path = folder / "MANIFEST.json"
        path.write_text(path.read_text().replace('"seed": 1', '"seed": 2'))
    else:
        (folder / "SHA256SUMS").write_text("")
    done = run("verify", str(folder))
    assert done.returncode == 1, done.stdout
    assert "is not as published" in done.stdout
    assert "Traceback" not in done.stderr


def test_verify_where_there_is_no_release(run: Run, tmp_path: Path) -> None:
    assert run("verify", str(tmp_path / "nothing")).returncode == 8
    (tmp_path / "MANIFEST.json").write_text("[" * 100_000)
    assert run("verify", str(tmp_path)).returncode == 7
