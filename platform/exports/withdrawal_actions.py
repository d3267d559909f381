"""Writes about releases that are out: deprecation, re-issue, and what a withdrawn consent does to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models.functions import Now

from catalog.rules import demand
from core import audit
from core.errors import BadInput, Conflict, Problem
from core.flow import NOW
from exports import actions, candidates, versions
from exports.models import Release, ReleasePerson
from exports.states import RELEASE, ReleaseStatus
from exports.versions import Bump
from people.rules import Permission

if TYPE_CHECKING:
    from people.models import User


@transaction.atomic
def deprecate(*, release: Release, by: User, reason: str) -> None:
    """Say of a published release that it should not be used for new work; it is served as before.

    Raises NotAllowed without the lead's permission, BadInput without a reason, Conflict when it is not published or
    deprecated already.
    """
    demand(by, Permission.LEAD, release.project_id)
    said = reason.strip()
    if len(said) < actions.MIN_REASON:
        raise BadInput(
            "Say why.",
            problems=[Problem("reason", "is too short", "It is shown wherever the release is served.")],
        )
    changed = Release.objects.filter(
        pk=release.pk, status=ReleaseStatus.PUBLISHED, deprecated_at=None
    ).update(deprecated_at=Now(), deprecated_reason=said)
    if not changed:
        raise Conflict(f"{release} is not published, or deprecated already.")
    release.refresh_from_db()
    audit.record("exports.release", "deprecate", release.pk, by=by, reason=said)


@transaction.atomic
def reissue(*, release: Release, note: str, by: User | None) -> Release:
    """Build a release anew from the recipe and the moment that it had, as a patch; rows can only have gone or mended.

    Raises NotAllowed without the lead's permission (`by` None: the site itself), Conflict unless it was published.
    """
    if by is not None:
        demand(by, Permission.LEAD, release.project_id)
    if release.status not in (ReleaseStatus.PUBLISHED, ReleaseStatus.WITHDRAWN):
        raise Conflict(f"{release} was never published.")
    return actions.begin(
        recipe=release.recipe,
        version=actions.next_version(release.recipe, Bump.PATCH),
        kept=release.frozen,
        as_of=release.as_of,
        before=actions.predecessor(release.recipe),
        note=note,
        created_by=by or release.created_by,
        by=by,
    )


def honour_consents() -> int:
    """Withdraw every published release that holds work of people who withdrew consent; re-issue the newest of each recipe.

    Each tombstone names every release that is affected. Returns how many were withdrawn; each in a transaction of
    its own with the rest, so a fault changes nothing.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(candidates.WITHDRAWN)
            gone = [user for (user,) in cursor.fetchall()]
        if not gone:
            return 0
        touched = ReleasePerson.objects.filter(user__in=gone, release__status=ReleaseStatus.PUBLISHED)
        rows: dict[int, int] = {}
        for release_id, n in touched.values_list("release", "row_count"):
            rows[release_id] = rows.get(release_id, 0) + n
        affected = list(
            Release.objects.select_for_update(of=("self",))
            .filter(pk__in=rows)
            .select_related("recipe")
            .order_by("id")
        )
        if affected:
            _bury(affected, rows)
        return len(affected)


def _bury(affected: list[Release], rows: Mapping[int, int]) -> None:
    named = ", ".join(f"{release} ({rows[release.pk]:,} rows and judgements)" for release in affected)
    last: dict[int, Release] = {}
    for release in affected:
        told: dict[str, Any] = {
            "withdrawn_at": NOW,
            "withdrawn_reason": f"Consent was withdrawn. Affected: {named}.",
        }
        RELEASE.move(release, "withdraw", by=None, **told)
        newest = last.get(release.recipe_id)
        if newest is None or versions.parse(release.version) > versions.parse(newest.version):
            last[release.recipe_id] = release
    for release in last.values():
        if not release.recipe.releases.filter(status=ReleaseStatus.BUILDING).exists():
            note = f"Re-issue of {release.version} without the work of people who withdrew their consent."
            reissue(release=release, note=note, by=None)
