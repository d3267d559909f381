"""One line of an import file: every fault is named, and nothing but checked values comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import import_lines
from catalog.import_lines import KnownModel
from core import filesets
from core.errors import BadInput
from tests.factories import line

MODELS = {"target-model": KnownModel(1, "train"), "rival-model": KnownModel(2, "eval_only")}


def parse(value: object) -> import_lines.Line:
    return import_lines.parse(json.dumps(value).encode(), MODELS)


def faults(value: object) -> dict[str, str]:
    with pytest.raises(BadInput) as refused:
        parse(value)
    return {problem.where: problem.what for problem in refused.value.problems}


def test_a_sound_line_is_read_whole() -> None:
    read = parse(line("a", held_out=True, cluster="c"))
    assert (read.key, read.tags, read.framework, read.licence) == ("a", ("test",), "html", "CC0-1.0")
    assert (read.held_out, read.cluster) == (True, "c")
    assert [(o.model.id, o.use) for o in read.outputs] == [(1, "train"), (2, "eval_only")]
    assert read.outputs[0].packed == filesets.pack(read.outputs[0].files)


def test_what_may_be_left_out_has_its_default() -> None:
    value = line("a")
    del value["generations"]
    read = parse(value)
    assert (read.held_out, read.cluster, read.outputs) == (False, "a", ())


def test_rights_override_the_models_default() -> None:
    value = line("a")
    value["generations"][1]["rights"] = "none"
    assert [o.use for o in parse(value).outputs] == ["train", "none"]


def test_all_faults_of_a_line_are_listed_at_once() -> None:
    value = line("a" * 121, framework="vue", held_out="yes", tags="x", licence="CC0")
    value["generations"][0]["model"] = "stranger"
    value["generations"][0]["files"] = {"../etc/passwd": "x"}
    value["generations"][1]["rights"] = "everything"
    found = faults(value)
    assert set(found) == {
        "key", "framework", "held_out", "tags", "licence", "generations[0].model",
        "generations[0].files[../etc/passwd]", "generations[1].rights",
    }  # fmt: skip


def test_a_misspelt_field_is_told_its_name() -> None:
    with pytest.raises(BadInput) as refused:
        parse(line("a", heldout=True))
    assert refused.value.problems[0].todo == "Did you mean “held_out”?"


def test_a_model_answers_a_prompt_once() -> None:
    value = line("a")
    value["generations"].append(value["generations"][0])
    assert "generations[2].model" in faults(value)


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"null",
        b'{"key": "a", "key": "b"}',
        b"\xff",
        b'{"key": "\\ud800"}',
        b'{"key": "\\u0000"}',
        b"[" * 100_000,
        b'{"key": 1' + b"0" * 5000 + b"}",
        b'{"generations": [{"params": {"x": 1e999}}]}',
    ],
)
def test_hostile_json_is_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        import_lines.parse(raw, MODELS)
    assert refused.value.problems


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


# A busy machine is slow to draw the first example; that says nothing about the parser.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(import_lines.FIELDS), ANY_JSON), st.data())
def test_anything_is_either_read_or_refused(changes: dict[str, Any], data: st.DataObject) -> None:
    value = line("a") | changes
    if data.draw(st.booleans()):
        value["generations"] = [
            {
                name: data.draw(ANY_JSON)
                for name in data.draw(st.sets(st.sampled_from(import_lines.GENERATION_FIELDS)))
            }
        ]
    try:
        read = parse(value)
    except BadInput as refused:
        problems = refused.problems
    else:
        assert 0 < len(read.key) <= 120
        assert read.text.strip()
        assert read.framework in ("html", "react")
        return
    assert problems
    assert all(problem.where and problem.what for problem in problems)


@given(st.binary(max_size=200))
def test_any_bytes_are_either_read_or_refused(raw: bytes) -> None:
    with pytest.raises(BadInput):
        import_lines.parse(raw, MODELS)
    assert import_lines.key_of(raw) is None or isinstance(import_lines.key_of(raw), str)
