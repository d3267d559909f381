"""Sessions of people who signed in: rows in PostgreSQL, so that losing Redis signs nobody out."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.db.models.functions import Now

# A sweep takes no longer for it than for its other parts.
FORGET_AT_ONCE = 1_000


def forget_ended() -> int:
    """Forget sessions that have run out, a bounded number, the oldest first; how many went."""
    ended = Session.objects.filter(expire_date__lt=Now()).order_by("expire_date")
    gone, _ = Session.objects.filter(pk__in=ended.values("pk")[:FORGET_AT_ONCE]).delete()
    return gone
