"""Import prompts and model outputs into a project, in the foreground."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog import import_actions, import_files
from catalog.models import Project
from catalog.states import ImportStatus
from core.errors import HillclimbError


class Command(BaseCommand):
    """`manage.py import_prompts PROJECT FILE [--update]`."""

    help = "Import a JSON lines file of prompts into the project with this slug. Nothing is half-imported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Project, file, and whether changed prompts are replaced."""
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--update", action="store_true", help="replace changed prompts and outputs nobody works on yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue the import, run it here, tell how it went."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            known = (
                ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
            )
            raise CommandError(f"No project has the slug {options['project']!r}. There are: {known}.")
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"{file} is not a file.")
        try:
            row = import_actions.request_import(
                project=project, chunks=import_files.chunks(file), file_name=file.name,
                update=options["update"], by=None,
            )  # fmt: skip
        except HillclimbError as error:
            raise CommandError(error.detail) from None
        ran = import_actions.run(row.pk, say=self._say)
        if ran is None:
            # A worker was quicker: it heard the bell.
            ran = import_actions.wait(row.pk, say=self._say)
        if ran.status == ImportStatus.REFUSED:
            lines = [f"{p['where']}: {p['what']}. {p['todo']}".rstrip() for p in ran.problems]
            total = ran.counts["problems"]
            more = [f"… and {total - len(lines)} more."] if total > len(lines) else []
            raise CommandError("\n".join([f"Refused, nothing was written. {total} problems:", *lines, *more]))
        self.stdout.write(summary(ran.counts))

    def _say(self, phase: str, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(
                f"\r{phase} {done:,} of {total:,} lines   ", ending="\r" if done < total else "\n"
            )


def summary(counts: dict[str, int]) -> str:
    """What an import did, in two lines."""
    lines = [
        f"Prompts: {counts['new']:,} new, {counts['changed']:,} changed, {counts['unchanged']:,} unchanged.",
        f"Outputs: {counts['outputs_new']:,} new, {counts['outputs_changed']:,} changed, "
        f"{counts['outputs_unchanged']:,} unchanged.",
    ]
    if counts["outputs_quarantined"]:
        lines.append(
            f"{counts['outputs_quarantined']:,} outputs name a model or vendor and are kept from work until a lead decides."
        )
    if counts["quarantined"]:
        lines.append(f"{counts['quarantined']:,} prompts match a protected set and are kept from work.")
    return "\n".join(lines)
