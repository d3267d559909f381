"""Writes about likeness: keep a submission's signature when it arrives, note who is near whom, close a case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from catalog.rules import demand
from checks import originality, signatures
from checks.models import CheckRun, Likeness, Signature
from checks.signatures import FORMAT
from checks.states import LIKENESS
from core import reasons
from core.flow import NOW
from people.rules import Permission
from work.models import Submission

if TYPE_CHECKING:
    from people.models import User

_PAGE = 100


def sign(submission: Submission) -> None:
    """Keep the signature of a submission with files, in today's format; once more changes nothing."""
    if (
        submission.fileset_id is None
        or Signature.objects.filter(submission=submission, format=FORMAT).exists()
    ):
        return
    Signature.objects.bulk_create(
        [signatures.made(submission)],
        update_conflicts=True,
        unique_fields=["submission"],
        update_fields=["format", "size", "shingles", "bands"],
    )


def sign_missing() -> Iterator[int]:
    """Sign every submission that came before signatures did, or before today's format; yields their numbers."""
    waiting = Submission.objects.filter(fileset__isnull=False).filter(
        Q(signature__isnull=True) | ~Q(signature__format=FORMAT)
    )
    last = 0
    while rows := list(
        waiting.filter(pk__gt=last).select_related("fileset", "task__base__fileset").order_by("pk")[:_PAGE]
    ):
        for row in rows:
            sign(row)
            yield row.pk
        last = rows[-1].pk


def note(run: CheckRun) -> None:
    """Open a case for each pair that a finished originality run found near. In the caller's transaction."""
    if run.check_name != originality.NAME or run.submission is None:
        return
    known = set(run.submission.likenesses.values_list("older", flat=True))
    for older, share in run.metrics.get("near", []):
        if older not in known:
            row = Likeness(
                project_id=run.submission.project_id, newer=run.submission, older_id=older, share=share
            )
            LIKENESS.create(row, by=None, run=run.pk)


@transaction.atomic
def judge(*, likeness: Likeness, copied: bool, reason: str, by: User) -> None:
    """Close a case as copied, or as having an honest reason; the lead's words are kept. Moves no submission.

    Raises NotAllowed for who does not lead the project, BadInput without a reason, WrongState when it says so already.
    """
    demand(by, Permission.LEAD, likeness.project_id)
    said = reasons.checked(reason, ask="Say what you found.")
    LIKENESS.move(
        likeness, "confirm" if copied else "explain", by=by, note={"reason": said}, decided_at=NOW, decided_by=by,
        reason=said,
    )  # fmt: skip
