"""The lead's pages at a million tasks, beside the same pages at a thousand; queries counted in process."""

from __future__ import annotations

import statistics
import time

from django.db import connection
from django.test import Client as DjangoClient
from django.test.utils import CaptureQueriesContext

from benchmarks import seed
from benchmarks.clients import Client, Request
from benchmarks.seed import Seeded
from benchmarks.table import Row, Table

REPEATS = 15
Times = dict[str, tuple[float, int]]


def addresses(seeded: Seeded) -> dict[str, str]:
    """The pages by name."""
    project = seeded.project
    tasks = "/admin/work/task/"
    return {
        "admin home": "/admin/",
        "project": f"/admin/catalog/project/{project.pk}/change/",
        "project progress": f"/desk/{project.slug}/",
        "task list, first page": f"{tasks}?project={project.pk}",
        "task list, last page": f"{tasks}?project={project.pk}&before=first",
        "task list, filtered": f"{tasks}?project={project.pk}&kind=refine&status=open",
    }


def measure(host: str, port: int, seeded: Seeded) -> Times:
    """Median seconds over HTTP and the number of queries, by page."""
    [key] = seed.sessions([seeded.lead])
    client = Client(host, port, f"http://{host}")
    inside = DjangoClient()
    inside.force_login(seeded.lead)
    found: Times = {}
    for name, path in addresses(seeded).items():
        times = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            status, _ = client.send(Request(key, "GET", path))
            times.append(time.perf_counter() - begun)
            if status != 200:
                raise RuntimeError(f"{path} answered {status}")
        with CaptureQueriesContext(connection) as queries:
            inside.get(path, headers={"Host": host})
        found[name] = (statistics.median(times), len(queries))
    client.close()
    return found


def compare(table: Table, small: Times, small_size: int, large: Times, large_size: int) -> None:
    """A row for each page: the large project beside the small one."""
    for name, (seconds, queries) in large.items():
        limit = small[name][0]
        table.add(
            Row(
                f"{name}, {large_size:,} tasks",
                f"{seconds * 1000:.1f} ms, {queries} queries",
                f"{limit * 1000:.1f} ms at {small_size:,}",
                seconds / limit,
                2.0,
                at_most=True,
            )
        )
        if queries >= 10:
            table.add(Row(f"{name}: queries", str(queries), "9", queries / 9, 1.0, at_most=True))
