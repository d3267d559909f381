"""`make check`: every check that needs no running site, each by name, all of them even when one fails.

    python -m dev.check [NAME …]

Output is shown for those that fail.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dev import frontend, places
from dev.environment import site_environment
from dev.processes import MARK
from dev.progress import WIDTH, say
from dev.stores import passing_area, running

LONGEST_SECONDS = 900.0


def _tool(name: str, *arguments: str) -> list[str]:
    return [str(places.VENV / "bin" / name), *arguments]


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error::RuntimeWarning", str(places.ROOT / "manage.py"), *arguments]


def checks(node: dict[str, str]) -> dict[str, Sequence[str]]:
    """Every check: what it holds, and its command."""
    return {
        "lint: code (ruff)": _tool("ruff", "check"),
        "lint: form of the code (ruff format)": _tool("ruff", "format", "--check"),
        "types: Python (mypy)": _tool("mypy"),
        "floors: imports go down only (import-linter)": _tool("lint-imports", "--no-cache"),
        # Its formatter is not used: it tears short definition lists and links apart.
        "lint: templates (djlint)": _tool("djlint", "templates", "--lint", "--quiet"),
        "types: front end (tsc)": frontend.npm("--prefix", "frontend", "run", "check", env=node),
        "schema: no migration is missing": _manage("makemigrations", "--check", "--dry-run"),
        "documents: docs/states.md matches the tables": _manage("states", "--check"),
        "settings: fit for deployment": _manage("check", "--deploy", "--fail-level", "WARNING"),
    }


def environments(
    area: Path, stores: dict[str, str], node: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The environment of the checks, and that of the deployment check: as on a fleet, behind HTTPS."""
    env = {**site_environment(area, 8000, stores), "PATH": node["PATH"]}
    env.pop(MARK)
    return env, {
        **env,
        "DEBUG": "0",
        "APP_ORIGIN": "https://app.example.org",
        "PREVIEW_ORIGIN": "https://preview.example.net",
    }


def run_checks(wanted: Sequence[str]) -> int:
    """Run the checks whose name holds one of `wanted` (all when empty); return how many failed."""
    node = frontend.node_environment(places.ROOT / "var" / "log" / "setup-frontend.log")
    chosen = {
        name: argv for name, argv in checks(node).items() if not wanted or any(w in name for w in wanted)
    }
    failed = []
    with passing_area("check") as area, running(area, "test") as stores:
        env, deployed = environments(area, stores, node)
        for name, argv in chosen.items():
            if not _passes(name, argv, deployed if name.startswith("settings:") else env):
                failed.append(name)
    say()
    say(f"{len(chosen) - len(failed)} passed, {len(failed)} failed")
    for name in failed:
        say(f"  failed: {name}")
    return len(failed)


def _passes(name: str, argv: Sequence[str], env: dict[str, str]) -> bool:
    begun = time.monotonic()
    try:
        ran = subprocess.run(
            argv,
            cwd=places.ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LONGEST_SECONDS,
        )
        code, output = ran.returncode, ran.stdout.decode(errors="replace").rstrip()
    except subprocess.TimeoutExpired:
        code, output = 1, f"not done after {LONGEST_SECONDS:.0f} s"
    seconds = time.monotonic() - begun
    say(f"  {name:<{WIDTH}} {seconds:6.1f} s  {'ok' if code == 0 else 'FAILED'}")
    if code:
        say("\n".join(f"      {line}" for line in output.splitlines()))
    return code == 0


def main() -> None:
    """Run the checks named, or all."""
    say("Checking")
    try:
        sys.exit(1 if run_checks(sys.argv[1:]) else 0)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
