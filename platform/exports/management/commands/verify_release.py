"""Compare a release's files with what was published, and their certificate with the keys of this site."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.errors import HillclimbError
from exports import proof, verifying


class Command(BaseCommand):
    """`manage.py verify_release RELEASE`, or offline `manage.py verify_release PATH --key KEY`."""

    help = (
        "Compare the files of a release with its manifest, the manifest with its certificate, and the certificate with "
        "the keys of this site. A folder is verified by itself; a release of this site also by its digest in the database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which release."""
        parser.add_argument("release", help="a folder, or the number of a release, or name@version")
        parser.add_argument(
            "--key", action="append", default=[], metavar="BASE64", help="a public key to trust in place of the site's; may come twice"
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Print that all is as published, or fail with every fault."""
        name: str = options["release"]
        folder = Path(name)
        if folder.is_dir() and not name.isdecimal():
            self._folder(folder, _keys(options["key"]))
            return
        if options["key"]:
            raise CommandError(
                f"{name} is no folder. --key goes with a folder; releases of this site are verified with its own keys."
            )
        try:
            release = verifying.find(name)
        except HillclimbError as error:
            raise CommandError(error.detail) from None
        if found := verifying.faults(release):
            raise CommandError("\n".join([f"{release} is not as published:", *found]))
        self.stdout.write(f"{release}: {release.files.count()} files, all as published.")

    def _folder(self, folder: Path, keys: list[bytes]) -> None:
        if found := proof.faults(folder, trusted=keys):
            raise CommandError("\n".join([f"{folder} is not a release as it was signed:", *found]))
        said = proof.summary(folder)
        self.stdout.write("\n".join([f"{folder}: all as signed.", *said]))


def _keys(given: list[str]) -> list[bytes]:
    try:
        return [proof.key_of(each) for each in given] or settings.PUBLIC_KEYS
    except ValueError as error:
        raise CommandError(f"A --key {error}.") from None
