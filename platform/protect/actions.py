"""Writes of the protected registry. Texts come in, fingerprints stay."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

from django.db import IntegrityError, connection, transaction

from core import audit, jobs
from core.errors import BadInput, Conflict, Problem
from core.jobs import Job
from people.models import User
from protect import canaries
from protect.fingerprints import Fingerprinter
from protect.models import ProtectedCanary, ProtectedItem, ProtectedSet
from protect.set_files import Item


@transaction.atomic
def register_set(
    *, slug: str, version: str, name: str, source: str, licence: str, items: Sequence[Item], by: User
) -> ProtectedSet:
    """Register one version of a benchmark as fingerprints. Raises Conflict if this version is registered.

    Raises BadInput for items in which there is nothing to be compared. A version is never changed: a grown benchmark
    is a new version. Prompts that are here already are asked against it next, and published releases by the next sweep.
    """
    make = Fingerprinter()
    rows = [_row(item, make) for item in items]
    if blank := [
        row.key for row in rows if not (row.fingerprint.get("chars") or row.fingerprint.get("shingles"))
    ]:
        raise BadInput(
            "Some items have nothing that could be compared.",
            problems=[
                Problem(key, "is empty once invisible signs and comments are gone", "Leave it out.")
                for key in blank[:20]
            ],
        )
    try:
        with transaction.atomic():
            protected = ProtectedSet.objects.create(
                slug=slug, version=version, name=name, source=source, licence=licence,
                item_count=len(items), digest=digest_of(rows), probe=make.probe(), created_by=by,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(
            f"Version {version} of {slug} is registered already. Register a changed benchmark as a new version."
        ) from None
    for row in rows:
        row.protected_set = protected
    ProtectedItem.objects.bulk_create(rows, batch_size=500)
    planted = (canary for item in canaries.chosen(items) for canary in _canaries(protected, item, make))
    ProtectedCanary.objects.bulk_create(planted, batch_size=500)
    audit.record("protect.set", "register", protected.pk, by=by, slug=slug, version=version, items=len(items))
    jobs.ring(Job.RESCAN_PROMPTS, protected.pk)
    return protected


def freeze() -> None:
    """Let no set be registered until the present transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE protect_protectedset IN SHARE MODE")


def digest_of(rows: Sequence[ProtectedItem]) -> str:
    """SHA-256 over the items of a set, by kind and key."""
    said = [[row.kind, row.key, row.fingerprint] for row in sorted(rows, key=lambda row: (row.kind, row.key))]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _row(item: Item, make: Fingerprinter) -> ProtectedItem:
    if item.files is not None:
        return ProtectedItem(key=item.key, kind="code", fingerprint=make.code(item.files).as_json())
    assert item.text is not None
    return ProtectedItem(key=item.key, kind="prompt", fingerprint=make.prompt(item.text).as_json())


def _canaries(protected: ProtectedSet, item: Item, make: Fingerprinter) -> Iterator[ProtectedCanary]:
    if item.files is not None:
        code = canaries.of_code(item.key, item.files)
        prints = {edit: make.code(files).as_json() for edit, files in code.items()}
    else:
        assert item.text is not None
        texts = canaries.of_prompt(item.key, item.text)
        prints = {edit: make.prompt(text).as_json() for edit, text in texts.items()}
    kind = "prompt" if item.files is None else "code"
    for edit, made in prints.items():
        yield ProtectedCanary(protected_set=protected, key=item.key, kind=kind, edit=edit, fingerprint=made)
