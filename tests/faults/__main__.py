"""The long form of the fault tests: every scenario over many seeds, a table at the end.

    python -m tests.faults [--seeds 20] [--first 0] [--only NAME …]

It needs DATABASE_URL and REDIS_URL of its own (make faults gives it both), and makes its own database there.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import django

django.setup()

from django.test.utils import setup_databases, setup_test_environment, teardown_databases

from tests.faults.chance import Chance
from tests.faults.robots import WITHOUT
from tests.faults.scenarios import SCENARIOS
from tests.pipeline.stage import Stage
from tests.pipeline.yard import Yard


def _run(stage: Stage, name: str, seed: int) -> tuple[float, str]:
    """Seconds taken, and what went wrong, if anything."""
    began = time.monotonic()
    try:
        SCENARIOS[name](stage, Chance(name, seed))
        broken = stage.faults()
    except Exception:
        broken = [traceback.format_exc()]
        # The next scenario starts from a working yard.
        stage.yard.valve.open()
        stage.yard.database.open()
    return time.monotonic() - began, "\n".join(broken)


def main() -> None:
    """Run, print, and end with 1 if anything did not hold."""
    parser = argparse.ArgumentParser(prog="make faults ARGS=…")
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds a scenario is run with")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=list(SCENARIOS), metavar="NAME")
    args = parser.parse_args()
    # Ended from outside, it still ends every process it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    setup_test_environment(debug=False)
    config = setup_databases(verbosity=0, interactive=False)
    took: dict[str, list[float]] = {name: [] for name in args.only}
    failed: dict[str, list[int]] = {name: [] for name in args.only}
    left: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="hillclimb-faults-") as area:
            yard = Yard(Path(area))
            try:
                stage = Stage(yard, without=WITHOUT)
                for seed in range(args.first, args.first + args.seeds):
                    for name in args.only:
                        seconds, broken = _run(stage, name, seed)
                        took[name].append(seconds)
                        if broken:
                            failed[name].append(seed)
                        print(f"seed {seed:3}  {name:22} {seconds:6.1f} s  {broken or 'holds'}", flush=True)
            finally:
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.SIG_IGN)
                left = yard.close()
    finally:
        teardown_databases(config, verbosity=0)
    print(f"\n{'scenario':22} {'runs':>5} {'broken':>7} {'median s':>9}  seeds that broke")
    for name, seconds_each in took.items():
        middle = sorted(seconds_each)[len(seconds_each) // 2]
        seeds = ", ".join(map(str, failed[name])) or "-"
        print(f"{name:22} {len(seconds_each):5} {len(failed[name]):7} {middle:9.1f}  {seeds}")
    print("\n".join(left) or "Nothing was left behind.")
    sys.exit(1 if left or any(failed.values()) else 0)


if __name__ == "__main__":
    main()
