"""The lead's pages at a million tasks, beside the same pages at a thousand, in turns; queries counted in process."""

from __future__ import annotations

import time
from collections import defaultdict
from statistics import median

from django.conf import settings
from django.db import connection
from django.test import Client as DjangoClient
from django.test.utils import CaptureQueriesContext

from benchmarks import databases, seed
from benchmarks.claims import Field
from benchmarks.clients import Client, Request
from benchmarks.seed import Seeded
from benchmarks.table import Row, Table

REPEATS = 21
WARM_UP = 4  # Enough that every process of the server has shown every page.


def addresses(seeded: Seeded) -> dict[str, str]:
    """The pages by name."""
    project = seeded.project
    tasks = f"/admin/work/task/?project={project.pk}"
    return {
        "admin home": "/admin/",
        "project": f"/admin/catalog/project/{project.pk}/change/",
        "project's progress": f"/desk/{project.slug}/",
        "task list, first page": tasks,
        "task list, last page": f"{tasks}&p=last",
        "task list, filtered": f"{tasks}&kind=refine&status=open",
    }


def measure(table: Table, fields: list[Field]) -> None:
    """Median seconds over HTTP at each size beside the smallest, and the number of queries."""
    times: dict[tuple[int, str], list[float]] = defaultdict(list)
    queries: dict[tuple[int, str], int] = {}
    browsers = {}
    for one in fields:
        with databases.inside(one.database):
            [key] = seed.sessions([one.seeded.lead])
            browsers[one.size] = (Client(settings.APP_HOST, one.port, settings.APP_ORIGIN), key)
            inside = DjangoClient()
            inside.force_login(one.seeded.lead)
            for name, path in addresses(one.seeded).items():
                with CaptureQueriesContext(connection) as seen:
                    inside.get(path, headers={"Host": settings.APP_HOST})
                queries[one.size, name] = len(seen)
    for turn in range(REPEATS + WARM_UP):
        for one in fields:
            browser, key = browsers[one.size]
            for name, path in addresses(one.seeded).items():
                begun = time.perf_counter()
                status, _ = browser.send(Request(key, "GET", path))
                if status != 200:
                    raise RuntimeError(f"{path} answered {status}")
                if turn >= WARM_UP:
                    times[one.size, name].append(time.perf_counter() - begun)
    for browser, _ in browsers.values():
        browser.close()
    small = fields[0]
    for one in fields[1:]:
        table.head(f"The lead's pages at {one.size:,} tasks")
        for name in addresses(one.seeded):
            here, there = median(times[one.size, name]), median(times[small.size, name])
            asked = queries[one.size, name]
            table.add(
                Row(
                    name,
                    f"{here * 1000:.1f} ms, {asked} queries",
                    f"{there * 1000:.1f} ms at {small.size:,}",
                    here / there,
                    2.0,
                    at_most=True,
                )
            )
            if asked >= 10:
                table.add(Row(f"{name}: queries", str(asked), "9", asked / 9, 1.0, at_most=True))
