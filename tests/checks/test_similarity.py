"""Shingles, effort and originality, calibrated on real edits and real pairs of outputs."""

import json
import statistics
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from checks import effort, originality, shingles
from checks.verdict import Outcome, Sibling, Subject

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def _rows(name: str) -> list[dict[str, Any]]:
    path = DATA / name
    assert path.is_file(), f"The real data {path} is missing: put shared/data beside the checkout."
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def edits() -> list[dict[str, Any]]:
    return _rows("human-edits/edits.jsonl")


@pytest.fixture(scope="module")
def pairs() -> list[dict[str, Any]]:
    return [row for row in _rows("frontend-pairs/prompts.jsonl") if len(row["generations"]) == 2]


def test_comments_layout_and_vendored_code_do_not_count() -> None:
    plain = {
        "index.html": "<p>one two three</p><script>let a = 'x // y'; go(a, 1, 2, 3);</script><style>a{b:c}</style>"
    }
    noisy = {
        "index.html": "<p>one   two three</p><!-- <p>no</p> --><script>/* a */ let a = 'x // y'; // b\n go(a, 1,\n 2, 3);</script>"
        "<style>/* c */ a { b : c }</style>"
    }
    vendored = {**plain, "vendor/lib.js": "function other(){return 1}", "x.min.js": "var a=1"}
    assert shingles.tokens(plain) == shingles.tokens(noisy) == shingles.tokens(vendored)


def test_hashes_are_stable_between_processes() -> None:
    assert int(shingles.of({"a.js": "let a = 1;"})[0]) == 6338109573699225093


def test_jaccard_by_hand() -> None:
    left, right = (
        shingles.shingles(["a", "b", "c", "d", "e", "f"]),
        shingles.shingles(["a", "b", "c", "d", "e", "g"]),
    )
    assert shingles.jaccard(left, right) == pytest.approx(1 / 3)
    assert shingles.jaccard(left, left) == 1
    assert shingles.jaccard(shingles.shingles([]), left) == 0


def test_real_edits_are_near_and_other_models_far(
    edits: list[dict[str, Any]], pairs: list[dict[str, Any]]
) -> None:
    edited = [shingles.jaccard(shingles.of(row["before"]), shingles.of(row["after"])) for row in edits]
    other = [shingles.jaccard(*(shingles.of(side["files"]) for side in row["generations"])) for row in pairs]
    assert min(edited) >= 0.48
    assert statistics.median(edited) > 0.75
    assert max(other) <= 0.18
    strangers = [shingles.of(row["generations"][0]["files"]) for row in pairs]
    assert max(shingles.jaccard(a, b) for a, b in combinations(strangers, 2)) <= 0.18


def test_real_edits_are_not_copies_and_a_rivals_own_file_is(
    edits: list[dict[str, Any]], pairs: list[dict[str, Any]]
) -> None:
    for row in edits:
        assert originality.run(Subject("html", row["after"], row["before"])).outcome is Outcome.PASS
    for row in pairs:
        base, rival = (side["files"] for side in row["generations"])
        copied = originality.run(Subject("html", rival, base, rival))
        assert copied.outcome is Outcome.WARN
        assert copied.metrics["copied_from_rival"] is True
        honest = originality.run(Subject("html", base, base, rival))
        assert honest.metrics["copied_from_rival"] is False


def test_an_edit_handed_in_twice_is_a_near_duplicate(edits: list[dict[str, Any]]) -> None:
    row = edits[0]
    verdict = originality.run(
        Subject("html", row["after"], row["before"], siblings=[Sibling(7, row["after"], row["before"])])
    )
    assert verdict.metrics["near_duplicate_of"] == 7
    # Two people's untouched halves are the base's, and prove nothing.
    apart = originality.run(
        Subject("html", row["after"], row["before"], siblings=[Sibling(7, row["before"], row["before"])])
    )
    assert apart.metrics["near_duplicate_of"] is None


def test_copying_only_counts_beyond_what_the_base_shares(pairs: list[dict[str, Any]]) -> None:
    rival = pairs[0]["generations"][0]["files"]
    verdict = originality.run(Subject("html", rival, rival, rival))
    assert verdict.metrics["copied_from_rival"] is False


def test_comments_alone_are_no_effort() -> None:
    base = {"index.html": "<h1>Hello</h1><script>let a = 1;</script>"}
    same = {"index.html": "<h1>Hello</h1>\n<!-- better --><script>let a = 1; // now better</script>"}
    verdict = effort.run(Subject("html", same, base), None)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.metrics["no_op"] is True


def test_from_scratch_only_needs_code(pairs: list[dict[str, Any]]) -> None:
    files = pairs[0]["generations"][0]["files"]
    assert effort.run(Subject("html", files), None).outcome is Outcome.PASS
    assert effort.run(Subject("html", {"index.html": "<p>x"}), None).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "text", ["/*" * 400_000, "'\\" * 400_000, "`" * 800_000, "<script>" * 100_000, "\u0130<Script>" * 80_000]
)
def test_hostile_text_is_linear(text: str) -> None:
    for path in ("a.html", "a.js", "a.css"):
        shingles.of({path: text})
