"""`manage.py states`: write docs/states.md from the transition tables; with `--check`, only compare."""

from __future__ import annotations

from argparse import ArgumentParser
from difflib import unified_diff
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import state_diagrams
from core.flow import MACHINES


class Command(BaseCommand):
    """Draw the state machines."""

    help = "Write docs/states.md from the transition tables, or compare it with them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--check` and `--to`."""
        parser.add_argument(
            "--check", action="store_true", help="Compare only; fail when the file is out of date."
        )
        parser.add_argument("--to", type=Path, default=settings.ROOT / "docs" / "states.md", help="The file.")

    def handle(self, *args: object, **options: object) -> None:
        """Write the page, or fail with the difference."""
        path = Path(str(options["to"]))
        drawn = state_diagrams.page(MACHINES.values())
        kept = path.read_text() if path.exists() else ""
        if not options["check"]:
            path.write_text(drawn)
            self.stdout.write(f"Drew {len(MACHINES)} machines.")
        elif kept != drawn:
            lines = unified_diff(kept.splitlines(), drawn.splitlines(), "kept", "drawn", lineterm="")
            raise CommandError(
                "\n".join([*lines, "Out of date: run `make manage ARGS=states`, then commit it."])
            )
