"""Writes of the protected registry. Texts come in, fingerprints stay."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from core import audit
from core.errors import Conflict
from people.models import User
from protect.fingerprints import Fingerprinter
from protect.models import ProtectedItem, ProtectedSet
from protect.set_files import Item


@transaction.atomic
def register_set(
    *, slug: str, version: str, name: str, source: str, licence: str, items: Sequence[Item], by: User
) -> ProtectedSet:
    """Register one version of a benchmark as fingerprints. Raises Conflict if this version is registered.

    A version is never changed: a grown benchmark is a new version.
    """
    make = Fingerprinter()
    try:
        with transaction.atomic():
            protected = ProtectedSet.objects.create(
                slug=slug, version=version, name=name, source=source, licence=licence,
                item_count=len(items), created_by=by,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(
            f"Version {version} of {slug} is registered already. Register a changed benchmark as a new version."
        ) from None
    ProtectedItem.objects.bulk_create(
        (_row(protected, item, make) for item in items),
        batch_size=500,
    )
    audit.record("protect.set", "register", protected.pk, by=by, slug=slug, version=version, items=len(items))
    return protected


def _row(protected: ProtectedSet, item: Item, make: Fingerprinter) -> ProtectedItem:
    if item.files is not None:
        return ProtectedItem(
            protected_set=protected, key=item.key, kind="code", fingerprint=make.code(item.files).as_json()
        )
    assert item.text is not None
    return ProtectedItem(
        protected_set=protected, key=item.key, kind="prompt", fingerprint=make.prompt(item.text).as_json()
    )
