"""Run every check over the files of a data set and print what they say."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from checks import trying
from checks.browser import Browser

# Nobody waits in a queue here: a page is given long, so that a crowded machine does not cut it short.
BUDGET_S = 90.0


class Command(BaseCommand):
    """`manage.py try_checks FILE… [--only WORD] [--repeat N]`."""

    help = (
        "Run every check over edits (lines with before and after) and pairs of outputs (lines with two generations)."
        " With --repeat, try every page of the files out N times instead, and say whether it was told alike."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Files, and which cases."""
        parser.add_argument("files", type=Path, nargs="+")
        parser.add_argument("--only", default="", help="only cases whose name contains this")
        parser.add_argument("--repeat", type=int, default=0, help="try each page out so often and compare")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line a verdict, or a line a page."""
        try:
            cases = [
                case
                for path in options["files"]
                for case in trying.cases(path)
                if options["only"] in case.name
            ]
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if not cases:
            raise CommandError("There is no such case in these files.")
        with Browser.launch(settings.BUILD_DIR, budget_s=BUDGET_S) as browser:
            if options["repeat"]:
                self._repeat(cases, browser, options["repeat"])
            else:
                self._table(cases, browser)

    def _table(self, cases: list[trying.Case], browser: Browser) -> None:
        case = ""
        for row in trying.rows(cases, browser):
            if row.case != case:
                case = row.case
                self.stdout.write(f"\n{case}")
            told = row.counts or row.verdict.summary
            self.stdout.write(f"  {row.check:<14} {row.verdict.outcome:<5} {told}")

    def _repeat(self, cases: list[trying.Case], browser: Browser, times: int) -> None:
        seen: set[str] = set()
        unlike = 0
        for case in cases:
            key = json.dumps(case.subject.refined)
            if key in seen:
                continue
            seen.add(key)
            told = trying.tellings(case.subject.refined, case.subject.framework, browser, times)
            most = told.most_common(1)[0][1]
            unlike += most < times
            page = json.loads(told.most_common(1)[0][0])
            self.stdout.write(
                f"{case.name:<50} told alike {most} of {times}; {page['actions']} actions, {page['errors']} errors,"
                f" {page['dead']} dead, {page['busy']} busy, shift {page['shift']}"
            )
            self.stdout.flush()
        if unlike:
            raise CommandError(f"{unlike} of {len(seen)} pages were not told alike each time.")
