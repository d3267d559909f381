"""`make benchmark`: claim, submit, the lead's pages, import and release build at growing sizes."""

from __future__ import annotations

import argparse
import sys
import time

import django


def main() -> None:
    """Measure, print, and end with 1 when something did not reach what is wanted."""
    parser = argparse.ArgumentParser(prog="make benchmark")
    parser.add_argument("--quick", action="store_true", help="1,000 and 100,000 tasks only")
    parser.add_argument("--only", choices=["work", "import", "release"], help="one part")
    chosen = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    from benchmarks import claims, imports, pages, releases, seed
    from benchmarks.server import serving
    from benchmarks.table import Row, Table

    call_command("migrate", verbosity=0)
    table = Table()
    begun = time.monotonic()
    sizes = [1_000, 100_000] if chosen.quick else [1_000, 100_000, 1_000_000]
    if chosen.only in (None, "work"):
        with serving() as (host, port):
            rates, seen = {}, {}
            for size in sizes:
                table.head(f"{size:,} open tasks")
                seeded = seed.project(f"tasks-{size}", size)
                rates[size] = claims.measure(table, host, port, seeded, size)
                seen[size] = pages.measure(host, port, seeded)
            table.head("Growth")
            small = sizes[0]
            for size in sizes[1:]:
                table.add(
                    Row(
                        f"claim at {size:,} open tasks",
                        f"{rates[size]:,.0f}/s",
                        f"{rates[small]:,.0f}/s at {small:,}",
                        rates[size] / rates[small],
                        0.85,
                    )
                )
                pages.compare(table, seen[small], small, seen[size], size)
    if chosen.only in (None, "import"):
        table.head("Import")
        imports.measure(table, sizes=(1_000, 10_000 if chosen.quick else 100_000))
    if chosen.only in (None, "release"):
        table.head("Release")
        releases.measure(table, sizes=(10_000, 50_000 if chosen.quick else 1_000_000))
    print(f"\n{time.monotonic() - begun:.0f} s. {len(table.missed)} of {len(table.rows)} not reached.")
    sys.exit(1 if table.missed else 0)


if __name__ == "__main__":
    main()
