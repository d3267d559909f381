"""Finding a release on a site: by number, by name and version, or the newest of a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from hillclimb import listing
from hillclimb.errors import NotThere, Refused, Usage
from hillclimb.listing import CHECKSUMS, MANIFEST, Entry
from hillclimb.wire import Site

API = "/api/v1/releases/"
MAX_PAGES = 200
_WANTED = re.compile(
    r"(?:(?P<project>[a-z0-9_-]{1,60})/)?(?P<name>[A-Za-z0-9_-]{1,60})(?:@(?P<version>\d{1,5}\.\d{1,5}\.\d{1,5}))?"
)
# What a release has beside what its manifest names: the manifest cannot name these.
BESIDE = frozenset({MANIFEST, CHECKSUMS, "certificate.json"})


@dataclass(frozen=True, slots=True)
class Found:
    """A published release: its number, name, version, files, and what to know before using it."""

    pk: int
    name: str
    version: str
    manifest_sha256: str
    files: tuple[Entry, ...]
    deprecated: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    def path_of(self, entry: Entry) -> str:
        """Where a file is on the site. What the site says about that is not used."""
        return f"{API}{self.pk}/files/{quote(entry.path)}"

    def entry(self, path: str) -> Entry:
        """The file with this path. Raises Refused."""
        for each in self.files:
            if each.path == path:
                return each
        raise Refused(f"The release {self} has no {path}.")


def find(site: Site, wanted: str) -> Found:
    """The release that `wanted` names. Raises Usage, NotThere, Withdrawn, Refused, Unreachable."""
    if wanted.isdecimal() and len(wanted) < 19:
        return _detail(site, int(wanted))
    parts = _WANTED.fullmatch(wanted)
    if parts is None:
        raise Usage(
            f"{ascii(wanted)[:80]} names no release. Write its number, name, name@1.0.0 or project/name@1.0.0."
        )
    asked = {key: value for key, value in parts.groupdict().items() if value}
    rows = list(_listed(site, asked))
    if not rows:
        raise NotThere(f"There is no release {wanted} that this token may see.")
    if len(projects := sorted({str(row.get("project")) for row in rows})) > 1:
        ways = " or ".join(f"{project}/{wanted}" for project in projects[:5])
        raise Usage(f"Several projects have a dataset of this name. Write {ways}.")
    published = [row for row in rows if row.get("status") == "published"] or rows
    return _detail(site, int(max(published, key=_version)["id"]))


def _version(row: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(part) for part in str(row["version"]).split("."))


def _listed(site: Site, asked: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    query = urlencode(asked)
    for _ in range(MAX_PAGES):
        page = site.json(f"{API}?{query}")
        try:
            for row in page["results"]:
                # What is used further on, so that nothing malformed gets there.
                int(row["id"]), _version(row)
                yield row
            following = page["next"]
        except (KeyError, TypeError, ValueError):
            raise Refused("The site's list of releases is malformed.") from None
        if not following:
            return
        # Only the cursor is taken from it: where it points is not for the site to say.
        query = urlsplit(str(following)).query
    raise Refused("The site's list of releases has no end.")


def _detail(site: Site, pk: int) -> Found:
    said = site.json(f"{API}{pk}/")
    try:
        name, version = str(said["name"]), str(said["version"])
        found = Found(
            pk, name, version, str(said["manifest_sha256"]),
            tuple(listing.entries(said["files"], size_key="byte_size")), str(said.get("deprecated_reason") or ""),
        )  # fmt: skip
    except (KeyError, TypeError):
        raise Refused("What the site says about the release is malformed.") from None
    if not _WANTED.fullmatch(f"{name}@{version}"):
        raise Refused("The release's name or version is malformed.")
    if found.entry(MANIFEST).sha256 != found.manifest_sha256:
        raise Refused(f"The site names two different manifests for {found}.")
    return found


def check_manifest(found: Found, manifest: Any) -> None:
    """The site's list must be the manifest's, file for file. Raises Refused."""
    there = {entry.path: entry for entry in found.files if entry.path not in BESIDE}
    named = {entry.path: entry for entry in listing.of_manifest(manifest) if entry.path not in BESIDE}
    if there != named:
        odd = sorted(path for path in there.keys() | named.keys() if there.get(path) != named.get(path))
        raise Refused(f"The site's list of files is not that of the manifest: {', '.join(odd[:3])}.")
