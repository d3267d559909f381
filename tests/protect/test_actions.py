"""The protected registry: texts in, fingerprints kept, versions never changed, matches named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core.errors import BadInput, Conflict
from core.models import Event
from people.models import User
from protect import actions
from protect.gate import Gate
from protect.models import ProtectedItem, ProtectedSet
from protect.set_files import Item, parse
from tests.factories import UserFactory

SECRET = (
    "Build a dashboard for a lighthouse keeper with tide tables, fog warnings and a log book of passing ships"
)


def register(items: list[Item], version: str = "1", by: User | None = None) -> ProtectedSet:
    return actions.register_set(
        slug="bench", version=version, name="Bench", source="somewhere", licence="CC0",
        items=items, by=by or UserFactory(operator=True),
    )  # fmt: skip


@pytest.mark.django_db
def test_only_fingerprints_are_kept() -> None:
    made = register([Item("i1", text=SECRET), Item("i2", files={"a.js": "let lighthouse = 1;"})])
    assert made.item_count == 2
    kept = json.dumps(list(ProtectedItem.objects.values("fingerprint")))
    assert "lighthouse" not in kept.lower()
    assert Event.objects.get(machine="protect.set").data == {"slug": "bench", "version": "1", "items": 2}


@pytest.mark.django_db
def test_a_version_is_registered_once() -> None:
    register([Item("i1", text=SECRET)])
    with pytest.raises(Conflict):
        register([Item("i1", text="Something else")])
    register([Item("i1", text=SECRET)], version="2")


@pytest.mark.django_db
def test_the_gate_names_the_nearest_match_and_its_rule() -> None:
    register([Item("i1", text=SECRET)])
    gate = Gate()
    hit = gate.prompt(f"Please {SECRET.lower()}!")
    assert hit is not None
    assert (hit.protected_set, hit.version, hit.key) == ("bench", "1", "i1")
    assert "“i1” of protected set bench 1 by rule" in str(hit)
    assert gate.prompt("Make a page about tulips.") is None
    assert not gate.guards_code
    assert gate.code({"a.js": "let x"}) is None


@pytest.mark.django_db
def test_an_empty_registry_matches_nothing() -> None:
    assert Gate().prompt(SECRET) is None


def test_plain_text_is_one_prompt_a_line() -> None:
    items = parse([b"\xef\xbb\xbfFirst prompt\n", b"\n", b"Second\r\n"], json_lines=False)
    assert items == [Item("line-1", text="First prompt"), Item("line-3", text="Second")]


def test_every_fault_of_a_file_has_its_line() -> None:
    lines = [b'{"key": "a", "text": "x"}', b'{"key": "a", "text": "y"}', b"[]", b'{"key": "b"}',
             b'{"key": "c", "files": {"../x": ""}}', b"{"]  # fmt: skip
    with pytest.raises(BadInput) as refused:
        parse(lines, json_lines=True)
    assert [problem.where for problem in refused.value.problems] == [f"line {n}" for n in range(2, 7)]
    with pytest.raises(BadInput):
        parse([], json_lines=False)
    with pytest.raises(BadInput) as empty:
        parse(
            ['{"key": "a", "text": "\u200b"}'.encode(), b'{"key": "b", "files": {"a.js": "// x"}}'],
            json_lines=True,
        )
    assert [problem.where for problem in empty.value.problems] == ["line 1", "line 2"]


@pytest.mark.django_db
def test_the_command_registers_a_file_for_an_operator(tmp_path: Path) -> None:
    file = tmp_path / "bench.txt"
    file.write_text(SECRET)
    UserFactory(username="op", operator=True)
    UserFactory(username="nobody")
    with pytest.raises(CommandError, match="No operator"):
        call_command("import_protected", "bench", "1", file, by="nobody")
    call_command("import_protected", "bench", "1", file, by="op")
    assert ProtectedSet.objects.get().item_count == 1
    with pytest.raises(CommandError, match="registered already"):
        call_command("import_protected", "bench", "1", file, by="op")
