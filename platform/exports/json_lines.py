"""Batches as JSON lines with the same columns as their Parquet files. Pure.

Lines are pasted from UTF-8 fragments: a long text is escaped once per batch and used by every config that has it.
The files' canonical JSON is escaped already, so a one-file set is cut out of it instead of being escaped again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from json.encoder import encode_basestring
from typing import Any

import orjson
import pyarrow as pa

from exports import evidence
from exports.columns import (
    CHOSEN_AT,
    OF_EVIDENCE,
    PROMPT_AT,
    REJECTED_AT,
    SCHEMAS,
    SOURCE_COLUMNS,
    SOURCE_SCHEMA,
    Batch,
)
from exports.rendering import PAGE_HEAD, plain_pages, render

Texts = list[bytes]


class Fragments:
    """The texts of a batch as UTF-8 fragments of JSON."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    @cached_property
    def prompts(self) -> Texts:
        """Prompts as JSON strings."""
        return _strings(self.batch.columns[PROMPT_AT])

    @cached_property
    def bodies(self) -> dict[int, Texts]:
        """The canonical JSON of both sides, by column."""
        return {at: _utf8(self.batch.source.column(at)) for at in (CHOSEN_AT, REJECTED_AT)}

    @cached_property
    def chosen(self) -> Texts:
        """Chosen message texts as JSON strings."""
        return self._rendered(CHOSEN_AT)

    @cached_property
    def rejected(self) -> Texts:
        """Rejected message texts as JSON strings."""
        return self._rendered(REJECTED_AT)

    def _rendered(self, column: int) -> Texts:
        plain = plain_pages(self.batch.source.column(column)).to_pylist()
        bodies = self.bodies[column]
        return [
            _page(b) if p else _string(render(orjson.loads(b))) for b, p in zip(bodies, plain, strict=True)
        ]


def lines(config: str, fragments: Fragments) -> tuple[bytes, int]:
    """The batch as UTF-8 JSON lines of a config, each ending in a newline, and their number.

    Keys are in the order of the config's columns.
    """
    batch = fragments.batch
    if config in OF_EVIDENCE:
        return _plainly(evidence.view(config, batch))
    pieces = _WRITERS[config](fragments)
    sides = 1 if batch.written else 2
    rows = {"kto": sides * batch.rows, "edit": len(batch.edited)}.get(config, batch.rows)
    return b"".join(pieces), rows


def _plainly(rows: pa.RecordBatch) -> tuple[bytes, int]:
    """Rows of any shape, one by one."""
    return b"".join(_dumps(row) + b"\n" for row in rows.to_pylist()), rows.num_rows


def _string(value: str) -> bytes:
    return encode_basestring(value).encode()


def _strings(values: Iterable[str]) -> Texts:
    return [_string(value) for value in values]


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _utf8(texts: pa.Array) -> Texts:
    return texts.cast(pa.binary()).to_pylist()  # type: ignore[no-any-return]  # pyarrow has no types


def _nested(bodies: Texts) -> Texts:
    """JSON texts as JSON strings: canonical JSON has no bare control character, so two signs are to be escaped."""
    escaped = b"\n".join(bodies).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return [b'"%s"' % body for body in escaped.split(b"\n")]


def _page(body: bytes) -> bytes:
    """The escaped message of a plain page: the page as it stands escaped in its JSON, between fences."""
    escaped = body[_HEAD:-2]
    slashes = len(escaped) - 1 - len(escaped[:-1].rstrip(b"\\"))
    ended = escaped.endswith(b"n") and slashes % 2 == 1  # by a line break of its own, else one is added
    return b'"```html\\n%s%s```"' % (escaped, b"" if ended else b"\\n")


_HEAD = len(PAGE_HEAD)


def _lines(parts: Sequence[bytes], *columns: Sequence[bytes]) -> Texts:
    """Fixed `parts` with the values of `columns` between them, as one flat list."""
    fixed = [[part] * len(columns[0]) for part in parts]
    woven: list[Sequence[bytes]] = [fixed[0]]
    for column, part in zip(columns, fixed[1:], strict=True):
        woven += [column, part]
    return [piece for row in zip(*woven, strict=True) for piece in row]


def _parts(config: str, **forms: str) -> list[bytes]:
    """What stands between the values of a line; `%s` in a form is where its value goes."""
    members = ",".join(f'"{name}":{forms.get(name, "%s")}' for name in SCHEMAS[config].names)
    return [part.encode() for part in f"{{{members}}}\n".split("%s")]


_USER = '[{"role":"user","content":%s}]'
_ASSISTANT = '[{"role":"assistant","content":%s}]'
_BOTH = '[{"role":"user","content":%s},{"role":"assistant","content":%s}]'
_DEFAULT = _parts("default")
_PREFERENCE = _parts("preference", prompt=_USER, chosen=_ASSISTANT, rejected=_ASSISTANT)
_IMPLICIT = _parts("preference_implicit", chosen=_BOTH, rejected=_BOTH)
_KTO = {label: _parts("kto", prompt=_USER, completion=_ASSISTANT, label=label) for label in ("true", "false")}
_SFT = _parts("sft", prompt=_USER, completion=_ASSISTANT)
_EDIT = _parts("edit", domain='"code"', context=_USER)
_JSON_COLUMNS = ("chosen_files", "rejected_files")


def _default(part: Fragments) -> Texts:
    batch = part.batch
    columns: list[Texts] = []
    for name, values, field in zip(SOURCE_COLUMNS, batch.columns, SOURCE_SCHEMA, strict=False):
        if name == "prompt":
            columns.append(part.prompts)
        elif name in _JSON_COLUMNS:
            columns.append(_nested(part.bodies[SOURCE_COLUMNS.index(name)]))
        elif field.type == "string":
            columns.append(_strings(values))
        else:
            columns.append([_dumps(value) for value in values])
    columns += [[repr(value).encode() for value in values] for values in (batch.soft_labels, batch.margins)]
    return _lines(_DEFAULT, *columns)


def _preference(part: Fragments) -> Texts:
    margins = [repr(value).encode() for value in part.batch.margins]
    return _lines(_PREFERENCE, part.prompts, part.chosen, part.rejected, margins)


def _implicit(part: Fragments) -> Texts:
    margins = [repr(value).encode() for value in part.batch.margins]
    return _lines(_IMPLICIT, part.prompts, part.chosen, part.prompts, part.rejected, margins)


def _kto(part: Fragments) -> Texts:
    good, bad = _KTO["true"], _KTO["false"]
    if part.batch.written:
        return _lines(good, part.prompts, part.chosen)
    return _lines(
        [good[0], good[1], good[2] + bad[0], bad[1], bad[2]],
        part.prompts,
        part.chosen,
        part.prompts,
        part.rejected,
    )


def _sft(part: Fragments) -> Texts:
    return _lines(_SFT, part.prompts, part.chosen)


def _edit(part: Fragments) -> Texts:
    batch, at = part.batch, part.batch.edited
    column = {name: batch.column(name) for name in ("id", "framework", "review_notes", "rationale")}
    return _lines(
        _EDIT,
        [_string(column["id"][row]) for row in at],
        [_string(column["framework"][row]) for row in at],
        [part.prompts[row] for row in at],
        [part.rejected[row] for row in at],
        [part.chosen[row] for row in at],
        [_dumps([column["review_notes"][row]] if column["review_notes"][row] else []) for row in at],
        [_string(column["rationale"][row]) for row in at],
        [part.prompts[row] for row in at],
    )


_WRITERS: dict[str, Callable[[Fragments], Texts]] = {
    "default": _default,
    "preference": _preference,
    "preference_implicit": _implicit,
    "kto": _kto,
    "sft": _sft,
    "edit": _edit,
}
