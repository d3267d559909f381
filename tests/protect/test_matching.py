"""Matching against protected sets: every rule, and equality with comparing every pair."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protect.fingerprints import CodeFingerprint, Fingerprinter, PromptFingerprint
from protect.matching import (
    CHAR_JACCARD,
    CODE_JACCARD,
    CONTAINMENT,
    COVER,
    LONG,
    CodeIndex,
    Match,
    PromptIndex,
    Rule,
)
from protect.normalise import normalise, strip_comments, words

PRINTS = Fingerprinter()
LONG_PROMPT = (
    "Build a responsive landing page for a small bakery with a sticky header, an opening-hours table, a photo "
    "grid and a contact form that checks the address before it is sent"
)
REAL = Path("../shared/data/frontend-pairs/prompts.jsonl")


def index(*texts: str) -> PromptIndex:
    return PromptIndex((text, PRINTS.prompt(text)) for text in texts)


def nearest(candidate: str, *texts: str) -> Match | None:
    return index(*texts).match(PRINTS.prompt(candidate))


def test_exact_ignores_case_width_space_and_invisible_signs() -> None:
    match = nearest("\uff2dAKE  a\u200b\ntodo\tlist ", "make a todo list")
    assert match == Match("make a todo list", Rule.EXACT, 1.0, 1.0)


def test_lightly_edited_prompt_matches() -> None:
    match = nearest(LONG_PROMPT.replace("small", "tiny").replace("photo", "picture"), LONG_PROMPT)
    assert match is not None
    assert match.rule in (Rule.CHARS, Rule.COVER)
    assert match.score > 0.6


def test_protected_prompt_inside_a_long_one_is_found_by_cover() -> None:
    around = " ".join(f"word{number}" for number in range(400))
    match = nearest(f"{around} {LONG_PROMPT} {around}", LONG_PROMPT)
    assert match is not None
    assert match.rule is Rule.COVER
    assert match.score == 1.0


def test_cover_needs_more_than_half() -> None:
    item = " ".join(f"w{number}" for number in range(20))
    fill = " ".join(f"x{number}" for number in range(300))
    assert nearest(" ".join(f"w{number}" for number in range(13)) + " " + fill, item) is None
    match = nearest(" ".join(f"w{number}" for number in range(14)) + " " + fill, item)
    assert match is not None
    assert match.rule is Rule.COVER
    assert match.score == pytest.approx(7 / 13)


def test_short_prompts_match_by_containment() -> None:
    filler = " ".join(f"filler{number}" for number in range(60))
    match = nearest(f"a {filler} clock build please analog", "build a analog clock page")
    assert match is not None
    assert match.rule is Rule.CONTAINMENT
    assert match.score == pytest.approx(0.8)
    assert nearest(f"{filler} clock build analog", "build a analog clock page") is None


def test_other_prompts_do_not_match() -> None:
    assert (
        nearest("A chess clock with two buttons and a move counter", LONG_PROMPT, "create a tetris game")
        is None
    )
    assert nearest("", "create a tetris game") is None
    assert index().match(PRINTS.prompt("anything")) is None


def test_unspaced_scripts_have_words() -> None:
    assert words(normalise("做一个 Tetris 游戏")) == ["做", "一", "个", "tetris", "游", "戏"]


def test_fingerprints_survive_json_and_depend_on_the_key() -> None:
    print_ = PRINTS.prompt(LONG_PROMPT)
    again = PromptFingerprint.from_json(json.loads(json.dumps(print_.as_json())))
    assert again.as_json() == print_.as_json()
    assert again.char_grams.tolist() == print_.char_grams.tolist()
    assert Fingerprinter(b"other").prompt(LONG_PROMPT).exact != print_.exact
    code = PRINTS.code({"index.html": "<p>Hello <b>you</b></p>"})
    assert CodeFingerprint.from_json(code.as_json()).shingles.tolist() == code.shingles.tolist()
    with pytest.raises(ValueError, match="format"):
        PromptFingerprint.from_json({**print_.as_json(), "format": 0})


def test_fingerprint_values_are_fixed() -> None:
    """Stored registries stay comparable: a change of these numbers needs a new FORMAT."""
    print_ = PRINTS.prompt("Make a todo list")
    assert print_.exact.hex() == "7e60ccc3c010581e4d9ffea1fa12526a"
    assert int(print_.char_grams[0]) == 5756748768633277937
    assert int(PRINTS.code({"a.js": "let x = 1;"}).shingles[0]) == 14224542934689558754


def test_code_without_comments_and_spaces_matches() -> None:
    source = "\n".join(f"const value{n} = compute({n}, other{n});  // note {n}" for n in range(40))
    copy = "/* mine */" + source.replace("  //", " // changed").replace("\n", "\n\n   ")
    found = CodeIndex([("item", PRINTS.code({"app.js": source}))])
    match = found.match(PRINTS.code({"other.js": copy}))
    assert match == Match("item", Rule.CODE, 1.0, CODE_JACCARD)
    assert found.match(PRINTS.code({"app.js": "let a = 1; function go() { return a + 2 }"})) is None
    assert found.match(PRINTS.code({"app.js": ""})) is None


def test_url_slashes_are_not_comments() -> None:
    assert "cdn.example" in strip_comments('<script src="https://cdn.example/x.js"></script>')
    assert "gone" not in strip_comments("let a = 1 // gone\n/* gone */ <!-- gone -->")


VOCABULARY = [
    "make",
    "a",
    "build",
    "page",
    "game",
    "clock",
    "the",
    "with",
    "form",
    "and",
    "chart",
    "of",
    "dark",
    "list",
    "table",
    "sticky",
]
TEXTS = st.lists(st.sampled_from(VOCABULARY), min_size=0, max_size=30).map(" ".join)


def by_all_pairs(candidate: PromptFingerprint, items: list[PromptFingerprint]) -> float | None:
    """The best score of any rule, from the definitions alone."""
    scores = []
    for item in items:
        if item.exact == candidate.exact and candidate.word_count:
            return 1.0
        mine, theirs = set(item.char_grams.tolist()), set(candidate.char_grams.tolist())
        if mine and theirs and len(mine & theirs) / len(mine | theirs) >= CHAR_JACCARD:
            scores.append(len(mine & theirs) / len(mine | theirs))
        if item.word_count >= LONG:
            theirs = set(candidate.word_grams.tolist())
            grams = set(item.word_grams.tolist())
            if len(grams & theirs) / len(grams) > COVER:
                scores.append(len(grams & theirs) / len(grams))
        elif item.word_count:
            held = set(item.words.tolist())
            if len(held & set(candidate.words.tolist())) / len(held) >= CONTAINMENT:
                scores.append(len(held & set(candidate.words.tolist())) / len(held))
    return max(scores, default=None)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.lists(TEXTS, max_size=12))
def test_pruning_loses_nothing(candidate: str, items: list[str]) -> None:
    wanted = PRINTS.prompt(candidate)
    prints = [PRINTS.prompt(item) for item in items]
    match = PromptIndex(enumerate(prints)).match(wanted)
    expected = by_all_pairs(wanted, prints)
    assert (match.score if match else None) == (pytest.approx(expected) if expected is not None else None)


def test_real_prompts_find_themselves_and_only_themselves() -> None:
    assert REAL.exists(), f"{REAL} is missing: this test needs its 33 real prompts"
    prompts = [json.loads(line) for line in REAL.read_text(encoding="utf-8").splitlines()]
    found = PromptIndex((prompt["key"], PRINTS.prompt(prompt["text"])) for prompt in prompts)
    for prompt in prompts:
        match = found.match(PRINTS.prompt(prompt["text"]))
        assert match is not None
        assert (match.item, match.rule) == (prompt["key"], Rule.EXACT)
    others = [
        PromptIndex((p["key"], PRINTS.prompt(p["text"])) for p in prompts if p is not one) for one in prompts
    ]
    hits = [one.match(PRINTS.prompt(prompt["text"])) for one, prompt in zip(others, prompts, strict=True)]
    assert [hit for hit in hits if hit] == []


def test_imports_are_not_held_up() -> None:
    """2,000 prompts against 5,000 protected ones in seconds; measured about 0.3 ms each."""
    draw = random.Random(5)
    vocabulary = [
        f"{a}{b}"
        for a in ["build", "page", "with", "form", "game", "chart", "dark", "table"]
        for b in range(300)
    ]
    common = [
        "create",
        "a",
        "responsive",
        "page",
        "that",
        "shows",
        "the",
        "and",
        "has",
        "a",
        "with",
        "in",
        "for",
    ]

    def text() -> str:
        return " ".join(draw.choice(common if draw.random() < 0.5 else vocabulary) for _ in range(35))

    found = PromptIndex((number, PRINTS.prompt(text())) for number in range(5000))
    candidates = [text() for _ in range(2000)]
    began = time.perf_counter()
    for candidate in candidates:
        found.match(PRINTS.prompt(candidate))
    assert time.perf_counter() - began < 10
