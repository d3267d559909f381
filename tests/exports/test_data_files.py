"""A release's files: the same bytes each time, the same rows in each format, loadable, and tampering found."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from exports.card import card
from exports.columns import (
    CONFIGS,
    OF_PAIRS,
    REPEATED,
    SCHEMAS,
    SOURCE_COLUMNS,
    Batch,
    parted,
)
from exports.durable import publish
from exports.proof import file_faults as faults
from exports.rendering import render
from exports.writers import write_data
from tests.exports.drawn import FACTS, PAGES, batched, build, contents, row, tuples


def test_building_again_gives_the_same_bytes_however_rows_are_batched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exports.writers.BATCH_ROWS", 16)
    build(tmp_path / "one", 300, size=7, evidence=True)
    build(tmp_path / "two", 300, size=300, evidence=True)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_every_config_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    from datasets import load_dataset  # reads the environment when imported

    files = build(tmp_path / "release", evidence=True)
    cache = str(tmp_path / "cache")
    for config in CONFIGS:
        loaded = load_dataset(str(tmp_path / "release"), config, cache_dir=cache)
        assert set(loaded) == {"train", "test"}
        for split in loaded:
            expected = sum(
                file.rows
                for file in files
                if (file.config, file.split, file.format) == (config, split, "parquet")
            )
            assert len(loaded[split]) == expected > 0
            assert loaded[split].column_names == SCHEMAS[config].names
        lines = sorted(str(path) for path in (tmp_path / "release/data" / config).glob("train-*.jsonl"))
        assert load_dataset("json", data_files=lines, split="train", cache_dir=cache).num_rows == len(
            loaded["train"]
        )
    default = load_dataset(str(tmp_path / "release"), cache_dir=cache)
    assert default["train"].column_names == SCHEMAS["default"].names
    first = load_dataset(str(tmp_path / "release"), "preference", cache_dir=cache)["train"][0]
    assert first["prompt"] == [{"role": "user", "content": row(1).prompt}]
    assert first["chosen"] == [{"role": "assistant", "content": render(PAGES[1])}]
    assert first["rejected"] == [{"role": "assistant", "content": render(PAGES[4])}]


@pytest.mark.parametrize("config", CONFIGS)
def test_json_lines_hold_the_rows_of_parquet(tmp_path: Path, config: str) -> None:
    build(tmp_path / "release", evidence=True, configs=[config])
    for split in ("train", "test"):
        stem = tmp_path / "release/data" / config / f"{split}-00000-of-00001"
        parquet = pq.read_table(stem.with_suffix(".parquet"))
        assert parquet.schema.remove_metadata() == SCHEMAS[config]
        text = stem.with_suffix(".jsonl").read_text(encoding="utf-8")
        assert [json.loads(line) for line in text.split("\n")[:-1]] == parquet.to_pylist()


def test_views_agree_with_the_canonical_rows(tmp_path: Path) -> None:
    build(tmp_path / "release", configs=["default", "kto", "sft", "edit"], formats=["parquet"])
    data = tmp_path / "release/data"
    assert not (data / "preference").exists()
    default, kto, sft, edit = (
        pq.read_table(data / config / "train-00000-of-00001.parquet").to_pylist()
        for config in ("default", "kto", "sft", "edit")
    )
    source = [row(number) for number in range(60) if number % 5]
    written = [one for one in source if one.pair_type == "written"]
    source = [one for one in source if one.pair_type != "written"]
    assert [one["id"] for one in default] == [one.id for one in [*source, *written]]
    assert default[0]["soft_label"] == pytest.approx((3 + 0.5) / (3 + 1 + 1))
    assert default[0]["margin"] == pytest.approx(2 * default[0]["soft_label"] - 1)
    alone = len(written)
    pairs = zip(kto[:-alone:2], kto[1:-alone:2], strict=True)
    for one, pair, plain in zip(source, pairs, sft[:-alone], strict=True):
        assert [half["label"] for half in pair] == [True, False]
        texts = [render(json.loads(files)) for files in (one.chosen_files, one.rejected_files)]
        assert [half["completion"][0]["content"] for half in pair] == texts
        assert plain["completion"] == [{"role": "assistant", "content": texts[0]}]
    for one, good, plain in zip(written, kto[-alone:], sft[-alone:], strict=True):
        assert good["label"]
        said = [{"role": "assistant", "content": render(json.loads(one.chosen_files))}]
        assert good["completion"] == plain["completion"] == said
    edits = [one for one in source if one.pair_type == "refined_over_base"]
    assert [one["id"] for one in edit] == [one.id for one in edits]
    assert len(edits) < len(source)
    assert edit[0]["original_response"] == render(json.loads(edits[0].rejected_files))
    assert edit[0]["edited_response"] == render(json.loads(edits[0].chosen_files))
    assert edit[0]["feedback"] == ["Good contrast"]


def test_pairs_and_written_pages_are_batches_of_their_own() -> None:
    with pytest.raises(ValueError, match="of their own"):
        Batch(tuples(4))
    pairs, written = parted(tuples(4))
    assert (pairs.rows, written.rows, written.configs) == (3, 1, ("default", "kto", "sft"))
    assert [batch.rows for batch in parted([tuples(4)[3]])] == [1]


def test_no_column_switches_trainers_to_vision() -> None:
    assert not {"image", "images"} & {name for schema in SCHEMAS.values() for name in schema.names}


def test_what_is_said_again_and_again_is_written_once_a_row_group(tmp_path: Path) -> None:
    build(tmp_path / "release", 100, configs=["arena"], evidence=True)
    group = pq.ParquetFile(next((tmp_path / "release").rglob("train-*.parquet"))).metadata.row_group(0)
    columns = {each.path_in_schema: each for each in map(group.column, range(group.num_columns))}
    # A path that no file has would be passed over in silence.
    assert {path for path in REPEATED if columns[path].has_dictionary_page} == {*REPEATED}
    assert not columns["tstamp"].has_dictionary_page


def test_large_series_are_sharded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exports.writers.BATCH_ROWS", 10)
    files = build(tmp_path / "release", 100, configs=["default"], shard_bytes=2000)
    names = [Path(file.path).name for file in files if (file.split, file.format) == ("train", "parquet")]
    assert names == [f"train-{number:05d}-of-{len(names):05d}.parquet" for number in range(len(names))]
    assert len(names) > 2
    assert sum(file.rows for file in files if file.format == "parquet") == 100
    for file in files:
        data = (tmp_path / "release" / file.path).read_bytes()
        assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[list[tuple[Any, ...]]]:
        yield tuples(20)
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        write_data(tmp_path, rows())
    assert list(tmp_path.iterdir()) == []
    broken = list(tuples(3)[2])
    broken[SOURCE_COLUMNS.index("votes_chosen")] = "many"
    with pytest.raises(Exception, match="many"):
        write_data(tmp_path, [[tuple(broken)]])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="video"):
        write_data(tmp_path, [], configs=["video"])


@pytest.mark.parametrize("step", ["_JsonShard.write", "_JsonShard.close", "_ParquetShard.close"])
def test_a_full_disk_is_told_to_the_builder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"exports.writers.{step}", full)
    with pytest.raises(OSError, match="No space"):
        write_data(tmp_path, [tuples(5)])
    assert list(tmp_path.iterdir()) == []


def test_progress_and_no_rows(tmp_path: Path) -> None:
    seen: list[int] = []
    write_data(tmp_path, batched(tuples(25), 10), configs=["sft"], on_progress=seen.append)
    assert seen == [10, 20, 25]
    (tmp_path / "empty").mkdir()
    assert write_data(tmp_path / "empty", []) == []


def test_published_releases_are_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "building").mkdir()
    publish(tmp_path / "building", tmp_path / "1.0.0")
    assert (tmp_path / "1.0.0").is_dir()
    (tmp_path / "building").mkdir()
    with pytest.raises(FileExistsError, match=r"1\.0\.0"):
        publish(tmp_path / "building", tmp_path / "1.0.0")


def test_tampering_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "release"
    build(folder)
    assert faults(folder) == []
    assert (
        subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=False).returncode
        == 0
    )
    shard = folder / "data/sft/train-00000-of-00001.parquet"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    assert faults(folder) == ["data/sft/train-00000-of-00001.parquet has other content"]
    shard.write_bytes(whole[:-1])
    assert "bytes, not" in faults(folder)[0]
    shard.unlink()
    assert faults(folder) == ["data/sft/train-00000-of-00001.parquet is missing"]
    shard.write_bytes(whole)
    (folder / "extra.txt").write_text("x", encoding="utf-8")
    assert faults(folder) == ["extra.txt is not listed"]
    (folder / "extra.txt").unlink()
    manifest = folder / "MANIFEST.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('"seed": 1', '"seed": 2'), encoding="utf-8")
    assert faults(folder) == ["SHA256SUMS does not fit MANIFEST.json"]
    manifest.write_text("{}", encoding="utf-8")
    assert faults(folder) == ["MANIFEST.json cannot be read: KeyError"]


def test_manifest_counts_rows(tmp_path: Path) -> None:
    build(tmp_path / "release")
    made = json.loads((tmp_path / "release/MANIFEST.json").read_text(encoding="utf-8"))
    assert made["rows"]["default"] == {"train": 48, "test": 12}
    assert made["rows"]["kto"] == {"train": 2 * 48 - 5, "test": 2 * 12 - 1}
    assert made["rows"]["preference"] == {"train": 48 - 5, "test": 12 - 1}
    assert {entry["path"] for entry in made["files"]} >= {"README.md", "data/edit/test-00000-of-00001.jsonl"}


def test_card(tmp_path: Path) -> None:
    build(tmp_path / "release")
    text = (tmp_path / "release/README.md").read_text(encoding="utf-8")
    _, front, rest = text.split("---\n", 2)
    meta = yaml.safe_load(front)
    assert [config["config_name"] for config in meta["configs"]] == list(OF_PAIRS)
    assert meta["license"] == "mit"
    assert meta["size_categories"] == ["n<1K"]
    assert "no match by these rules at these thresholds" in rest
    assert "| prompt, one word in twelve misspelt | 40 | 37 |" in rest
    assert "clean" not in rest.lower()
    assert "<b>" not in rest.replace("\\<b\\>", "")
    assert "Sample \\| project" in rest
    assert "75.0%" in rest
    assert "DPOTrainer" in rest
    bare = card(replace(FACTS, scan=None, win_rates=()), [])
    assert "scanned against no protected benchmark set" in bare
