"""`make benchmark`: claim, submit, the lead's pages, import, originality and release build at growing sizes; downloads; the preview; the robots."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack

import django


def main() -> None:
    """Measure, print, and end with 1 when something did not reach what is wanted."""
    parser = argparse.ArgumentParser(prog="make benchmark")
    parser.add_argument("--quick", action="store_true", help="1,000 and 100,000 tasks only")
    parts = ["work", "import", "originality", "release", "download", "preview", "weight", "robots"]
    parser.add_argument("--only", choices=parts, help="one part")
    chosen = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    from benchmarks import (
        claims,
        databases,
        downloads,
        imports,
        originality,
        pages,
        preview,
        releases,
        robots,
        seed,
        weight,
    )
    from benchmarks.server import serving
    from benchmarks.table import Table

    call_command("migrate", verbosity=0)
    table = Table()
    begun = time.monotonic()
    sizes = [1_000, 100_000] if chosen.quick else [1_000, 100_000, 1_000_000]
    if chosen.only in (None, "work"):
        names = {size: f"bench_{size}" for size in sizes}
        with ExitStack() as stack:
            stack.enter_context(databases.copied(list(names.values())))
            fields = []
            for size, name in names.items():
                with databases.inside(name):
                    seeded = seed.project(f"tasks-{size}", size)
                print(f"{time.monotonic() - begun:.0f} s: {size:,} tasks are made.", flush=True)
                fields.append(claims.Field(size, name, stack.enter_context(serving(name)), seeded))
            claims.measure(table, fields)
            table.head("Growth")
            for field in fields[1:]:
                claims.compare(table, fields[0], field)
            pages.measure(table, fields)
    if chosen.only in (None, "import"):
        table.head("Import")
        imports.measure(table, sizes=(1_000, 10_000 if chosen.quick else 100_000))
    if chosen.only in (None, "originality"):
        originality.measure(table, signed=5_000 if chosen.quick else 50_000)
    if chosen.only in (None, "release"):
        table.head("Release")
        releases.measure(table, sizes=(10_000, 50_000 if chosen.quick else 1_000_000))
    if chosen.only in (None, "download"):
        table.head("Download")
        downloads.measure(table)
    if chosen.only in (None, "preview"):
        preview.measure(table)
    if chosen.only in (None, "weight"):
        table.head("The bench page")
        with databases.copied([weight.DATABASE]):
            weight.measure(table)
    if chosen.only in (None, "robots"):
        robots.measure(table)
    print(f"\n{time.monotonic() - begun:.0f} s. {len(table.missed)} of {len(table.rows)} not reached.")
    sys.exit(1 if table.missed else 0)


if __name__ == "__main__":
    main()
