"""Files of protected items: plain text with one prompt a line, or JSON lines. Pure.

JSON lines: `{"key": "…", "text": "…"}` for a prompt, `{"key": "…", "files": {"path": "text"}}` for code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core import filesets, strict_json
from core.errors import BadInput, Problem
from protect.normalise import code_text, normalise

MAX_PROBLEMS = 200
MAX_KEY = 120


@dataclass(frozen=True, slots=True)
class Item:
    """One benchmark item: a prompt's text, or code."""

    key: str
    text: str | None = None
    files: Mapping[str, str] | None = None


def parse(lines: Iterable[bytes], *, json_lines: bool) -> list[Item]:
    """The items of a file, in order. Raises BadInput with every fault and its line (the first 200)."""
    items: list[Item] = []
    problems: list[Problem] = []
    first_line: dict[tuple[str, bool], int] = {}
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            item = _json_item(raw, number) if json_lines else _text_item(raw, number)
        except BadInput as error:
            problems.extend(error.problems)
            continue
        name = (item.key, item.files is None)
        if (first := first_line.setdefault(name, number)) != number:
            problems.append(
                Problem(f"line {number}", f"has the key “{item.key}” of line {first}", "Keep one.")
            )
        if not (code_text(item.files).strip() if item.files is not None else normalise(item.text or "")):
            problems.append(
                Problem(
                    f"line {number}", "is empty once invisible signs and comments are gone", "Leave it out."
                )
            )
        items.append(item)
    if not items and not problems:
        problems.append(Problem("file", "has no items", "Send one prompt a line."))
    if problems:
        raise BadInput(
            f"The file has {len(problems)} problems; nothing was written.", problems=problems[:MAX_PROBLEMS]
        )
    return items


def _text_item(raw: bytes, number: int) -> Item:
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError:
        raise _bad(number, "is not UTF-8", "Save the file as UTF-8.") from None
    if "\x00" in text:
        raise _bad(number, "has a NUL character", "Remove it.")
    return Item(f"line-{number}", text=text)


def _json_item(raw: bytes, number: int) -> Item:
    value = strict_json.loads(raw, where=f"line {number}")
    if not isinstance(value, dict):
        raise _bad(number, "is not an object", 'Write {"key": "…", "text": "…"}.')
    key = value.get("key", f"line-{number}")
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY:
        raise _bad(number, f"has a key that is not 1 to {MAX_KEY} characters of text", "Name the item.")
    text, files = value.get("text"), value.get("files")
    if isinstance(text, str) and text.strip() and files is None:
        return Item(key, text=text)
    if files is not None and text is None:
        if found := filesets.faults(files):
            fault = found[0]
            raise _bad(number, f"{fault.where} {fault.what}", fault.todo)
        return Item(key, files=files)
    raise _bad(number, "has neither a text nor files, or both", "Give each item one of the two.")


def _bad(number: int, what: str, todo: str) -> BadInput:
    return BadInput("The line cannot be taken.", problems=[Problem(f"line {number}", what, todo)])
