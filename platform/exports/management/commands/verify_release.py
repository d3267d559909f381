"""Compare a release's files with what was published."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import HillclimbError
from exports import verifying


class Command(BaseCommand):
    """`manage.py verify_release RELEASE`."""

    help = (
        "Compare the files of a release with its manifest, and the manifest with its digest in the database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which release."""
        parser.add_argument("release", help="its number, or name@version")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print that all is as published, or fail with every fault."""
        try:
            release = verifying.find(options["release"])
        except HillclimbError as error:
            raise CommandError(error.detail) from None
        if found := verifying.faults(release):
            raise CommandError("\n".join([f"{release} is not as published:", *found]))
        self.stdout.write(f"{release}: {release.files.count()} files, all as published.")
