"""`make manage ARGS=sign_submissions`: signatures for submissions from before they were kept, or kept in this form."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from checks import likeness_actions


class Command(BaseCommand):
    """Run it once after an upgrade that says so; it can be broken off and run again."""

    help = "Keep signatures of submissions that have none of today's format, so that new work is compared with them."

    def handle(self, **options: object) -> None:
        """Sign what is missing, and say how many that were."""
        n = sum(1 for _ in likeness_actions.sign_missing())
        self.stdout.write(f"Signed {n} submission{'' if n == 1 else 's'}.")
