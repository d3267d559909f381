"""Writes of releases: recipes, builds, withdrawal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from catalog.rules import demand
from core import audit, flow, jobs
from core.errors import BadInput, Conflict, Problem
from core.flow import NOW, DatabaseNow
from core.jobs import Job
from exports import versions
from exports.columns import CONFIGS, SCHEMAS
from exports.models import Recipe, Release, ReleaseFile, ReleasePerson, Token
from exports.names import ROWS
from exports.states import RELEASE, ReleaseStatus
from exports.versions import Bump
from exports.writers import FORMATS, WrittenFile
from people.rules import Permission

if TYPE_CHECKING:
    from people.models import User

LEASE_SECONDS = 120
MAX_LOSSES = 3
MIN_REASON = 8


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
        "frameworks": sorted(recipe.frameworks),
        "licences": sorted(recipe.licences),
        "held_out_share": recipe.held_out_share,
        "min_votes": recipe.min_votes,
        "seed": recipe.seed,
        "licence": recipe.licence,
        "models": [
            {
                "model": model.name,
                "role": role,
                "vendor": model.vendor,
                "use": model.use,
                "terms": model.terms,
            }
            for role, model in (("target", project.target), ("rival", project.rival))
        ],
        "overrides": [
            {
                "model_id": each.model_id,
                "model": each.model.name,
                "use": each.model.use,
                "reason": each.reason,
                "by": each.made_by.username,
                "at": each.made_at.isoformat(),
            }
            for each in project.rights_overrides.filter(ended_at=None)
            .select_related("model", "made_by")
            .order_by("model__name")
        ],
        "columns": {
            config: [f"{field.name}: {field.type}" for field in schema]
            for config, schema in SCHEMAS.items()
            if config in recipe.configs
        },
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


def newest(recipe: Recipe) -> str | None:
    """The highest version of a recipe, whatever became of it; None before the first."""
    taken = recipe.releases.values_list("version", flat=True)
    return max(taken, key=versions.parse, default=None)


def predecessor(recipe: Recipe) -> Release | None:
    """The release that the next one's changes are told against: the highest that was published."""
    ended = recipe.releases.filter(
        status__in=[ReleaseStatus.PUBLISHED, ReleaseStatus.WITHDRAWN], files__path=ROWS
    )
    return max(ended, key=lambda release: versions.parse(release.version), default=None)


def next_version(recipe: Recipe, bump: Bump = Bump.MINOR) -> str:
    """The version after the newest one; 1.0.0 is first."""
    last = newest(recipe)
    return versions.FIRST if last is None else versions.after(last, bump)


@transaction.atomic
def start_release(*, recipe: Recipe, by: User, version: str = "", note: str = "") -> Release:
    """Freeze a recipe as it is now and ring for its build.

    Without `version` it is the least one that fits: major when the recipe breaks what its readers rely on, minor
    otherwise. Raises NotAllowed without the lead's permission, BadInput for a bad recipe or version, Conflict for a
    version that exists.
    """
    demand(by, Permission.LEAD, recipe.project_id)
    check_recipe(recipe)
    kept, before = frozen(recipe), predecessor(recipe)
    bump = versions.recipe_changes(before.frozen, kept)[0] if before is not None else Bump.MINOR
    wanted = version or next_version(recipe, max(bump, Bump.MINOR))
    _check_version(wanted, before, bump)
    return begin(
        recipe=recipe,
        version=wanted,
        kept=kept,
        as_of=_quiet_moment(),
        before=before,
        note=note,
        created_by=by,
        by=by,
    )


def _check_version(wanted: str, before: Release | None, bump: Bump) -> None:
    try:
        versions.parse(wanted)
        counted = bump if before is None else versions.bump_between(before.version, wanted)
    except ValueError as problem:
        if before is not None and before.version == wanted:
            raise Conflict(f"{before} exists already. Choose another version.") from None
        raise BadInput(
            "This is no version.",
            problems=[
                Problem("version", str(problem), "Write it like 1.0.0, or leave it empty for the next.")
            ],
        ) from None
    if before is not None and counted < bump:
        least = versions.after(before.version, bump)
        raise BadInput(
            "This version promises too much.",
            problems=[
                Problem("version", f"must be {least} or higher, since the recipe changed", "Leave it empty.")
            ],
        )


def begin(
    *,
    recipe: Recipe,
    version: str,
    kept: dict[str, object],
    as_of: datetime,
    before: Release | None,
    note: str,
    created_by: User,
    by: User | None,
) -> Release:
    """The row of a release to be built, and its ring. Raises Conflict for a version that exists."""
    try:
        with transaction.atomic():
            release = Release.objects.create(
                recipe=recipe,
                project_id=recipe.project_id,
                version=version,
                frozen=kept,
                as_of=as_of,
                previous=before,
                note=note.strip(),
                created_by=created_by,
            )
    except IntegrityError:
        raise Conflict(f"{recipe.name} {version} exists already. Choose another version.") from None
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
    *,
    release: Release,
    manifest: dict[str, object],
    manifest_sha256: str,
    files: list[WrittenFile],
    people: Mapping[int, int] | None = None,
) -> None:
    """Name the files and people of a finished build and publish it. Raises WrongState when the lease was lost.

    `people`: rows and judgements by person.
    """
    ReleasePerson.objects.bulk_create(
        [ReleasePerson(release=release, user_id=who, row_count=n) for who, n in (people or {}).items()]
    )
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


def record_look(*, release: Release, by: User, split: str, number: int) -> None:
    """Whoever looks at a row in the browser has received it, too."""
    audit.record("exports.release", "look", release.pk, by=by, split=split, row=number)
