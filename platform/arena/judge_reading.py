"""What the judging model has said so far, beside what people decided. Reads only."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from arena.judge_agreement import Agreement, Judged, measure
from arena.models import Judgement, Pair
from arena.states import PairKind, PairOutcome, PairStatus
from arena.stopping import Winner
from catalog.models import Project
from work.models import Submission

# The newest verdicts tell how the model and the project are now.
MEASURED = 400


@dataclass(frozen=True, slots=True)
class Standing:
    """The figures of a project, how often there was no answer and why, and a mark that changes with the figures."""

    agreement: Agreement
    faults: tuple[tuple[str, int], ...]
    mark: str


def of_project(project: Project) -> Standing:
    """Agreement over the newest pairs that people have decided and the model has judged both ways round."""
    pairs = list(
        Pair.objects.filter(project=project, kind=PairKind.REFINED_RIVAL)
        .exclude(status=PairStatus.OPEN)
        .select_related("submission__fileset", "task__rival__fileset")
        .defer("submission__fileset__body", "submission__rationale", "task__rival__fileset__body")
        .order_by("-pk")[:MEASURED]
    )
    said = _said(pair.submission for pair in pairs)
    found = measure([judged for pair in pairs if (judged := _judged(pair, said)) is not None])
    faults = Counter(
        Judgement.objects.filter(submission__project=project, better="").values_list("fault", flat=True)
    )
    told = json.dumps(asdict(found), default=str, sort_keys=True)
    return Standing(found, tuple(faults.most_common()), hashlib.sha256(told.encode()).hexdigest()[:16])


def verdict(submission: Submission) -> Winner | None:
    """What the model thinks of one submission: its answer if it gave the same both ways round, else a tie; None: not yet."""
    answers = _said([submission]).get(submission.pk, {})
    if len(answers) < 2:
        return None
    return answers[True] if answers[True] == answers[False] else Winner.TIE


def _said(submissions: Iterable[Submission]) -> dict[int, dict[bool, Winner]]:
    found: dict[int, dict[bool, Winner]] = {}
    rows = Judgement.objects.filter(submission__in=[each.pk for each in submissions]).exclude(better="")
    for pk, refined_is_a, better in rows.values_list("submission", "refined_is_a", "better"):
        found.setdefault(pk, {})[refined_is_a] = Winner(better)
    return found


def _judged(pair: Pair, said: dict[int, dict[bool, Winner]]) -> Judged | None:
    answers = said.get(pair.submission_id, {})
    rival, refined = pair.task.rival, pair.submission.fileset
    if len(answers) < 2 or rival is None or refined is None:
        return None
    # An undecided pair is one on which people do not agree: for whoever judges it, a tie.
    people = Winner(pair.outcome) if pair.outcome else Winner(PairOutcome.TIE)
    return Judged(answers[True], answers[False], people, refined.byte_size, rival.fileset.byte_size)
