"""`make manage ARGS="lint_outputs SLUG"`: look for names of models and vendors in outputs that were imported before."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from catalog.models import Project
from checks import quarantine_actions


class Command(BaseCommand):
    """An import looks by itself; this is for what came before, and after the list of names has grown."""

    help = "Keep outputs of a project from work while they name a model or vendor, and say which they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The project."""
        parser.add_argument("project", help="its slug")

    def handle(self, **options: object) -> None:
        """Look through them and name those that changed."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        n = 0
        for row in quarantine_actions.lint(project):
            n += 1
            told = row.quarantine.replace("\n", "; ") or "tells no name any more"
            self.stdout.write(f"Output {row.pk} of {row.prompt.key}: {told}")
        self.stdout.write(f"{n} output{'' if n == 1 else 's'} changed.")
