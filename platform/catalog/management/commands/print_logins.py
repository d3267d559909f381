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
        voters = [login for login in logins if login.get("voter")]
        others = [login for login in logins if not login.get("voter")]
        wide = max(len(login["username"]) for login in others)
        self.stdout.write(f"Sign in at {settings.APP_ORIGIN} as")
        for login in others:
            self.stdout.write(f"  {login['username']:<{wide}}  {login['password']}  {login['shown']}")
        if voters:
            self.stdout.write(
                "\nAn accepted page is compared blind by three people who neither wrote nor reviewed it, and by up to\n"
                f"{len(voters)} when they disagree. Vote as {voters[0]['username']}, {voters[1]['username']}, … "
                f"{voters[-1]['username']}, each with {voters[0]['password']}"
            )
