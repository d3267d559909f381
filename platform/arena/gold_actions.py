"""Writes of gold pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from arena.models import Pair
from arena.states import PairOutcome
from catalog.rules import demand
from core import audit, reasons
from core.errors import BadInput, Conflict, Problem
from people.rules import Permission

if TYPE_CHECKING:
    from people.models import User


@transaction.atomic
def mark(*, pair: Pair, answer: str, reason: str, by: User) -> None:
    """Say for good that the answer of a pair is known, before anybody votes: each vote on it is then right or wrong.

    Raises NotAllowed without the lead's permission, BadInput without a reason, Conflict when it is marked already or
    has votes: whoever marks it then can see whom the answer makes wrong.
    """
    demand(by, Permission.LEAD, pair.project_id)
    if answer not in PairOutcome.values:
        raise BadInput(
            "There is no such answer.",
            problems=[Problem("answer", "is unknown", f"Use {', '.join(PairOutcome.values)}.")],
        )
    said = reasons.checked(reason, ask="Say why the answer is beyond doubt: voters are judged by it.")
    # Locked, as a vote locks it: a vote at this moment comes before, or is judged by the answer.
    locked = Pair.objects.select_for_update().get(pk=pair.pk)
    if locked.gold:
        raise Conflict("The answer of this pair is known already; it is never changed.")
    if locked.votes.exists():
        raise Conflict(
            "People have voted on this pair, so it cannot become a gold pair any more: their votes would be judged by "
            "an answer given after them. Mark one that nobody has voted on yet."
        )
    Pair.objects.filter(pk=pair.pk).update(gold=answer, gold_at=Now(), gold_by=by)
    pair.refresh_from_db()
    audit.record("arena.pair", "mark_gold", pair.pk, by=by, answer=answer, reason=said)
