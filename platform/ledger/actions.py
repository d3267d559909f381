"""Posting to the ledger: the only writes there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

if TYPE_CHECKING:
    from people.models import User


@transaction.atomic
def post_pay(
    *,
    source: str,
    kind: str,
    project_id: int,
    to: User,
    amount: int,
    currency: str,
    memo: str,
    by: User | None,
) -> bool:
    """Owe `amount` minor units of `currency` to a person, from a project, once for each (source, kind).

    Returns False when it was posted before; nothing is written then. An amount of 0 posts nothing.
    """
    if amount == 0:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_transaction (source, kind, project_id, memo, posted_at, posted_by_id)"
            " VALUES (%s, %s, %s, %s, clock_timestamp(), %s) ON CONFLICT (source, kind) DO NOTHING RETURNING id",
            [source, kind, project_id, memo, by.pk if by else None],
        )
        row = cursor.fetchone()
        if row is None:
            return False
        cursor.execute(
            "INSERT INTO ledger_entry (transaction_id, account, user_id, amount, currency)"
            " VALUES (%s, %s, %s, %s, %s), (%s, %s, NULL, %s, %s)",
            [
                row[0],
                f"user:{to.pk}",
                to.pk,
                amount,
                currency,
                row[0],
                f"project:{project_id}",
                -amount,
                currency,
            ],
        )
    return True
