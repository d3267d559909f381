"""JSON from strangers: bounded depth and size of numbers, no duplicate keys, no NUL, no lone surrogates."""

from __future__ import annotations

import json
import re
from math import isinf
from typing import Any

from core.errors import BadInput, Problem

MAX_DEPTH = 64
MAX_DIGITS = 40
# Possessive: linear, and an unended string runs to the end of the text.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def loads(text: str | bytes, *, where: str = "body") -> Any:
    """Parse JSON strictly. Raises BadInput that names what is wrong; linear in the length of `text`."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _bad(where, f"is not UTF-8 at byte {error.start}", "Send UTF-8.") from None
    _check_depth(text, where)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique(where),
            parse_int=_int(where),
            parse_float=_float(where),
            parse_constant=_constant(where),
        )
    except json.JSONDecodeError as error:
        raise _bad(
            where, f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}", ""
        ) from None
    if "\\u" in text or "\x00" in text:
        _check_text(value, where)
    return value


def _bad(where: str, what: str, todo: str) -> BadInput:
    return BadInput("The JSON cannot be taken.", problems=[Problem(where, what, todo)])


def _check_depth(text: str, where: str) -> None:
    """Count brackets outside strings: cheap, and before any recursion."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        sign = text[token.start()]
        if sign in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _bad(where, f"is nested deeper than {MAX_DEPTH}", "Flatten it.")
        elif sign in "]}":
            depth -= 1


def _unique(where: str) -> Any:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    raise _bad(where, f"has the key {key!r} twice", "Keep one of them.")
                seen.add(key)
        return found

    return build


def _int(where: str) -> Any:
    def build(digits: str) -> int:
        if len(digits) > MAX_DIGITS:
            raise _bad(where, f"has a number of {len(digits)} digits", "Send it as a string.")
        return int(digits)

    return build


def _float(where: str) -> Any:
    def build(digits: str) -> float:
        value = float(digits)
        if isinf(value):
            raise _bad(where, "has a number beyond what a computer holds", "Send it as a string.")
        return value

    return build


def _constant(where: str) -> Any:
    def build(name: str) -> float:
        raise _bad(where, f"has {name}, which is not JSON", "Send null or a number.")

    return build


def _check_text(value: Any, where: str) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if "\x00" in item:
                raise _bad(where, "has a NUL character", "Remove it.")
            if not item.isascii() and _SURROGATE.search(item):
                raise _bad(where, "has a lone surrogate", "Send valid Unicode.")
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
