"""Published releases are asked again when the protected registry grows. What is found is kept and shown for good.

The rows are selected anew as they were, with the sets that the release was scanned against, and those that it kept are
asked against the sets that came since. One rescan a release and registry; an advisory lock keeps a second one out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog
from django.db import connection, transaction

from core import audit
from core.errors import HillclimbError
from exports import building, scanning, selection
from exports.models import Release, Rescan
from exports.queries import one
from exports.scanning import Scan
from exports.states import ReleaseStatus
from protect.gate import Gate, Registry, registry

log = structlog.get_logger(__name__)

KEPT = 200
_LOCK = 0x4C43  # the first of two numbers of the lock; the second is the release's


def due() -> list[int]:
    """Published releases that were not asked against the registry as it is now."""
    now = registry()
    if not now.sets:
        return []
    waiting = Release.objects.filter(status=ReleaseStatus.PUBLISHED).exclude(
        rescans__registry_sha256=now.digest
    )
    asked = waiting.order_by("id").values_list("pk", "manifest__protected__sha256")
    return [pk for pk, digest in asked if digest != now.digest][:50]


def rescan(*, release_id: int) -> Rescan | None:
    """Ask one release against what was registered since; None when there is nothing to ask or somebody is asking."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, release_id])
            if not cursor.fetchone()[0]:
                return None
        release = Release.objects.filter(pk=release_id, status=ReleaseStatus.PUBLISHED).first()
        now = registry()
        if release is None or release.rescans.filter(registry_sha256=now.digest).exists():
            return None
        told = _asked(release, now)
        made: Rescan = Rescan.objects.create(
            release=release, registry_version=now.version, registry_sha256=now.digest, **told
        )
        audit.record(
            "exports.release", "rescan", release.pk, by=None, registry=now.version, matches=made.match_count, error=made.error
        )  # fmt: skip
        return made


def _asked(release: Release, now: Registry) -> dict[str, Any]:
    """The fields of what was found."""
    before = {
        (each["set"], each["version"]) for each in release.manifest.get("protected", {}).get("sets", [])
    }
    try:
        with transaction.atomic():
            choice = replace(building.choice_of(release), only=before)
            selected = selection.select(choice)
            scanning.look(Gate(now.names - before), choice.shown("release_row"), Scan(now))
    except HillclimbError as error:
        log.exception("a release could not be scanned again", release=release.pk)
        return {"error": error.detail}
    matches = one("SELECT count(DISTINCT pair_id) FROM release_match")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (pair_id) %s::text || '-' || submission_id, protected_set, release_match.version,"
            " release_match.key, rule, round(score::numeric, 3)::float8 FROM release_match JOIN release_row USING (pair_id)"
            " ORDER BY pair_id, score DESC, protected_set, release_match.version LIMIT %s",
            [str(release.frozen["project"]), KEPT],
        )
        names = ("row", "set", "version", "key", "rule", "score")
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {"row_count": selected.rows + selected.aside, "match_count": matches, "found": found}
