"""Print the sample project's logins."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from catalog import sample_logins


class Command(BaseCommand):
    """`manage.py print_logins`."""

    help = "Print user names and passwords of the sample project's people."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a person."""
        logins = sample_logins.load()
        if not logins:
            self.stdout.write("No sample project was loaded here. Load it with: manage.py load_sample")
            return
        wide = max(len(login["username"]) for login in logins)
        self.stdout.write(f"Sign in at {settings.APP_ORIGIN} as")
        for login in logins:
            self.stdout.write(f"  {login['username']:<{wide}}  {login['password']}  {login['shown']}")
