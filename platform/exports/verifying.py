"""Is a release still what was published, and would building it again give the same bytes?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from core.errors import BadInput
from exports import building, proof
from exports.models import Release
from exports.states import ReleaseStatus


def find(name: str) -> Release:
    """A release that was published, by its number or as `name@version`. Raises BadInput when that names none or several."""
    releases = Release.objects.filter(status__in=[ReleaseStatus.PUBLISHED, ReleaseStatus.WITHDRAWN])
    recipe, at, version = name.rpartition("@")
    if at:
        found = releases.filter(recipe__name=recipe, version=version)
    else:
        found = releases.filter(pk=int(name)) if name.isdecimal() and len(name) < 19 else releases.none()
    rows = list(found.select_related("recipe", "project")[:10])
    if len(rows) == 1:
        return rows[0]
    if rows:
        listed = ", ".join(f"{row.pk} of {row.project.slug}" for row in rows)
        raise BadInput(f"{name} names several releases: {listed}. Give its number.")
    raise BadInput(f"There is no release {name}. Give its number, or its name and version as name@1.0.0.")


def faults(release: Release) -> list[str]:
    """Everything in which the files differ from what was published; empty when nothing does (I7)."""
    folder = building.folder_of(release)
    found = proof.file_faults(folder)
    named = folder / proof.MANIFEST
    if named.is_file() and proof.digest(named) != release.manifest_sha256:
        found.append(f"{proof.MANIFEST} is not the manifest that was published")
    listed = {entry["path"]: entry["sha256"] for entry in release.manifest["files"]}
    kept = dict(release.files.values_list("path", "sha256"))
    if proof.CERTIFICATE in kept:  # releases of before certificates have none
        found += proof.certificate_faults(folder, trusted=settings.PUBLIC_KEYS)
    for own in (proof.MANIFEST, proof.CHECKSUMS, proof.CERTIFICATE):
        kept.pop(own, None)
    if kept != listed:
        found.append("the files in the database are not those of the published manifest")
    return found


def rebuilt(release: Release, *, say: Callable[[str, int, int], None]) -> list[str]:
    """Write the release again beside the other releases and name every file that differs; empty when none does.

    Raises NothingToRelease when no row is left to select.
    """
    root = Path(settings.RELEASE_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".rebuild-", dir=root) as area:
        _, files, _ = building.write(release, Path(area) / "release", progress=say)
    now = {file.path: file.sha256 for file in files}
    then = dict(release.files.values_list("path", "sha256"))
    differing = [path for path in sorted(now.keys() & then.keys()) if now[path] != then[path]]
    return [
        *(f"{path} has other content" for path in differing),
        *(f"{path} is missing now" for path in sorted(then.keys() - now.keys())),
        *(f"{path} was not there" for path in sorted(now.keys() - then.keys())),
    ]
