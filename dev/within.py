"""Run a module with PostgreSQL and Valkey of its own, removed afterwards, and no site.

    python -m dev.within KIND -- -m MODULE ARGUMENTS

KIND names the area below `var/`; `bench` gets a PostgreSQL set like a small server, others a fast, forgetful one.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType

from dev import places
from dev.environment import site_environment
from dev.postgres import PROFILES
from dev.stores import free_port, passing_area, running

# It may have processes of its own to end first.
PARTING_S = 60


def run_within(kind: str, argv: list[str]) -> int:
    """Run Python with `argv` beside stores of its own; return its exit code."""
    with passing_area(kind) as area, running(area, kind if kind in PROFILES else "test") as stores:
        env = site_environment(area, free_port(), stores)
        process = subprocess.Popen([sys.executable, *argv], env=env, cwd=places.ROOT)
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=PARTING_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Parse the command line and run."""
    kind, divider, *argv = sys.argv[1:]
    if divider != "--":
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(run_within(kind, argv))
    except KeyboardInterrupt:
        sys.exit(130)
    except RuntimeError as problem:
        sys.exit(f"{problem}")


if __name__ == "__main__":
    main()
