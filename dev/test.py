"""`make test`: Python's tests and the front end's, both run even when one fails.

    python -m dev.test [ARGUMENTS FOR PYTEST]

Long forms (marked faults, hostile, benchmark, pages) have commands of their own. With arguments, pytest alone runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from dev import frontend, places
from dev.chromium import remembered
from dev.progress import say

SHORT_FORMS = "not faults and not hostile and not benchmark and not journey and not pages"


def workers() -> str:
    """How many test processes: one a core, but no more than four share one PostgreSQL well."""
    return str(min(4, os.cpu_count() or 1))


def python_tests(arguments: list[str]) -> int:
    """Run pytest; return its exit code."""
    # By file, so that a module's own server is started once and not in every process; in the order of tests/conftest.py.
    many = ["-n", workers(), "--dist", "loadfile", "--no-loadscope-reorder", "-m", SHORT_FORMS]
    chosen = arguments or many
    env = dict(os.environ)
    if chromium := remembered():
        env.setdefault("CHROMIUM", chromium)
    return subprocess.call([sys.executable, "-m", "pytest", *chosen], cwd=places.ROOT, env=env)


def frontend_tests() -> int:
    """Run the front end's tests; return their exit code."""
    env = frontend.node_environment(places.ROOT / "var" / "log" / "setup-frontend.log")
    return subprocess.call(frontend.npm("test", env=env), cwd=frontend.SOURCES, env=env)


def main() -> None:
    """Run both, or pytest with the arguments given."""
    arguments = sys.argv[1:]
    begun = time.monotonic()
    try:
        codes = [python_tests(arguments)]
        if not arguments:
            codes.insert(0, frontend_tests())
    except KeyboardInterrupt:
        sys.exit(130)
    say(f"Tests took {time.monotonic() - begun:.0f} s.")
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
