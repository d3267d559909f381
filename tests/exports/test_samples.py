"""The sample explorer: rows of a release as its files hold them, of Parquet and of JSON lines; nothing of damaged ones."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse

from core.errors import BadInput
from core.models import Event
from exports import actions, building, downloads, samples, writers
from exports.models import Release
from people.rules import Role
from tests.exports import judged
from tests.scenes import Scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(settings: Any, tmp_path: Path) -> Scene:
    settings.RELEASE_ROOT = tmp_path / "releases"
    return judged.scene(3, scratch=1)


def built(scene: Scene, **recipe: Any) -> Release:
    release = actions.start_release(recipe=judged.recipe(scene.world, **recipe), by=scene.world.lead)
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "published", release.error
    return release


def reader(scene: Scene) -> Client:
    client = Client()
    client.force_login(scene.world.person("mila", Role.ML))
    return client


@pytest.mark.parametrize("format_", ["parquet", "jsonl"])
def test_every_row_is_the_files_row(scene: Scene, format_: str) -> None:
    release = built(scene, configs=["default"], formats=[format_])
    [shard] = (building.folder_of(release) / "data/default").iterdir()
    rows = (
        pq.read_table(shard).to_pylist()
        if format_ == "parquet"
        else [json.loads(line) for line in shard.open()]
    )
    assert samples.splits(release) == {"train": 4}
    found = [samples.sample(release, "train", number) for number in range(1, 5)]
    assert [each.row for each in found] == rows
    pair = next(each for each in found if each.row["pair_type"] == "refined_over_base")
    assert [(side["label"], side["role"]) for side in pair.sides] == [
        ("Chosen", "refined"),
        ("Rejected", "base"),
    ]
    assert pair.sides[0]["files"]["index.html"].startswith("<!doctype html>")
    written = next(each for each in found if each.row["pair_type"] == "written")
    assert len(written.sides) == 1
    for split, number in (("train", 0), ("train", 5), ("test", 1), ("../x", 1)):
        with pytest.raises(BadInput):
            samples.sample(release, split, number)


def test_rows_are_found_over_row_groups_and_shards(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exports.writers.GROUP_BYTES", 1)
    monkeypatch.setattr("exports.building.write_data", partial(writers.write_data, shard_bytes=1))
    monkeypatch.setattr("exports.writers.BATCH_ROWS", 1)
    release = built(scene, configs=["default"], formats=["parquet"])
    shards = sorted((building.folder_of(release) / "data/default").iterdir())
    ids = [row["id"] for shard in shards for row in pq.read_table(shard).to_pylist()]
    assert len(shards) > 1
    assert [samples.sample(release, "train", n).row["id"] for n in range(1, 5)] == ids


def test_the_page_shows_the_row_and_says_that_it_was_looked_at(scene: Scene) -> None:
    release = built(scene)
    client, url = reader(scene), reverse("exports:look", args=[release.pk])
    page = client.get(url).content.decode()
    row = samples.sample(release, "train", 1).row
    assert row["prompt"] in page
    assert row["contributor"] in page
    assert "build/app/explore.js" in page
    assert 'rel="next"' in page
    assert 'rel="prev"' not in page
    last = client.get(url, {"split": "train", "row": "4"}).content.decode()
    assert 'rel="next"' not in last
    events = list(Event.objects.filter(verb="look").order_by("id").values_list("data", flat=True))
    assert events == [{"split": "train", "row": 1}, {"split": "train", "row": 4}]
    for query in ({"row": "5"}, {"row": "x"}, {"split": "dev"}, {"row": "-1"}):
        assert client.get(url, query).status_code == 400
    assert Event.objects.filter(verb="look").count() == 2


def test_what_is_damaged_withdrawn_or_has_no_files_is_not_shown(scene: Scene) -> None:
    release = built(scene)
    bare = built(scene, name="bare", configs=["sft"])
    client = reader(scene)
    page = client.get(reverse("exports:look", args=[bare.pk]))
    assert (page.status_code, "was built without it" in page.content.decode()) == (200, True)
    shard = next((building.folder_of(release) / "data/default").glob("*.parquet"))
    os.truncate(shard, 100)
    with pytest.raises(downloads.Tampered):
        samples.sample(release, "train", 1)
    assert client.get(reverse("exports:look", args=[release.pk])).status_code == 503
    actions.withdraw(release=release, by=scene.world.lead, reason="A licence was wrong.")
    gone = client.get(reverse("exports:look", args=[release.pk]))
    assert (gone.status_code, "A licence was wrong." in gone.content.decode()) == (410, True)
    again = actions.start_release(recipe=release.recipe, by=scene.world.lead)
    building.build(again.pk)
    gone = client.get(reverse("exports:look", args=[release.pk]))
    assert f"{again}</a> took its place" in gone.content.decode()
