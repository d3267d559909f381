"""Build a release again and compare the bytes."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import HillclimbError
from exports import verifying


class Command(BaseCommand):
    """`manage.py rebuild_release RELEASE`."""

    help = (
        "Write a release again from its recipe and the data, compare every file, and remove what was written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which release."""
        parser.add_argument("release", help="its number, or name@version")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print that the bytes are equal, or fail with every file that differs."""
        try:
            release = verifying.find(options["release"])
            found = verifying.rebuilt(release, say=self._say)
        except HillclimbError as error:
            raise CommandError(error.detail) from None
        if found:
            hint = (
                "The data it was built from have changed, or the code or pyarrow has: "
                f"{release} is by code {release.manifest['code_version']}, pyarrow {release.manifest['arrow_version']}."
            )
            raise CommandError("\n".join([f"{release} built again differs:", *found, hint]))
        self.stdout.write(f"{release}: {release.files.count()} files, built again with the same bytes.")

    def _say(self, phase: str, done: int, total: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{phase} {done:,}", ending="")
