"""Writes of releases: recipes, builds, withdrawal, tokens."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from catalog.models import Project
from catalog.rules import demand
from core import audit, flow, jobs
from core.errors import BadInput, Conflict, NotAllowed, Problem
from core.flow import NOW, DatabaseNow
from core.jobs import Job
from exports.columns import CONFIGS
from exports.models import Recipe, Release, ReleaseFile, Token
from exports.states import RELEASE, ReleaseStatus
from exports.token_auth import digest
from exports.writers import FORMATS, WrittenFile
from people.rules import Permission

if TYPE_CHECKING:
    from people.models import User

LEASE_SECONDS = 120
MAX_LOSSES = 3
MAX_TOKEN_DAYS = 365
MIN_REASON = 8
_VERSION = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})")


class LeaseLost(Conflict):
    """The build was taken over by another worker."""


def frozen(recipe: Recipe) -> dict[str, object]:
    """What decides a release's bytes beside the data: the recipe, and what its project is called and says."""
    project = recipe.project
    refined = f"Refinements of {project.target.name} judged blind against {project.rival.name}."
    return {
        "name": recipe.name,
        "project": project.slug,
        "target": project.target.name,
        "rival": project.rival.name,
        "summary": project.purpose or refined,
        "configs": [config for config in CONFIGS if config in recipe.configs],
        "formats": [format_ for format_ in FORMATS if format_ in recipe.formats],
        "tags": sorted(recipe.tags),
        "held_out_share": recipe.held_out_share,
        "min_votes": recipe.min_votes,
        "seed": recipe.seed,
        "licence": recipe.licence,
    }


def check_recipe(recipe: Recipe) -> None:
    """Raise BadInput unless every config and format exists and there is one of each."""
    problems = []
    if not recipe.configs or (unknown := set(recipe.configs) - set(CONFIGS)):
        what = f"names {', '.join(sorted(unknown))}" if recipe.configs else "is empty"
        problems.append(Problem("configs", what, f"Choose from {', '.join(CONFIGS)}."))
    if not recipe.formats or set(recipe.formats) - set(FORMATS):
        problems.append(Problem("formats", "is empty or unknown", f"Choose from {', '.join(FORMATS)}."))
    if problems:
        raise BadInput("This recipe cannot be built.", problems=problems)


def next_version(recipe: Recipe) -> str:
    """The version after the newest one: minor counts up; 1.0.0 is first."""
    taken = recipe.releases.values_list("version", flat=True)
    newest = max((tuple(map(int, version.split("."))) for version in taken), default=None)
    return "1.0.0" if newest is None else f"{newest[0]}.{newest[1] + 1}.0"


@transaction.atomic
def start_release(*, recipe: Recipe, by: User, version: str = "") -> Release:
    """Freeze a recipe as it is now and ring for its build.

    Raises NotAllowed without the lead's permission, BadInput for a bad recipe or version, Conflict for a version
    that exists.
    """
    demand(by, Permission.LEAD, recipe.project_id)
    check_recipe(recipe)
    wanted = version or next_version(recipe)
    if not _VERSION.fullmatch(wanted):
        raise BadInput(
            "This is no version.",
            problems=[Problem("version", "must be like 1.0.0", "Leave it empty for the next.")],
        )
    try:
        with transaction.atomic():
            release = Release.objects.create(
                recipe=recipe,
                project_id=recipe.project_id,
                version=wanted,
                frozen=frozen(recipe),
                as_of=_quiet_moment(),
                created_by=by,
            )
    except IntegrityError:
        raise Conflict(f"{recipe.name} {wanted} exists already. Choose another version.") from None
    flow.created(RELEASE, release, by=by)
    jobs.ring(Job.BUILD_RELEASE, release.pk)
    return release


def _quiet_moment() -> datetime:
    """The database's time at a moment when no verdict is under way.

    The lock waits for votes that are being written and holds new ones back until this transaction ends, so every
    verdict before the moment is committed and none can come later: building again selects the same pairs.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE arena_pair IN SHARE MODE")
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def due() -> list[int]:
    """Releases to be built that nobody is building."""
    waiting = Release.objects.filter(status=ReleaseStatus.BUILDING).filter(
        Q(lease_until__lt=Now()) | Q(lease_until=None, created_at__lt=Now() - timedelta(seconds=10))
    )
    return list(waiting.order_by("id").values_list("pk", flat=True)[:20])


def take(*, release_id: int) -> Release | None:
    """Lease a release for building; None when somebody else builds it or it is over. Three lost builds fail it."""
    release = Release.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=Now()), pk=release_id, status=ReleaseStatus.BUILDING
    ).first()
    if release is None:
        return None
    losses = release.losses + (1 if release.lease_until is not None else 0)
    if losses >= MAX_LOSSES:
        fail(
            release=release,
            error="Its worker was lost three times while building. Ask the operator for its log.",
        )
        return None
    with transaction.atomic():
        taken = RELEASE.take(
            "SELECT id, status FROM exports_release WHERE id = %s AND status = 'building' AND epoch = %s"
            " FOR UPDATE SKIP LOCKED",
            [release.pk, release.epoch],
            "take",
            by=None,
            epoch=release.epoch + 1,
            losses=losses,
            lease_until=DatabaseNow(LEASE_SECONDS),
            phase="Selecting rows",
            rows_done=0,
        )
    if not taken:
        return None
    release.refresh_from_db()
    return release


def progress(*, release: Release, phase: str, done: int, total: int) -> None:
    """Say how far a build is and extend its lease. Raises LeaseLost when another worker has it."""
    kept = Release.objects.filter(pk=release.pk, epoch=release.epoch, status=ReleaseStatus.BUILDING).update(
        phase=phase, rows_done=done, rows_total=total, lease_until=Now() + timedelta(seconds=LEASE_SECONDS)
    )
    if not kept:
        raise LeaseLost("Another worker builds this release now.")


def hold(*, release: Release) -> None:
    """Keep the lease until the present transaction ends: nobody can take the release meanwhile. Raises LeaseLost."""
    held = Release.objects.select_for_update().filter(
        pk=release.pk, epoch=release.epoch, status=ReleaseStatus.BUILDING
    )
    if not held.exists():
        raise LeaseLost("Another worker builds this release now.")


@transaction.atomic
def publish(
    *, release: Release, manifest: dict[str, object], manifest_sha256: str, files: list[WrittenFile]
) -> None:
    """Name the files of a finished build and publish it. Raises WrongState when the lease was lost."""
    ReleaseFile.objects.bulk_create(
        [
            ReleaseFile(
                release=release,
                path=file.path,
                sha256=file.sha256,
                byte_size=file.bytes,
                row_count=file.rows if file.config else None,
            )
            for file in files
        ]
    )
    RELEASE.move(
        release,
        "publish",
        by=None,
        where={"epoch": release.epoch},
        manifest=manifest,
        manifest_sha256=manifest_sha256,
        published_at=NOW,
        lease_until=None,
        phase="",
    )


def fail(*, release: Release, error: str) -> None:
    """End a build that cannot be finished, with the reason that the lead reads."""
    RELEASE.move(
        release,
        "fail",
        by=None,
        where={"epoch": release.epoch},
        error=error[:2000],
        lease_until=None,
        phase="",
    )


@transaction.atomic
def withdraw(*, release: Release, by: User, reason: str) -> None:
    """Withdraw a published release: its files are served no more, its tombstone stays."""
    demand(by, Permission.LEAD, release.project_id)
    if len(reason.strip()) < MIN_REASON:
        raise BadInput(
            "Say why.",
            problems=[Problem("reason", "is too short", "The reason stands on the tombstone for good.")],
        )
    RELEASE.move(release, "withdraw", by=by, withdrawn_at=NOW, withdrawn_reason=reason.strip())


def record_download(*, file: ReleaseFile, by: User, token: Token | None, start: int) -> None:
    """Every download is an event; `start` is its first byte, above 0 when it was resumed."""
    audit.record(
        "exports.release",
        "download",
        file.release_id,
        by=by,
        path=file.path,
        start=start,
        token=token.prefix if token else None,
    )


@transaction.atomic
def make_token(*, by: User, project: Project, name: str, days: int) -> tuple[Token, str]:
    """A new token for one project's releases, and its secret, which is shown once and kept nowhere."""
    demand(by, Permission.DOWNLOAD, project.pk)
    problems = []
    if not name.strip() or len(name) > 60:
        problems.append(Problem("name", "must have 1 to 60 characters", "Say where the token will be used."))
    if not 1 <= days <= MAX_TOKEN_DAYS:
        problems.append(Problem("days", f"must be 1 to {MAX_TOKEN_DAYS}", ""))
    if problems:
        raise BadInput("The token was not made.", problems=problems)
    secret = f"hc_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        user=by,
        project=project,
        name=name.strip(),
        prefix=secret[:11],
        digest=digest(secret),
        expires_at=timezone.now() + timedelta(days=days),
    )
    audit.record("exports.token", "make", token.pk, by=by, project=project.slug)
    return token, secret


@transaction.atomic
def revoke_token(*, by: User, token: Token) -> None:
    """Revoke one's own token, or as a lead any of the project; at once and for good."""
    if token.user_id != by.pk:
        demand(by, Permission.LEAD, token.project_id)
    if token.revoked_at is not None:
        raise NotAllowed("This token is revoked already.")
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    audit.record("exports.token", "revoke", token.pk, by=by)
