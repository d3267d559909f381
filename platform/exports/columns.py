"""The canonical row of a release, and each config as a view of it. Pure.

Rows come as tuples in the order of `CanonicalRow`'s fields (`SOURCE_COLUMNS`) and are handled a batch at a time,
column by column. `default` is the canonical table; the others are what trainers expect. Row n of `sft` is row n of
`default`. Pages written from scratch have no rejected side where the rival may not be trained on: they are in
`default`, `sft` and, as good ones, in `kto`. `preference` has the pairs, `kto` the chosen and the rejected side of
each in turn, `edit` those whose rejected side is what was edited. No config has a column named image or images: it
would switch trainers to vision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from exports.labels import margin, soft_label
from exports.rendering import plain_pages, render_array

EDITED_PAIR = "refined_over_base"
WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class CanonicalRow:
    """One preference pair with all that is known of it. The field order is the order of the source tuples."""

    id: str
    split: str
    prompt_id: str
    prompt: str
    tags: list[str]
    framework: str
    source: str
    license: str
    cluster: str
    pair_type: (
        str  # refined_over_base | refined_over_rival | written (no rejected side: its columns are empty)
    )
    chosen_by: str  # "refined", or the name of the model
    rejected_by: str
    chosen_files: str  # canonical JSON text {path: text}
    rejected_files: str
    chosen_use: str  # train | eval_only | none
    rejected_use: str
    rationale: str
    review_notes: str
    votes_from: str  # the blind pair that the votes judged: refined_vs_base | refined_vs_rival
    votes_chosen: int
    votes_rejected: int
    votes_tied: int
    weight: float  # capped, see exports.labels
    contributor: str  # pseudonym keyed per release
    round: int
    checks: str  # JSON text {check: outcome}
    accepted_at: str  # ISO 8601, UTC


SOURCE_COLUMNS = tuple(field.name for field in fields(CanonicalRow))
SPLIT_AT = SOURCE_COLUMNS.index("split")
CHOSEN_AT = SOURCE_COLUMNS.index("chosen_files")
REJECTED_AT = SOURCE_COLUMNS.index("rejected_files")
PROMPT_AT = SOURCE_COLUMNS.index("prompt")
PAIR_TYPE_AT = SOURCE_COLUMNS.index("pair_type")

_TYPES = {"str": pa.string(), "int": pa.int32(), "float": pa.float64(), "list[str]": pa.list_(pa.string())}
SOURCE_SCHEMA = pa.schema([(field.name, _TYPES[str(field.type)]) for field in fields(CanonicalRow)])
DERIVED = ("soft_label", "margin")

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
SCHEMAS = {
    "default": pa.schema([*SOURCE_SCHEMA, *[(name, pa.float64()) for name in DERIVED]]),
    "preference": pa.schema(
        [("prompt", MESSAGES), ("chosen", MESSAGES), ("rejected", MESSAGES), ("margin", pa.float64())]
    ),
    "kto": pa.schema([("prompt", MESSAGES), ("completion", MESSAGES), ("label", pa.bool_())]),
    "sft": pa.schema([("prompt", MESSAGES), ("completion", MESSAGES)]),
    "edit": pa.schema(
        [
            ("id", pa.string()),
            ("domain", pa.string()),
            ("language", pa.string()),
            ("context", MESSAGES),
            ("original_response", pa.string()),
            ("edited_response", pa.string()),
            ("feedback", pa.list_(pa.string())),
            ("change_summary", pa.string()),
        ]
    ),
}
CONFIGS = tuple(SCHEMAS)
OF_WRITTEN = ("default", "kto", "sft")
# Columns of few or short values: only these get dictionaries and statistics, which cost much on long texts.
_LONG = {"prompt", "chosen_files", "rejected_files", "rationale", "review_notes", "checks"}
SHORT_COLUMNS = [name for name in (*SOURCE_COLUMNS, *DERIVED) if name not in _LONG]


class Batch:
    """Some source tuples as columns. Views are made on demand and share their buffers.

    ValueError for pairs mixed with written pages, which have no rejected side to be rendered: see `parted`.
    """

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
        self.rows = len(rows)
        kinds = set(self.column("pair_type"))
        self.written = WRITTEN in kinds
        if self.written and len(kinds) > 1:
            raise ValueError("written pages go in a batch of their own")

    @property
    def configs(self) -> tuple[str, ...]:
        """The configs that have rows of this batch."""
        if self.written:
            return OF_WRITTEN
        return CONFIGS if self.edited else tuple(config for config in CONFIGS if config != "edit")

    def column(self, name: str) -> tuple[Any, ...]:
        """The Python values of a source column."""
        return self.columns[SOURCE_COLUMNS.index(name)]

    @cached_property
    def source(self) -> pa.RecordBatch:
        """The source columns in Arrow."""
        arrays = [
            pa.array(column, type=field.type)
            for column, field in zip(self.columns, SOURCE_SCHEMA, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=SOURCE_SCHEMA)

    @cached_property
    def soft_labels(self) -> list[float]:
        """Soft label of every row."""
        return soft_label(*self._votes).tolist()  # type: ignore[no-any-return]  # numpy types tolist as Any

    @cached_property
    def margins(self) -> list[float]:
        """Margin of every row."""
        return margin(*self._votes).tolist()  # type: ignore[no-any-return]  # numpy types tolist as Any

    @property
    def _votes(self) -> list[tuple[Any, ...]]:
        return [self.column(name) for name in ("votes_chosen", "votes_rejected", "votes_tied")]

    @cached_property
    def plain(self) -> dict[int, pa.Array]:
        """Which file sets of either side are plain pages, by column."""
        return {at: plain_pages(self.source.column(at)) for at in (CHOSEN_AT, REJECTED_AT)}

    @cached_property
    def edited(self) -> list[int]:
        """Places of the rows that have an edit: what was rejected is what the refinement started from."""
        return [at for at, kind in enumerate(self.column("pair_type")) if kind == EDITED_PAIR]

    @cached_property
    def chosen_array(self) -> pa.Array:
        """The chosen side of every row as message text."""
        return render_array(self.source.column(CHOSEN_AT), self.plain[CHOSEN_AT])

    @cached_property
    def rejected_array(self) -> pa.Array:
        """The rejected side of every row as message text."""
        return render_array(self.source.column(REJECTED_AT), self.plain[REJECTED_AT])

    @cached_property
    def prompt_messages(self) -> pa.Array:
        """The prompt of every row as a list of one user message."""
        return messages("user", self.source.column(PROMPT_AT))


def parted(rows: Sequence[tuple[Any, ...]]) -> list[Batch]:
    """The rows as batches: the pairs, then the written pages, in their order."""
    pairs = [row for row in rows if row[PAIR_TYPE_AT] != WRITTEN]
    written = [row for row in rows if row[PAIR_TYPE_AT] == WRITTEN] if len(pairs) < len(rows) else []
    return [Batch(part) for part in (pairs, written) if part]


def messages(role: str, content: pa.Array) -> pa.Array:
    """Lists of one message each, without copying `content`."""
    count = len(content)
    pairs = pa.StructArray.from_arrays(
        [pa.array([role] * count, type=pa.string()), content], fields=list(MESSAGES.value_type)
    )
    return pa.ListArray.from_arrays(pa.array(np.arange(count + 1, dtype=np.int32)), pairs, type=MESSAGES)


def _default(batch: Batch) -> list[pa.Array]:
    return [*batch.source.columns, pa.array(batch.soft_labels), pa.array(batch.margins)]


def _preference(batch: Batch) -> list[pa.Array]:
    chosen, rejected = messages("assistant", batch.chosen_array), messages("assistant", batch.rejected_array)
    return [batch.prompt_messages, chosen, rejected, pa.array(batch.margins)]


def _kto(batch: Batch) -> list[pa.Array]:
    count = batch.rows
    if batch.written:
        return [batch.prompt_messages, messages("assistant", batch.chosen_array), pa.array([True] * count)]
    # Chosen and rejected take turns, so that any slice of the file has both labels.
    turns = pa.array(np.arange(2 * count).reshape(2, count).T.ravel())
    completion = pa.concat_arrays([batch.chosen_array, batch.rejected_array]).take(turns)
    prompt = batch.source.column(PROMPT_AT).take(pa.array(np.repeat(np.arange(count), 2)))
    label = pa.array(np.tile([True, False], count))
    return [messages("user", prompt), messages("assistant", completion), label]


def _sft(batch: Batch) -> list[pa.Array]:
    return [batch.prompt_messages, messages("assistant", batch.chosen_array)]


def _edit(batch: Batch) -> list[pa.Array]:
    at = batch.edited
    whole = len(at) == batch.rows
    rows = pa.array(at, type=pa.int32())

    def some(array: pa.Array) -> pa.Array:
        return array if whole else array.take(rows)

    feedback = [[note] if note else [] for note in batch.column("review_notes")]
    source = {name: batch.source.column(name) for name in ("id", "framework", "rationale", "prompt")}
    return [
        some(source["id"]),
        pa.array(["code"] * len(at), type=pa.string()),
        some(source["framework"]),
        messages("user", some(source["prompt"])),
        some(batch.rejected_array),
        some(batch.chosen_array),
        some(pa.array(feedback, type=pa.list_(pa.string()))),
        some(source["rationale"]),
    ]


_VIEWS: dict[str, Callable[[Batch], list[pa.Array]]] = {
    "default": _default,
    "preference": _preference,
    "kto": _kto,
    "sft": _sft,
    "edit": _edit,
}


def view(config: str, batch: Batch) -> pa.RecordBatch:
    """The batch as rows of a config, one of `batch.configs`. KeyError for a config that does not exist."""
    return pa.RecordBatch.from_arrays(_VIEWS[config](batch), schema=SCHEMAS[config])
