"""Planted items: what a scan must find to be believed. Pure.

When a set is registered its texts are at hand, so some of its items are taken, changed lightly, and only the
fingerprints of the changed texts are kept. Each scan asks for them like for any candidate and tells how many it found.
An exact copy is found by rule; how many of the edited ones are found measures the rules on this very set.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from protect.set_files import Item

T = TypeVar("T")
PER_KIND = (
    40  # items of a set that are planted, of prompts and of code alike; by hash, so that nobody picks them
)
EXACT = "exact"
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"\b(?:const|let|var|function)\s+([A-Za-z_$][\w$]*)")
# Things that people and models add around a prompt.
_BEFORE = "Please help me with this. "
_AFTER = " Thank you very much in advance!"


def chosen(items: Sequence[Item]) -> list[Item]:
    """The items to plant, in the order given: the first by the hash of their key."""
    taken: list[Item] = []
    for is_code in (False, True):
        own = [item for item in items if (item.files is not None) == is_code]
        taken += sorted(own, key=lambda item: _draw(item.key, "plant"))[:PER_KIND]
    keys = {(item.key, item.files is None) for item in taken}
    return [item for item in items if (item.key, item.files is None) in keys]


def of_prompt(key: str, text: str) -> dict[str, str]:
    """The edits of a protected prompt by name, the exact copy first. An edit that changes nothing is left out."""
    return _changed(text, {name: edit(text, key) for name, edit in _PROMPT_EDITS.items()})


def of_code(key: str, files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The edits of protected code by name, the exact copy first. An edit that changes nothing is left out."""
    made = {
        name: {path: edit(text, key) for path, text in files.items()} for name, edit in _CODE_EDITS.items()
    }
    return _changed(dict(files), made)


def _changed(whole: T, made: Mapping[str, T]) -> dict[str, T]:
    return {EXACT: whole, **{name: edited for name, edited in made.items() if edited != whole}}


def _draw(key: str, label: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{label}|{key}".encode("utf-8", "surrogatepass")).digest()[:8])


def _restyled(text: str, key: str) -> str:
    """Other case, other spacing, other end."""
    return "  ".join(text.swapcase().split(" ")).rstrip(".!?") + "!"


def _framed(text: str, key: str) -> str:
    """The prompt inside other words."""
    return f"{_BEFORE}{text}{_AFTER}"


def _misspelt(text: str, key: str) -> str:
    """One word of every twelve, and at least one, with two of its letters swapped."""
    found = [match for match in _WORD.finditer(text) if len(match[0]) > 3]
    picked = sorted(found, key=lambda match: _draw(key, f"misspell {match.start()}"))
    letters = list(text)
    for match in picked[: max(1, len(found) // 12)]:
        at = match.start() + 1
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def _reordered(text: str, key: str) -> str:
    """The first sentence last."""
    first, dot, rest = text.partition(". ")
    return f"{rest.rstrip()} {first}." if dot else text


def _reformatted(text: str, key: str) -> str:
    """Comments and white space of another hand."""
    return "\n".join(f"    {line.strip()} /* line {n} */" for n, line in enumerate(text.splitlines()) if line)


def _renamed(text: str, key: str) -> str:
    """One declared name in eight, and at least one, is another."""
    names = sorted(set(_NAME.findall(text)), key=lambda name: _draw(key, f"rename {name}"))
    for name in names[: max(1, len(names) // 8)]:
        text = re.sub(rf"(?<![\w$]){re.escape(name)}(?![\w$])", f"{name}Next", text)
    return text


Edit = Callable[[str, str], str]
_PROMPT_EDITS: Mapping[str, Edit] = {
    "restyled": _restyled,
    "framed": _framed,
    "misspelt": _misspelt,
    "reordered": _reordered,
}
_CODE_EDITS: Mapping[str, Edit] = {"reformatted": _reformatted, "renamed": _renamed}
EDITS = {
    EXACT: "word for word",
    "restyled": "other case, spacing and end",
    "framed": "other words before and after",
    "misspelt": "one word in twelve misspelt",
    "reordered": "the first sentence last",
    "reformatted": "other comments and white space",
    "renamed": "one name in eight renamed",
}
