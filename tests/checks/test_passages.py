"""Passages that two file sets share: the right files and lines, longest first, whatever stands around them."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from checks import passages, shingles

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

BLOCK = "\n".join(f"  const part{n} = make({n}, 'name {n}', {{ wide: {n * 2} }});" for n in range(12))


def own(name: str, lines: int) -> str:
    rng = random.Random(name)
    return "\n".join(
        f"let {name}{n} = {rng.random()} + {name} % {rng.randint(0, 9999)};" for n in range(lines)
    )


@pytest.fixture(scope="module")
def edits() -> list[dict[str, Any]]:
    path = DATA / "human-edits" / "edits.jsonl"
    assert path.is_file(), f"The real data {path} is missing: put shared/data beside the checkout."
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_files_and_lines_on_both_sides() -> None:
    mine = {
        "index.html": f"<p>a</p>\n<script>\n/* a\nlong\nremark */\n{own('a', 4)}\nalpha\n{BLOCK}\nomega</script>"
    }
    theirs = {"index.html": "<p>b</p>", "js/app.js": f"{own('b', 20)}\nbeta\n{BLOCK}\ngamma"}
    (found,) = passages.shared(mine, theirs)
    assert (found.path, found.first, found.last) == ("index.html", 11, 22)
    assert (found.other_path, found.other_first, found.other_last) == ("js/app.js", 22, 33)
    told = found.told(mine, theirs)
    assert str(told["text"]).split("\n") == BLOCK.split("\n") == str(told["other_text"]).split("\n")


def test_a_renamed_word_does_not_end_a_passage() -> None:
    renamed = BLOCK.replace("part6", "piece6")
    (found,) = passages.shared({"a.js": BLOCK}, {"a.js": renamed})
    assert (found.first, found.last, found.other_last) == (1, 12, 12)


def test_what_the_base_has_is_no_passage(edits: list[dict[str, Any]]) -> None:
    for row in edits:
        base = shingles.of(row["before"])
        assert passages.shared(row["before"], row["after"], beyond=base) == []
        new = {line.strip() for text in row["after"].values() for line in text.split("\n")}
        new -= {line.strip() for text in row["before"].values() for line in text.split("\n")}
        for found in passages.shared(row["after"], row["after"], beyond=base):
            assert (found.path, found.first, found.last) == (
                found.other_path,
                found.other_first,
                found.other_last,
            )
            lines = row["after"][found.path].split("\n")[found.first - 1 : found.last]
            assert any(line.strip() in new for line in lines)


def test_lines_are_those_of_the_file(edits: list[dict[str, Any]]) -> None:
    for row in edits:
        words, places = shingles.located(row["after"])
        assert words == shingles.tokens(row["after"])
        lines = {path: text.split("\n") for path, text in row["after"].items()}
        assert all(word in lines[at.path][at.line - 1] for word, at in zip(words, places, strict=True))


@pytest.mark.parametrize("text", ["a " * 300_000, "a b c d e f " * 50_000, "(" * 500_000, "\n" * 900_000])
def test_hostile_repetition_is_linear(text: str) -> None:
    passages.shared({"a.js": text}, {"b.js": text})
