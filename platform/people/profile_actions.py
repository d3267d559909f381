"""Writes of a person to their own row."""

from __future__ import annotations

from django.db import transaction

from core import audit
from people.models import User


@transaction.atomic
def set_profile(*, by: User, first_name: str, last_name: str, timezone: str, theme: str) -> None:
    """Keep the person's name, IANA time zone and theme; the audit trail tells which of them changed, not to what."""
    new = {"first_name": first_name, "last_name": last_name, "timezone": timezone, "theme": theme}
    kept = User.objects.select_for_update().get(pk=by.pk)
    changed = [field for field, value in new.items() if getattr(kept, field) != value]
    if not changed:
        return
    User.objects.filter(pk=by.pk).update(**{field: new[field] for field in changed})
    audit.record("people.user", "set_profile", by.pk, by=by, fields=changed)
    by.refresh_from_db(fields=changed)
