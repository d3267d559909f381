"""Planted items: chosen by nobody, edited as people edit, found again by the scan; and what a broken scan says."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection, transaction

from core.errors import BadInput
from protect import canaries
from protect.fingerprints import Fingerprinter, PromptFingerprint
from protect.gate import Gate, RegistryUnreadable, registry
from protect.matching import CHAR_JACCARD, FLOOR, PromptIndex, Rule
from protect.models import ProtectedCanary, ProtectedItem, ProtectedSet
from protect.set_files import Item
from tests.protect.test_actions import SECRET, register

REAL = Path("../shared/data/frontend-pairs/prompts.jsonl")
CODE = {
    "index.html": "<script>\nconst speed = 3;\nfunction turn(by) {\n  return speed * by;\n}\nturn(speed);\n</script>"
}


def test_edits_change_the_text_and_are_the_same_each_time() -> None:
    made = canaries.of_prompt("i1", f"{SECRET}. It must work on a phone.")
    assert list(made) == ["exact", "restyled", "framed", "misspelt", "reordered"]
    assert len(set(made.values())) == len(made)
    assert made == canaries.of_prompt("i1", f"{SECRET}. It must work on a phone.")
    assert made["reordered"].startswith("It must work on a phone.")
    code = canaries.of_code("i2", CODE)
    assert list(code) == ["exact", "reformatted", "renamed"]
    assert "Next" in code["renamed"]["index.html"]
    assert "reordered" not in canaries.of_prompt("i1", "one sentence only")


def test_nobody_picks_what_is_planted() -> None:
    items = [Item(f"k{n}", text=f"prompt {n}") for n in range(200)] + [
        Item(f"c{n}", files=CODE) for n in range(3)
    ]
    taken = canaries.chosen(items)
    assert len(taken) == canaries.PER_KIND + 3
    assert {item.key for item in taken} == {item.key for item in canaries.chosen(items[::-1])}


@pytest.mark.django_db
def test_the_scan_finds_what_was_planted_and_keeps_no_text() -> None:
    register([Item("i1", text=f"{SECRET}. It must work on a phone."), Item("i2", files=CODE)])
    kept = json.dumps(list(ProtectedCanary.objects.values("fingerprint")))
    assert "lighthouse" not in kept.lower()
    found = {(each.kind, each.edit): (each.planted, each.found) for each in Gate().recall()}
    assert found["prompt", "exact"] == found["code", "exact"] == (1, 1)
    assert found["prompt", "restyled"] == found["prompt", "misspelt"] == (1, 1)
    assert found["code", "reformatted"] == (1, 1)
    assert Gate(only=set()).recall() == []


@pytest.mark.django_db
@pytest.mark.skipif(not REAL.is_file(), reason="the shared data are not here")
def test_recall_on_real_prompts() -> None:
    """Light edits of the 33 real prompts: every one that keeps the words is found, and nearly every misspelt one."""
    texts = [json.loads(line)["text"] for line in REAL.read_text(encoding="utf-8").splitlines()]
    register([Item(f"r{n}", text=text) for n, text in enumerate(texts)])
    found = {each.edit: each.found / each.planted for each in Gate().recall()}
    assert found["exact"] == found["restyled"] == found["framed"] == 1
    assert found["misspelt"] >= 0.9


@pytest.mark.django_db
def test_an_item_with_nothing_to_compare_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        register(
            [
                Item("void", text="\u200b\u200d"),
                Item("comment", files={"a.js": "// nothing"}),
                Item("i", text="x"),
            ]
        )
    assert [problem.where for problem in refused.value.problems] == ["void", "comment"]
    assert not ProtectedSet.objects.exists()


@pytest.mark.django_db
def test_the_registry_only_grows_and_counts_up() -> None:
    assert (registry().version, registry().sets) == (0, ())
    register([Item("i1", text=SECRET)])
    one = registry()
    register([Item("i1", text=SECRET)], version="2")
    two = registry()
    assert (one.version, two.version) == (1, 2)
    assert one.digest != two.digest
    assert two.sets[0]["sha256"] == two.sets[1]["sha256"], "the same items"
    for statement in (
        "UPDATE protect_protectedset SET version = '3'",
        "DELETE FROM protect_protecteditem",
        "UPDATE protect_protectedcanary SET edit = 'x'",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert ProtectedItem.objects.count() == 2


@pytest.mark.django_db
def test_fingerprints_of_another_making_stop_the_gate() -> None:
    register([Item("i1", text=SECRET)])
    with (
        patch.object(Fingerprinter, "probe", lambda self: "0" * 64),
        pytest.raises(RegistryUnreadable, match="another way"),
    ):
        Gate()


def test_how_near_the_nearest_is() -> None:
    make = Fingerprinter()
    index = PromptIndex([("a", make.prompt(SECRET))])

    def near(text: str) -> dict[Rule, float]:
        return index.nearest(make.prompt(text))

    same = near(SECRET.upper())
    assert same == {Rule.EXACT: 1.0, Rule.CHARS: 1.0, Rule.COVER: 1.0, Rule.CONTAINMENT: 0.0}
    assert near("tulips") == {Rule.EXACT: 0.0, Rule.CHARS: 0.0, Rule.COVER: 0.0, Rule.CONTAINMENT: 0.0}
    half = near(" ".join(SECRET.split()[:9]))
    ours, theirs = (
        set(make.prompt(text).char_grams.tolist()) for text in (SECRET, " ".join(SECRET.split()[:9]))
    )
    assert half[Rule.CHARS] == pytest.approx(len(ours & theirs) / len(ours | theirs))
    assert FLOOR < half[Rule.CHARS] < CHAR_JACCARD
    assert isinstance(make.prompt(SECRET), PromptFingerprint)
