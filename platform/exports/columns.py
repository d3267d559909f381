"""The canonical row of a release, and each config as a view of it. Pure.

Rows come as tuples in the order of `CanonicalRow`'s fields (`SOURCE_COLUMNS`), followed by those of `Evidence` where
a config wants them, and are handled a batch at a time, column by column. `default` is the canonical table; the
others are what trainers expect. Row n of `sft` is row n of `default`. Pages written from scratch have no rejected
side where the rival may not be trained on: they are in `default`, `sft` and, as good ones, in `kto`. `preference` has
the pairs, `kto` the chosen and the rejected side of each in turn, `edit` those whose rejected side is what was
edited. Rows that were kept out of pairs (`reason` is not empty) are seen by the configs of `exports.evidence` alone.
No config has a column named image or images: it would switch trainers to vision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from exports.labels import margin, soft_label
from exports.rendering import render_all

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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known beside the canonical row; its fields follow those of the row in the source tuples."""

    reason: str  # why the row is in no pair; empty: it is
    losing: bool  # it lost or tied by a sound verdict and is a negative example
    rival_by: str
    rival_files: str  # canonical JSON text; empty where there is no rival or its terms allow no use
    votes: str  # JSON text: [[voter, refined_is_a, choice, both_bad, criteria, seconds, at], ...]
    reviews: (
        str  # JSON text: [[reviewer, decision, notes, rule, evidence, scores, at, round, files or null], ...]
    )


@dataclass(frozen=True, slots=True)
class Keys:
    """What only the list of rows says of a row; these end the tuples that `selection.stream` yields."""

    submission: int
    prompt: str  # SHA-256, hex, as of both sides
    chosen: str
    rejected: str  # empty where there is no rejected side


SOURCE_COLUMNS = tuple(field.name for field in fields(CanonicalRow))
EVIDENCE_COLUMNS = tuple(field.name for field in fields(Evidence))
KEY_COLUMNS = tuple(field.name for field in fields(Keys))
SPLIT_AT = SOURCE_COLUMNS.index("split")
CHOSEN_AT = SOURCE_COLUMNS.index("chosen_files")
REJECTED_AT = SOURCE_COLUMNS.index("rejected_files")
PROMPT_AT = SOURCE_COLUMNS.index("prompt")
PAIR_TYPE_AT = SOURCE_COLUMNS.index("pair_type")
VOTES_AT = SOURCE_COLUMNS.index("votes_chosen")  # then those for the rejected side, then ties
WEIGHT_AT = SOURCE_COLUMNS.index("weight")
REASON_AT = len(SOURCE_COLUMNS) + EVIDENCE_COLUMNS.index("reason")
RIVAL_AT = len(SOURCE_COLUMNS) + EVIDENCE_COLUMNS.index("rival_files")

_TYPES = {"str": pa.string(), "int": pa.int32(), "float": pa.float64(), "list[str]": pa.list_(pa.string())}
SOURCE_SCHEMA = pa.schema([(field.name, _TYPES[str(field.type)]) for field in fields(CanonicalRow)])
DERIVED = ("soft_label", "margin")

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
# As webdev-arena-preference-10k has it: a message's content is a list of parts.
PARTS = pa.list_(pa.struct([("type", pa.string()), ("text", pa.string())]))
CONVERSATION = pa.list_(pa.struct([("role", pa.string()), ("content", PARTS)]))
SCHEMAS = {
    "default": pa.schema([*SOURCE_SCHEMA, *[(name, pa.float64()) for name in DERIVED]]),
    "preference": pa.schema(
        [("prompt", MESSAGES), ("chosen", MESSAGES), ("rejected", MESSAGES), ("margin", pa.float64())]
    ),
    "preference_implicit": pa.schema(
        [("chosen", MESSAGES), ("rejected", MESSAGES), ("margin", pa.float64())]
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
            ("prompt", pa.string()),
        ]
    ),
    "feedback": pa.schema(
        [
            ("id", pa.string()),
            ("domain", pa.string()),
            ("language", pa.string()),
            ("context", MESSAGES),
            ("response", pa.string()),
            ("feedback", pa.list_(pa.string())),
            ("decision", pa.string()),
            ("rule", pa.string()),
            ("scores", pa.string()),
            ("reviewer", pa.string()),
            ("round", pa.int32()),
            ("reason", pa.string()),
        ]
    ),
    "arena": pa.schema(
        [
            ("question_id", pa.string()),
            ("model_a", pa.string()),
            ("model_b", pa.string()),
            ("winner", pa.string()),
            ("judge", pa.string()),
            ("conversation_a", CONVERSATION),
            ("conversation_b", CONVERSATION),
            ("language", pa.string()),
            ("tstamp", pa.float64()),
            ("choice", pa.int32()),
            ("cluster", pa.string()),
            ("use", pa.string()),
        ]
    ),
    "raw_annotations": pa.schema(
        [
            ("id", pa.string()),
            ("prompt_id", pa.string()),
            ("cluster", pa.string()),
            ("kind", pa.string()),
            ("annotator", pa.string()),
            ("label", pa.string()),
            ("score", pa.int32()),
            ("refined_is_a", pa.bool_()),
            ("criteria", pa.string()),
            ("comment", pa.string()),
            ("seconds", pa.int32()),
            ("at", pa.string()),
            ("reason", pa.string()),
        ]
    ),
    "hard_negatives": pa.schema(
        [
            ("prompt", MESSAGES),
            ("completion", MESSAGES),
            ("label", pa.bool_()),
            ("id", pa.string()),
            ("reason", pa.string()),
            ("votes_for", pa.int32()),
            ("votes_against", pa.int32()),
            ("votes_tied", pa.int32()),
            ("soft_label", pa.float64()),
            ("cluster", pa.string()),
            ("contributor", pa.string()),
        ]
    ),
}
CONFIGS = tuple(SCHEMAS)
OF_PAIRS = ("default", "preference", "preference_implicit", "kto", "sft", "edit")
OF_WRITTEN = ("default", "kto", "sft")
OF_ALL = ("feedback", "arena", "raw_annotations")
OF_EVIDENCE = (*OF_ALL, "hard_negatives")
OF_VOTES = ("arena", "raw_annotations")
OF_REVIEWS = ("feedback", "raw_annotations")
OF_RIVALS = ("arena",)
# Columns of few or short values: only these get dictionaries and statistics, which cost much on long texts.
_LONG = {"prompt", "chosen_files", "rejected_files", "rationale", "review_notes", "checks"}
_SHORT_TOO = ("model_a", "model_b", "winner", "judge", "decision", "rule", "reviewer", "kind", "annotator", "label", "reason", "use")  # fmt: skip
SHORT_COLUMNS = [name for name in (*SOURCE_COLUMNS, *DERIVED, *_SHORT_TOO) if name not in _LONG]
# Few or often repeated values inside of lists, by their path in Parquet: a pair's pages come with each of its votes.
REPEATED = [
    f"conversation_{seat}.list.element.{part}"
    for seat in ("a", "b")
    for part in ("role", "content.list.element.type", "content.list.element.text")
]


class Batch:
    """Some source tuples as columns. Views are made on demand and share their buffers.

    ValueError for pairs mixed with written pages, which have no rejected side to be rendered: see `parted`.
    """

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
        self.rows = len(rows)
        kinds = set(self.column("pair_type"))
        self.has_evidence = len(self.columns) > len(SOURCE_COLUMNS)
        self.aside = self.has_evidence and self.columns[REASON_AT][0] != ""
        self.written = WRITTEN in kinds and not self.aside
        if self.written and len(kinds) > 1:
            raise ValueError("written pages go in a batch of their own")

    @property
    def configs(self) -> tuple[str, ...]:
        """The configs that may have rows of this batch."""
        if self.aside:
            return OF_EVIDENCE
        own = OF_WRITTEN if self.written else OF_PAIRS
        return (*own, *OF_ALL) if self.has_evidence else own

    def column(self, name: str) -> tuple[Any, ...]:
        """The Python values of a column."""
        return self.columns[_PLACES[name]]

    @cached_property
    def source(self) -> pa.RecordBatch:
        """The source columns in Arrow."""
        arrays = [
            pa.array(column, type=field.type)
            for column, field in zip(self.columns[: len(SOURCE_COLUMNS)], SOURCE_SCHEMA, strict=True)
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
    def edited(self) -> list[int]:
        """Places of the rows that have an edit: what was rejected is what the refinement started from."""
        return [at for at, kind in enumerate(self.column("pair_type")) if kind == EDITED_PAIR]

    @cached_property
    def chosen(self) -> list[str]:
        """The chosen side of every row as message text."""
        return render_all(self.columns[CHOSEN_AT])

    @cached_property
    def rejected(self) -> list[str]:
        """The rejected side of every row as message text."""
        return render_all(self.columns[REJECTED_AT])

    @cached_property
    def chosen_array(self) -> pa.Array:
        """The chosen texts in Arrow."""
        return pa.array(self.chosen, type=pa.string())

    @cached_property
    def rejected_array(self) -> pa.Array:
        """The rejected texts in Arrow."""
        return pa.array(self.rejected, type=pa.string())

    @cached_property
    def prompt_messages(self) -> pa.Array:
        """The prompt of every row as a list of one user message."""
        return messages("user", self.source.column(PROMPT_AT))


_PLACES = {name: place for place, name in enumerate((*SOURCE_COLUMNS, *EVIDENCE_COLUMNS))}


def parted(rows: Sequence[tuple[Any, ...]]) -> list[Batch]:
    """The rows as batches: the pairs, then the written pages, then what was kept out of both, in their order."""
    aside = [row for row in rows if row[REASON_AT]] if len(rows[0]) > len(SOURCE_COLUMNS) else []
    kept = [row for row in rows if not row[REASON_AT]] if aside else rows
    pairs = [row for row in kept if row[PAIR_TYPE_AT] != WRITTEN]
    written = [row for row in kept if row[PAIR_TYPE_AT] == WRITTEN] if len(pairs) < len(kept) else []
    return [Batch(part) for part in (pairs, written, aside) if part]


def messages(role: str, content: pa.Array) -> pa.Array:
    """Lists of one message each, without copying `content`."""
    count = len(content)
    pairs = pa.StructArray.from_arrays(
        [pa.array([role] * count, type=pa.string()), content], fields=list(MESSAGES.value_type)
    )
    return pa.ListArray.from_arrays(pa.array(np.arange(count + 1, dtype=np.int32)), pairs, type=MESSAGES)


def turns(asked: Sequence[str], answered: Sequence[str]) -> pa.Array:
    """The texts of user and assistant taking turns: 2n texts."""
    return pa.array([text for pair in zip(asked, answered, strict=True) for text in pair], type=pa.string())


def dialogues(asked: Sequence[str], answered: Sequence[str]) -> pa.Array:
    """Lists of a user's and an assistant's message."""
    count = len(asked)
    roles = pa.array(["user", "assistant"] * count, type=pa.string())
    pairs = pa.StructArray.from_arrays([roles, turns(asked, answered)], fields=list(MESSAGES.value_type))
    ends = pa.array(np.arange(0, 2 * count + 1, 2, dtype=np.int32))
    return pa.ListArray.from_arrays(ends, pairs, type=MESSAGES)


def _default(batch: Batch) -> list[pa.Array]:
    return [*batch.source.columns, pa.array(batch.soft_labels), pa.array(batch.margins)]


def _preference(batch: Batch) -> list[pa.Array]:
    chosen, rejected = messages("assistant", batch.chosen_array), messages("assistant", batch.rejected_array)
    return [batch.prompt_messages, chosen, rejected, pa.array(batch.margins)]


def _implicit(batch: Batch) -> list[pa.Array]:
    prompt = batch.columns[PROMPT_AT]
    sides = [dialogues(prompt, side) for side in (batch.chosen, batch.rejected)]
    return [*sides, pa.array(batch.margins)]


def _kto(batch: Batch) -> list[pa.Array]:
    count = batch.rows
    if batch.written:
        return [batch.prompt_messages, messages("assistant", batch.chosen_array), pa.array([True] * count)]
    # Chosen and rejected take turns, so that any slice of the file has both labels.
    completion = turns(batch.chosen, batch.rejected)
    prompt = turns(batch.columns[PROMPT_AT], batch.columns[PROMPT_AT])
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
        some(source["prompt"]),
    ]


_VIEWS: dict[str, Callable[[Batch], list[pa.Array]]] = {
    "default": _default,
    "preference": _preference,
    "preference_implicit": _implicit,
    "kto": _kto,
    "sft": _sft,
    "edit": _edit,
}


def view(config: str, batch: Batch) -> pa.RecordBatch:
    """The batch as rows of a config of OF_PAIRS, one of `batch.configs`. KeyError for a config that does not exist."""
    return pa.RecordBatch.from_arrays(_VIEWS[config](batch), schema=SCHEMAS[config])
