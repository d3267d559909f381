"""The configs made of single judgements: arena, raw_annotations, feedback, hard_negatives. Pure.

They are views of the same canonical rows as the others, with the columns of `columns.Evidence`, and they also see the
rows that were kept out of pairs, each with its reason. A row of `arena` is one vote in the shape of
webdev-arena-preference-10k; a row of `raw_annotations` is one vote or one review; a row of `feedback` is one review
that says something, with the response that it is about; `hard_negatives` are refinements that lost or tied.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from exports.columns import CONVERSATION, PARTS, SCHEMAS, Batch, messages
from exports.rendering import render_all

T = TypeVar("T")
TRAIN = "train"
Places = npt.NDArray[np.integer[Any]]
EVAL_ONLY = "eval_only"  # the rival's page is shown as evidence: nothing in `arena` is for training


class Vote(NamedTuple):
    """One vote of a row; `at` is the row's place in the batch."""

    at: int
    voter: str
    refined_is_a: bool
    choice: int  # -3 (A much better) .. 3 (B much better)
    both_bad: bool
    criteria: str  # JSON text
    seconds: int
    time: str

    @property
    def said(self) -> Said:
        """What was said, in the words of the configs."""
        return _SAID[self.refined_is_a, self.choice, self.both_bad]


class Said(NamedTuple):
    """A choice in words. `winner` as arenas write it; `label` says who was preferred; `score` is above 0 for the refined page."""

    winner: str  # model_a, model_b, tie, tie (bothbad)
    label: str  # refined, rival, tie, both_bad
    score: int


def _said(refined_is_a: bool, choice: int, both_bad: bool) -> Said:
    score = -choice if refined_is_a else choice
    if choice == 0:
        return Said("tie (bothbad)", "both_bad", 0) if both_bad else Said("tie", "tie", 0)
    return Said("model_a" if choice < 0 else "model_b", "refined" if score > 0 else "rival", score)


# There are few, and votes by the million.
_SAID = {way: _said(*way) for way in itertools.product((False, True), range(-3, 4), (False, True))}


class Reviewed(NamedTuple):
    """One review of a row; `files` is None when what was reviewed is the row's own page."""

    at: int
    reviewer: str
    decision: str
    notes: str
    rule: str
    evidence: str
    scores: str  # JSON text
    time: str
    round: int
    files: str | None


def _once(of: Callable[[Batch], T]) -> Callable[[Batch], T]:
    """Keep what is found in a batch for as long as there is the batch: several configs ask, and the writer before each."""
    found: WeakKeyDictionary[Batch, T] = WeakKeyDictionary()

    @wraps(of)
    def kept(batch: Batch) -> T:
        if batch not in found:
            found[batch] = of(batch)
        return found[batch]

    return kept


@_once
def votes(batch: Batch) -> Sequence[Vote]:
    """Every vote on the rows of a batch, in order."""
    return [Vote(at, *one) for at, listed in _listed(batch, "votes") for one in listed]


@_once
def reviews(batch: Batch) -> Sequence[Reviewed]:
    """Every review in the history of the rows of a batch, in order."""
    return [Reviewed(at, *one) for at, listed in _listed(batch, "reviews") for one in listed]


def _listed(batch: Batch, name: str) -> list[tuple[int, list[Any]]]:
    return [(at, orjson.loads(text)) for at, text in enumerate(batch.column(name)) if text != "[]"]


@_once
def battles(batch: Batch) -> Sequence[Vote]:
    """The votes that `arena` has: those whose rival's page may be shown."""
    shown = batch.column("rival_files")
    return [vote for vote in votes(batch) if shown[vote.at]]


@_once
def feedbacks(batch: Batch) -> Sequence[Reviewed]:
    """The reviews that say something in words, of pages that may be trained on."""
    use = batch.column("chosen_use")
    return [one for one in reviews(batch) if (one.notes or one.evidence) and use[one.at] == TRAIN]


def judgements(batch: Batch) -> list[Vote | Reviewed]:
    """Votes, then reviews."""
    return [*votes(batch), *reviews(batch)]


def negatives(batch: Batch) -> list[int]:
    """Places of the rows that lost or tied by a sound verdict."""
    return [at for at, losing in enumerate(batch.column("losing")) if losing]


def _some(values: Sequence[Any], at: list[int]) -> list[Any]:
    return [values[place] for place in at]


def _texts(values: Sequence[str]) -> pa.Array:
    return pa.array(values, type=pa.string())


def _pages(batch: Batch, at: list[int]) -> pa.Array:
    """The refined pages of these rows; they are in Arrow for other configs already."""
    return batch.chosen_array.take(pa.array(at, type=pa.int32()))


def _arena(batch: Batch) -> list[pa.Array]:
    cast = battles(batch)
    at = [vote.at for vote in cast]
    judged = sorted({*at})
    place = {row: n for n, row in enumerate(judged)}
    prompts = _some(batch.column("prompt"), judged)
    shown = render_all(_some(batch.column("rival_files"), judged))
    # Each text is made once, however many votes show it: prompts, then refined pages, then the rival's.
    texts = pa.concat_arrays([_texts(prompts), _pages(batch, judged), _texts(shown)])
    rows = np.array([place[row] for row in at], dtype=np.int32)
    refined_is_a = np.array([vote.refined_is_a for vote in cast], dtype=bool)
    names = {True: ["refined"] * len(cast), False: _some(batch.column("rival_by"), at)}
    return [
        pa.array(_some(batch.column("id"), at), type=pa.string()),
        pa.array([names[vote.refined_is_a][n] for n, vote in enumerate(cast)], type=pa.string()),
        pa.array([names[not vote.refined_is_a][n] for n, vote in enumerate(cast)], type=pa.string()),
        pa.array([vote.said.winner for vote in cast], type=pa.string()),
        pa.array([vote.voter for vote in cast], type=pa.string()),
        *[
            _conversations(texts, rows, rows + len(judged) * np.where(refined_is_a == first, 1, 2))
            for first in (True, False)
        ],
        pa.array(_some(batch.column("framework"), at), type=pa.string()),
        pa.array(_epochs([vote.time for vote in cast])),
        pa.array([vote.choice for vote in cast], type=pa.int32()),
        pa.array(_some(batch.column("cluster"), at), type=pa.string()),
        pa.array([EVAL_ONLY] * len(cast), type=pa.string()),
    ]


def _conversations(texts: pa.Array, asked: Places, answered: Places) -> pa.Array:
    """Conversations of a question and an answer, each by its place in `texts`."""
    count = len(asked)
    text = texts.take(pa.array(np.column_stack((asked, answered)).ravel()))
    part = pa.StructArray.from_arrays(
        [pa.array(["text"] * (2 * count), type=pa.string()), text], fields=list(PARTS.value_type)
    )
    content = pa.ListArray.from_arrays(pa.array(np.arange(2 * count + 1, dtype=np.int32)), part, type=PARTS)
    roles = pa.array(["user", "assistant"] * count, type=pa.string())
    said = pa.StructArray.from_arrays([roles, content], fields=list(CONVERSATION.value_type))
    ends = pa.array(np.arange(0, 2 * count + 1, 2, dtype=np.int32))
    return pa.ListArray.from_arrays(ends, said, type=CONVERSATION)


def _epochs(times: list[str]) -> npt.NDArray[np.float64]:
    """Seconds since 1970 of times as PostgreSQL wrote them, in UTC to the second. NumPy knows no zones, so none is said."""
    return np.array([time.removesuffix("Z") for time in times], dtype="datetime64[s]").astype(np.float64)


def _annotations(batch: Batch) -> list[pa.Array]:
    cast, given = votes(batch), reviews(batch)
    at = [one.at for one in judgements(batch)]
    said = [vote.said for vote in cast]
    none = [None] * len(given)
    column = {name: _some(batch.column(name), at) for name in ("id", "prompt_id", "cluster", "reason")}
    values: dict[str, list[Any]] = {
        **column,
        "kind": ["vote"] * len(cast) + ["review"] * len(given),
        "annotator": [vote.voter for vote in cast] + [one.reviewer for one in given],
        "label": [each.label for each in said] + [one.decision for one in given],
        "score": [each.score for each in said] + none,
        "refined_is_a": [vote.refined_is_a for vote in cast] + none,
        "criteria": [vote.criteria for vote in cast] + [one.scores for one in given],
        "comment": [""] * len(cast) + [_words(one) for one in given],
        "seconds": [vote.seconds for vote in cast] + none,
        "at": [vote.time for vote in cast] + [one.time for one in given],
    }
    return [pa.array(values[field.name], type=field.type) for field in SCHEMAS["raw_annotations"]]


def _words(one: Reviewed) -> str:
    return "\n\n".join(text for text in (one.notes, one.evidence) if text)


def _feedback(batch: Batch) -> list[pa.Array]:
    found = feedbacks(batch)
    at = [one.at for one in found]
    earlier = [one.files for one in found if one.files is not None]
    # Pages of the rows themselves, or of an earlier round, which come after them.
    number = itertools.count(batch.rows)
    page = [one.at if one.files is None else next(number) for one in found]
    pages = (
        pa.concat_arrays([batch.chosen_array, _texts(render_all(earlier))]) if earlier else batch.chosen_array
    )
    prompts = pa.array(_some(batch.column("prompt"), at), type=pa.string())
    said = [[text for text in (one.notes, one.evidence) if text] for one in found]
    return [
        pa.array(_some(batch.column("id"), at), type=pa.string()),
        pa.array(["code"] * len(found), type=pa.string()),
        pa.array(_some(batch.column("framework"), at), type=pa.string()),
        messages("user", prompts),
        pages.take(pa.array(page, type=pa.int32())),
        pa.array(said, type=pa.list_(pa.string())),
        pa.array([one.decision for one in found], type=pa.string()),
        pa.array([one.rule for one in found], type=pa.string()),
        pa.array([one.scores for one in found], type=pa.string()),
        pa.array([one.reviewer for one in found], type=pa.string()),
        pa.array([one.round for one in found], type=pa.int32()),
        pa.array(_some(batch.column("reason"), at), type=pa.string()),
    ]


def _negatives(batch: Batch) -> list[pa.Array]:
    at = negatives(batch)

    def cells(name: str, kind: pa.DataType) -> pa.Array:
        return pa.array(_some(batch.column(name), at), type=kind)

    return [
        messages("user", cells("prompt", pa.string())),
        messages("assistant", _pages(batch, at)),
        pa.array([False] * len(at)),
        cells("id", pa.string()),
        cells("reason", pa.string()),
        *[cells(name, pa.int32()) for name in ("votes_chosen", "votes_rejected", "votes_tied")],
        pa.array([batch.soft_labels[place] for place in at], type=pa.float64()),
        cells("cluster", pa.string()),
        cells("contributor", pa.string()),
    ]


_VIEWS: dict[str, Callable[[Batch], list[pa.Array]]] = {
    "feedback": _feedback,
    "arena": _arena,
    "raw_annotations": _annotations,
    "hard_negatives": _negatives,
}


def view(config: str, batch: Batch) -> pa.RecordBatch:
    """The batch as rows of one of these configs; `batch` must have some. KeyError for another config."""
    return pa.RecordBatch.from_arrays(_VIEWS[config](batch), schema=SCHEMAS[config])
