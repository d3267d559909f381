"""Strict JSON: what the standard parser takes, minus what hurts."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import strict_json
from core.errors import BadInput

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('ab"\\[{]}', max_size=3), inner, max_size=4)
    ),
)


@given(VALUES, st.booleans())
def test_ordinary_json_is_read_as_the_standard_parser_reads_it(value: object, escape: bool) -> None:
    text = json.dumps(value, ensure_ascii=escape)
    if "\\u0000" in text or "\x00" in text:
        with pytest.raises(BadInput):
            strict_json.loads(text)
    else:
        assert strict_json.loads(text) == value


@pytest.mark.parametrize("depth", [1, 64, 65, 100_000])
@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_depth_is_bounded(depth: int, pair: str) -> None:
    text = "[" * depth + "]" * depth if pair == "[]" else '{"a":' * depth + "1" + "}" * depth
    if depth <= strict_json.MAX_DEPTH:
        assert strict_json.loads(text) == json.loads(text)
    else:
        with pytest.raises(BadInput) as refused:
            strict_json.loads(text)
        assert "nested deeper" in refused.value.problems[0].what


def test_brackets_in_strings_are_no_depth() -> None:
    text = json.dumps(["[" * 500, '"[' * 500, "\\" * 501, "{" * 500])
    assert strict_json.loads(text) == json.loads(text)


@pytest.mark.parametrize("text", ['"' + "\\" * 400_000, '"' + '\\"' * 200_000, "[" * 65 + '"' * 200_001])
def test_hostile_strings_take_linear_time(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadInput):
        strict_json.loads(text)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a":1,"a":2}', "'a' twice"),
        ("1" * 41, "41 digits"),
        ("NaN", "NaN"),
        ('"\\u0000"', "NUL"),
        ('"é\\ud800"', "surrogate"),
        (b"\xff", "not UTF-8"),
        ("{", "not JSON"),
    ],
)
def test_each_refusal_names_its_reason(text: str | bytes, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        strict_json.loads(text)
    assert says in refused.value.problems[0].what
