"""What trainers read, checked against the shapes that their documentation asks for."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow.parquet as pq
import pytest
import yaml

from exports.card import card
from exports.columns import CONFIGS
from exports.croissant import croissant
from exports.proof import canonical_json
from exports.trainers import dataset_info
from tests.exports.drawn import FACTS, build

Row = dict[str, Any]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a release with every config, and its card."""
    folder = tmp_path_factory.mktemp("release") / "files"
    files = build(folder, evidence=True)
    (folder / "README.md").write_text(card(FACTS, files), encoding="utf-8")
    (folder / "dataset_info.json").write_text(
        canonical_json(dataset_info(FACTS.name, files)), encoding="utf-8"
    )
    described = croissant(FACTS, files, published="2026-11-23")
    (folder / "croissant.json").write_text(canonical_json(described), encoding="utf-8")
    return folder


def rows(release: Path, config: str) -> list[Row]:
    return pq.read_table(release / "data" / config / "train-00000-of-00001.parquet").to_pylist()  # type: ignore[no-any-return]  # untyped


def snippets(release: Path, language: str) -> list[str]:
    text = (release / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def is_dialogue(value: Any, *roles: str) -> bool:
    return (
        isinstance(value, list)
        and [message["role"] for message in value] == list(roles)
        and all(isinstance(message["content"], str) and message["content"] for message in value)
    )


def test_trl_finds_its_columns(release: Path) -> None:
    for row in rows(release, "preference"):
        assert is_dialogue(row["prompt"], "user")
        assert is_dialogue(row["chosen"], "assistant")
        assert is_dialogue(row["rejected"], "assistant")
        assert -1 <= row["margin"] <= 1
    for row in rows(release, "preference_implicit"):
        assert is_dialogue(row["chosen"], "user", "assistant")
        assert row["chosen"][0] == row["rejected"][0]
    for config in ("kto", "hard_negatives"):
        for row in rows(release, config):
            assert is_dialogue(row["prompt"], "user")
            assert is_dialogue(row["completion"], "assistant")
            assert isinstance(row["label"], bool)
    for row in rows(release, "sft"):
        assert is_dialogue(row["prompt"], "user")
        assert is_dialogue(row["completion"], "assistant")


def test_the_snippets_are_python_and_name_what_there_is(release: Path) -> None:
    found = snippets(release, "python")
    for snippet in found:
        compile(snippet, "README.md", "exec")
    loaded = re.findall(r'load_dataset\("path/to/this/folder", "(\w+)"\)', "\n".join(found))
    assert loaded == list(CONFIGS)
    assert {"DPOTrainer", "RewardTrainer", "KTOTrainer", "SFTTrainer"} <= set(
        re.findall(r"\w+Trainer", "".join(found))
    )


# The fields of a description by LLaMA-Factory's data/README.md; alpaca is the default format, whose columns are texts.
LLAMA_FACTORY = {"hf_hub_url", "ms_hub_url", "script_url", "file_name", "formatting", "ranking", "subset", "folder", "split", "columns", "tags", "num_samples"}  # fmt: skip
LLAMA_COLUMNS = {"prompt", "query", "response", "history", "messages", "system", "tools", "images", "chosen", "rejected", "kto_tag"}  # fmt: skip


def test_llama_factory_reads_pairs_and_answers(release: Path) -> None:
    info = json.loads((release / "dataset_info.json").read_text(encoding="utf-8"))
    assert set(info) == {"sample_project_pairs", "sample_project_sft"}
    for name, entry in info.items():
        assert set(entry) <= LLAMA_FACTORY
        assert set(entry["columns"]) <= LLAMA_COLUMNS
        assert (release / entry["file_name"]).is_file()
        needed = {"prompt", "chosen", "rejected"} if entry.get("ranking") else {"prompt", "response"}
        assert set(entry["columns"]) == needed, name
        for row in pq.read_table(release / entry["file_name"]).to_pylist():
            assert all(isinstance(row[column], str) and row[column] for column in entry["columns"].values())
    pairs = info["sample_project_pairs"]
    assert pairs["ranking"] is True
    first = pq.read_table(release / pairs["file_name"]).to_pylist()[0]
    better, worse = (first[pairs["columns"][side]] for side in ("chosen", "rejected"))
    assert (better, worse) == (first["edited_response"], first["original_response"])


def test_axolotl_reads_conversations(release: Path) -> None:
    dpo, sft = (yaml.safe_load(snippet) for snippet in snippets(release, "yaml"))
    assert dpo["rl"] == "dpo"
    [source] = dpo["datasets"]
    assert source["type"] == "chat_template.argilla_chat"  # wants chosen and rejected as [user, assistant]
    found = rows(release, source["name"])
    assert all(
        is_dialogue(row[side], "user", "assistant") for row in found for side in ("chosen", "rejected")
    )
    [source] = sft["datasets"]
    assert (source["type"], source["split"]) == ("chat_template", "train")
    assert all(
        is_dialogue(row[source["field_messages"]], "user", "assistant")
        for row in rows(release, source["name"])
    )


def test_openrlhf_finds_its_keys(release: Path) -> None:
    [text] = snippets(release, "sh")
    commands = text.strip().split("\n")
    assert len(commands) == 3
    for command in commands:
        said = dict(re.findall(r"--(\w+) ([^-\s]\S*)", command))
        config = said["dataset"].rpartition("/")[2]
        keys = {name: value for name, value in said.items() if name.endswith("_key")}
        assert command.endswith("--apply_chat_template")
        for row in rows(release, config):
            assert set(keys.values()) <= set(row)
            prompt = row[keys.get("prompt_key") or keys["input_key"]]
            for name in ("chosen_key", "rejected_key", "output_key"):
                if name in keys:  # with a chat template they are joined as lists of messages
                    assert is_dialogue(prompt + row[keys[name]], "user", "assistant")


HELPSTEER3_EDIT = [
    "domain",
    "language",
    "context",
    "original_response",
    "edited_response",
    "feedback",
    "change_summary",
]
WEBDEV_ARENA = [
    "question_id",
    "model_a",
    "model_b",
    "winner",
    "conversation_a",
    "conversation_b",
    "language",
    "tstamp",
]


def test_edit_and_arena_have_the_shapes_of_known_datasets(release: Path) -> None:
    for row in rows(release, "edit"):
        assert set(HELPSTEER3_EDIT) <= set(row)
        assert is_dialogue(row["context"], "user")
        assert all(isinstance(said, str) for said in row["feedback"])
    battles = rows(release, "arena")
    assert {row["winner"] for row in battles} == {"model_a", "model_b", "tie", "tie (bothbad)"}
    for row in battles:
        assert set(WEBDEV_ARENA) <= set(row)
        assert {row["model_a"], row["model_b"]} == {"refined", "rival"}
        assert row["use"] == "eval_only"
        question, answer = row["conversation_a"]
        assert (question["role"], answer["role"]) == ("user", "assistant")
        assert question["content"][0]["type"] == answer["content"][0]["type"] == "text"
        assert row["conversation_b"][0] == question
    cast = {(row["annotator"], row["id"], row["at"]) for row in rows(release, "raw_annotations")}
    assert cast >= {
        (row["judge"], row["question_id"], f"{datetime.fromtimestamp(row['tstamp'], UTC):%Y-%m-%dT%H:%M:%SZ}")
        for row in battles
    }


def test_mlcroissant_validates_the_description_and_reads_rows_by_it(release: Path) -> None:
    dataset = mlcroissant.Dataset(jsonld=release / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    assert dataset.metadata.ctx.is_v1_1()
    assert {each.id for each in dataset.metadata.record_sets} == {
        f"{config}-{split}" for config in CONFIGS for split in ("train", "test")
    }
    # mlcroissant 1.1 reads no lists of structures, which messages are: of those configs the description is validated.
    for config in ("default", "raw_annotations"):
        name = f"{config}-train"
        read = list(dataset.records(name))
        there = rows(release, config)
        assert len(read) == len(there)
        ids = [one[f"{name}/id"] for one in read]
        assert [each.decode() if isinstance(each, bytes) else each for each in ids] == [
            row["id"] for row in there
        ]
