"""Register a version of a protected benchmark: its texts are fingerprinted, not kept."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import HillclimbError
from people.models import User
from protect.actions import register_set
from protect.set_files import parse


class Command(BaseCommand):
    """`manage.py import_protected SLUG VERSION FILE --by OPERATOR`."""

    help = "Register a protected benchmark from a .txt (one prompt a line) or .jsonl file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name of the set, its file, and where it comes from."""
        parser.add_argument("slug")
        parser.add_argument("version")
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, help="user name of the operator who registers it")
        parser.add_argument("--name", default="", help="as shown; else the slug")
        parser.add_argument("--source", default="", help="where the benchmark is published")
        parser.add_argument("--licence", default="not stated")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, check, register."""
        file: Path = options["file"]
        by = User.objects.filter(username=options["by"], is_superuser=True).first()
        if by is None:
            raise CommandError(f"No operator is called {options['by']!r}.")
        try:
            with file.open("rb") as lines:
                items = parse(lines, json_lines=file.suffix in (".jsonl", ".json"))
            made = register_set(
                slug=options["slug"], version=options["version"], name=options["name"] or options["slug"],
                source=options["source"], licence=options["licence"], items=items, by=by,
            )  # fmt: skip
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except HillclimbError as error:
            lines_ = [error.detail, *(f"  {p.where}: {p.what}. {p.todo}".rstrip() for p in error.problems)]
            raise CommandError("\n".join(lines_)) from None
        self.stdout.write(f"Registered {made}: {made.item_count} items.")
