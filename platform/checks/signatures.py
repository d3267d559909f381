"""Signatures of submissions: made once, and searched for what is near. Reads only.

Below `EXHAUSTIVE` signatures a project's are compared one by one, at the price of a few nanoseconds a shingle; above,
only those that share a MinHash band, and all of the same prompt. What is found here is compared once more from the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import Q, QuerySet

from checks import lsh, originality
from checks.models import Signature
from checks.shingles import Shingles
from checks.verdict import Sibling
from work.models import Submission

Halves = npt.NDArray[np.uint32]

FORMAT = 1
EXHAUSTIVE = 50_000
MAX_NEAR = 10
# Halves of hashes meet by chance about once in 10,000 comparisons of 700 shingles, so a candidate may be this far below.
SLACK = 0.01
_PAGE = 500
_MAX_CANDIDATES = 5_000
_FLAG_BITS = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose neighbours are wanted: the shingles it adds, and where it belongs. `before`: only earlier submissions."""

    added: Shingles
    project_id: int
    prompt_id: int
    author_id: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class Sought:
    """The nearest submissions, nearest first, and how they were looked for."""

    siblings: list[Sibling]
    told: dict[str, object]


def halves(shingles: Shingles) -> Halves:
    """The sorted distinct upper halves of hashes: enough to tell sets apart, at half the room."""
    return np.unique((shingles >> np.uint64(32)).astype(np.uint32))


def made(submission: Submission) -> Signature:
    """The signature of a submission with files, not saved."""
    task = submission.task
    assert submission.fileset is not None
    added = originality.added(submission.fileset.files, task.base.fileset.files if task.base else None)
    kept = halves(added)
    return Signature(
        submission=submission,
        project_id=submission.project_id,
        prompt_id=task.prompt_id,
        author_id=submission.author_id,
        format=FORMAT,
        size=len(kept),
        shingles=kept.astype("<u4").tobytes(),
        bands=lsh.keys(added, salt=submission.project_id) if len(kept) >= originality.MIN_SHINGLES else [],
    )


def search(asked: Asked) -> Sought:
    """The nearest signatures at or over the threshold, other people's only, with their files."""
    mine = halves(asked.added)
    if len(mine) < originality.MIN_SHINGLES:
        return Sought([], {"search": "none", "compared": 0})
    known = Signature.objects.filter(project=asked.project_id, format=FORMAT)
    # Up to the limit and one more: beyond it the number does not matter.
    n = known.order_by()[: EXHAUSTIVE + 1].count()
    others = known.exclude(author=asked.author_id) if asked.author_id is not None else known
    if asked.before is not None:
        others = others.filter(submission__lt=asked.before)
    told: dict[str, object] = {"search": "exhaustive", "compared": n}
    if n > EXHAUSTIVE:
        keys = lsh.keys(asked.added, salt=asked.project_id)
        others = others.filter(Q(bands__overlap=keys) | Q(prompt=asked.prompt_id))
        told = {
            "search": "lsh",
            "recall_at_threshold": round(lsh.recall(originality.NEAR_DUPLICATE), 4),
            "recall_at_0.8": round(lsh.recall(0.8), 4),
        }
    found = sorted(_near(mine, others), reverse=True)[:MAX_NEAR]
    return Sought(_siblings([number for _, number in found], asked.prompt_id), told)


def _near(mine: Halves, others: QuerySet[Signature]) -> Iterator[tuple[float, int]]:
    """Similarity and submission of each of `others` that is near, page by page."""
    least = originality.NEAR_DUPLICATE - SLACK
    # J(A, B) >= t needs t|A| <= |B| <= |A|/t.
    fitting = others.filter(
        size__gte=max(originality.MIN_SHINGLES, int(least * len(mine))), size__lte=int(len(mine) / least) + 1
    )
    flags = flags_of(mine)
    last, seen = 0, 0
    while seen < _MAX_CANDIDATES + EXHAUSTIVE:
        rows = list(
            fitting.filter(submission__gt=last)
            .order_by("submission")
            .values_list("submission", "shingles")[:_PAGE]
        )
        if not rows:
            return
        numbers = [number for number, _ in rows]
        for number, score in zip(
            numbers, similarities(mine, flags, [bytes(row) for _, row in rows]), strict=True
        ):
            if score >= least:
                yield score, number
        last, seen = numbers[-1], seen + len(rows)


def flags_of(mine: Halves) -> npt.NDArray[np.bool_]:
    """For each possible beginning of a number, whether any of `mine` begins so."""
    flags = np.zeros(1 << _FLAG_BITS, dtype=bool)
    flags[mine >> np.uint32(32 - _FLAG_BITS)] = True
    return flags


def similarities(mine: Halves, flags: npt.NDArray[np.bool_], rows: list[bytes]) -> list[float]:
    """The Jaccard similarity of `mine` with each of `rows`; `flags` is `flags_of(mine)`."""
    sizes = np.array([len(row) // 4 for row in rows], dtype=np.int64)
    flat = np.frombuffer(b"".join(rows), dtype="<u4")
    # Most numbers fall at the first look; the rest is looked up.
    at = np.flatnonzero(flags[flat >> np.uint32(32 - _FLAG_BITS)])
    values = flat[at]
    places = np.searchsorted(mine, values)
    places[places == len(mine)] = 0
    shared = at[mine[places] == values]
    owners = np.searchsorted(np.cumsum(sizes), shared, side="right")
    common = np.bincount(owners, minlength=len(rows))
    scores: list[float] = (common / (sizes + len(mine) - common)).tolist()
    return scores


def _siblings(numbers: list[int], prompt_id: int) -> list[Sibling]:
    rows = Submission.objects.select_related("fileset", "task__base__fileset").in_bulk(numbers)
    return [
        Sibling(
            number,
            row.fileset.files,
            row.task.base.fileset.files if row.task.base else None,
            row.task.prompt_id == prompt_id,
        )
        for number in numbers
        if (row := rows[number]).fileset is not None
    ]
