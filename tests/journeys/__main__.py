"""`make journey`: the loop by simulated people on the running site, or on one started for it."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import django


def main() -> None:
    """Set the stage, run, print the summary and where the release is."""
    parser = argparse.ArgumentParser(prog="make journey")
    parser.add_argument("--file", type=Path, help="import this file instead of the real or sample outputs")
    parser.add_argument("--out", type=Path, help="where to put the downloaded release")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="KEY", help="work on these prompts of the file"
    )
    chosen = parser.parse_args()
    django.setup()
    from django.conf import settings

    from tests.journeys import stage
    from tests.journeys.journey import Journey
    from tests.journeys.summary import summary

    begun = time.monotonic()
    name = time.strftime("%y%m%d-%H%M%S")
    file = chosen.file or stage.choose_file()
    print(f"Journey {name}: {'the real outputs' if file == stage.REAL else file.name}")
    set_ = stage.build(name, file, frozenset(chosen.only))

    def say(line: str) -> None:
        print(f"  {time.monotonic() - begun:6.1f} s  {line}", flush=True)

    target = chosen.out or Path(os.environ.get("JOURNEY_OUT", settings.ROOT / "var" / "journeys")) / name
    folder = Journey(settings.APP_ORIGIN, set_, say, target).run()
    print(f"\n{summary(set_.project, time.monotonic() - begun)}\n\n  The release is in {folder}")


if __name__ == "__main__":
    main()
