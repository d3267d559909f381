"""Looking for near work: the scan of every signature beside a bare read of the same rows, and MinHash bands above it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import numpy as np
from django.db import connection

from benchmarks import seed
from benchmarks.table import Row, Table
from checks import lsh, signatures
from checks.models import Signature
from checks.signatures import Asked
from work.models import Submission

# What a real edit adds: 56 to 3,100 shingles in the edits at hand.
SHINGLES = 1_000
TIMES = 3


def measure(table: Table, *, signed: int) -> None:
    """A project with `signed` submissions, each with a signature: exhaustively, then by bands."""
    made = seed.project("originality", signed)
    _submit(made.project.pk, seed.people(made.project, 1, "author")[0].pk)
    rng = np.random.default_rng(7)
    _sign(made.project.pk, rng)
    mine = np.unique(rng.integers(0, 2**64, SHINGLES, dtype=np.uint64))
    asked = Asked(mine, made.project.pk, 0, None, None)
    table.head("Originality")
    limit = signatures.EXHAUSTIVE
    try:
        signatures.EXHAUSTIVE = signed
        scan = _best(lambda: signatures.search(asked))
        read = _best(lambda: _read(made.project.pk))
        table.add(
            Row(
                f"scan of {signed:,} signatures",
                f"{scan:.2f} s",
                f"{read:.2f} s, a bare read",
                read / scan,
                0.5,
            )
        )
        signatures.EXHAUSTIVE = 0
        bands = _best(lambda: signatures.search(asked))
        table.add(
            Row(
                "the same by MinHash bands",
                f"{bands * 1000:.1f} ms",
                f"{scan * 1000:.0f} ms, the scan",
                bands / scan,
                0.2,
                at_most=True,
            )
        )
    finally:
        signatures.EXHAUSTIVE = limit


def _submit(project_id: int, author_id: int) -> None:
    """Every open seat of the project, submitted with some output."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE work_assignment SET status = 'submitted', assignee_id = %s, quote = 0, claimed_at = now(), ended_at = now()"
            " WHERE project_id = %s AND status = 'open'",
            [author_id, project_id],
        )
        cursor.execute(
            "INSERT INTO work_submission (project_id, task_id, assignment_id, author_id, outcome, fileset_id, rationale,"
            " ratings, round, status, submitted_at)"
            " SELECT seat.project_id, seat.task_id, seat.id, seat.assignee_id, 'refined', base.fileset_id, 'Better.', '{}', 1,"
            " 'awaiting_review', now() FROM work_assignment seat JOIN work_task task ON task.id = seat.task_id"
            " JOIN catalog_generation base ON base.id = task.base_id WHERE seat.project_id = %s",
            [project_id],
        )


def _sign(project_id: int, rng: np.random.Generator) -> None:
    """Signatures of random shingles, half as many to half again as many as `SHINGLES`."""
    sizes = random.Random(7)
    found = Submission.objects.filter(project=project_id).order_by("pk")
    # Read first: one connection cannot be read from while it copies.
    rows = list(found.values_list("pk", "task__prompt", "author"))
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY checks_signature (submission_id, project_id, prompt_id, author_id, format, size, shingles, bands) FROM STDIN"
        ) as copy,
    ):
        for pk, prompt, author in rows:
            hashes = rng.integers(0, 2**64, sizes.randint(SHINGLES // 2, SHINGLES * 3 // 2), dtype=np.uint64)
            kept = signatures.halves(hashes)
            bands = lsh.keys(hashes, salt=project_id)
            copy.write_row(
                (
                    pk,
                    project_id,
                    prompt,
                    author,
                    signatures.FORMAT,
                    len(kept),
                    kept.astype("<u4").tobytes(),
                    bands,
                )
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE checks_signature")


def _read(project_id: int) -> int:
    """The rows that a scan reads, read and dropped."""
    total, last = 0, 0
    rows = Signature.objects.filter(
        project=project_id,
        size__gte=int(0.49 * SHINGLES),
        size__lte=int(SHINGLES / 0.49) + 1,
    )
    while page := list(
        rows.filter(submission__gt=last).order_by("submission").values_list("submission", "shingles")[:500]
    ):
        total += sum(len(row) for _, row in page)
        last = page[-1][0]
    return total


def _best(work: Callable[[], object]) -> float:
    """The shortest of a few runs, in seconds: what else the machine does only adds."""
    seconds = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)
