"""Writes about people: qualifications and holds. Only operators ask for them."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from core import audit
from core.errors import BadInput, Conflict, NotAllowed, Problem
from people.models import Grant, Qualification, User


def _demand_operator(by: User) -> None:
    if not by.is_operator:
        raise NotAllowed("Only an operator does this. Ask whoever runs this installation.")


@transaction.atomic
def grant(*, user: User, qualification: Qualification, by: User) -> Grant:
    """Qualify a person. Granting twice changes nothing. Raises NotAllowed unless `by` is an operator."""
    _demand_operator(by)
    row, new = Grant.objects.get_or_create(
        user=user, qualification=qualification, defaults={"granted_by": by}
    )
    if new:
        audit.record("people.grant", "grant", user.pk, by=by, qualification=qualification.slug)
    return row


@transaction.atomic
def revoke(*, user: User, qualification: Qualification, by: User) -> None:
    """Take a qualification back; what was done with it stays. Raises NotAllowed unless `by` is an operator."""
    _demand_operator(by)
    gone, _ = Grant.objects.filter(user=user, qualification=qualification).delete()
    if gone:
        audit.record("people.grant", "revoke", user.pk, by=by, qualification=qualification.slug)


@transaction.atomic
def hold(*, user: User, reason: str, by: User) -> None:
    """Put an account on hold: nothing can be claimed. The person sees the reason.

    Raises NotAllowed unless `by` is an operator, BadInput without a reason, Conflict if it is on hold already.
    """
    _demand_operator(by)
    reason = reason.strip()
    if not reason:
        todo = "Say it so that the person can act on it; it is shown to them."
        raise BadInput("A hold needs its reason.", problems=[Problem("reason", "is empty", todo)])
    held = User.objects.filter(pk=user.pk, hold_at__isnull=True).update(
        hold_reason=reason, hold_at=Now(), hold_by=by
    )
    if not held:
        raise Conflict("This account is on hold already.")
    audit.record("people.user", "hold", user.pk, by=by, reason=reason)
    user.refresh_from_db(fields=["hold_reason", "hold_at", "hold_by"])


@transaction.atomic
def lift_hold(*, user: User, by: User) -> None:
    """End a hold. Raises NotAllowed unless `by` is an operator, Conflict if there is none."""
    _demand_operator(by)
    lifted = User.objects.filter(pk=user.pk, hold_at__isnull=False).update(
        hold_reason="", hold_at=None, hold_by=None
    )
    if not lifted:
        raise Conflict("This account is not on hold.")
    audit.record("people.user", "lift_hold", user.pk, by=by)
    user.refresh_from_db(fields=["hold_reason", "hold_at", "hold_by"])
