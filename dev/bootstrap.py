"""Set a fresh checkout up as far as a command needs it, then become that command.

    python -m dev.bootstrap PURPOSE -- ARGUMENTS FOR .venv/bin/python

Each part is done once per state of its inputs (requirements, lock, sources); doing it again takes no time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dev import chromium, frontend, places
from dev.environment import running_site
from dev.only_one import try_lock, waiting_lock
from dev.progress import StepFailed, command, kept, say

LOGS = places.ROOT / "var" / "log"
# PURPOSE -> requirements, whether the front end is installed and built, whether Chromium is needed.
NEEDS: dict[str, tuple[str, bool, bool]] = {
    "run": ("requirements.txt", True, True),
    "site": ("requirements.txt", True, True),
    "test": ("requirements-dev.txt", True, True),
    "check": ("requirements-dev.txt", True, False),
    "none": ("requirements.txt", False, False),
}
INSTALL_SECONDS = 1800.0


def ensure_venv() -> None:
    """Create .venv with our own Python unless a working one is there.

    Raises StepFailed when this Python cannot make virtual environments.
    """
    if places.VENV_PYTHON.exists():
        asked = [str(places.VENV_PYTHON), "-c", "import pip, sys; print(sys.prefix)"]
        told = subprocess.run(asked, capture_output=True, text=True, cwd="/")
        # A checkout that was moved keeps a Python that believes in the old place.
        if told.returncode == 0 and Path(told.stdout.strip()).resolve() == places.VENV.resolve():
            return
    try:
        # `--clear`: whatever is there does not work.
        command(
            "Virtual environment",
            [sys.executable, "-m", "venv", "--clear", places.VENV],
            log=LOGS / "setup-venv.log",
            timeout=300,
        )
    except StepFailed as problem:
        raise StepFailed(
            f"{problem}\n  On Debian and Ubuntu Python's venv is a package of its own: `apt install python3-venv`."
        ) from None


def ensure_packages(requirements: str) -> None:
    """Install the pinned packages, checked by their hashes, unless these very ones are installed."""
    label = "Python packages" if requirements == "requirements.txt" else "Python packages and tools"
    wanted = frontend.digest([places.ROOT / requirements])
    # The tools' list holds the site's packages too.
    accepted = [places.VENV / f".{name}.stamp" for name in {requirements, "requirements-dev.txt"}]
    for stamp in accepted:
        name = stamp.name.removeprefix(".").removesuffix(".stamp")
        if stamp.exists() and stamp.read_text() == frontend.digest([places.ROOT / name]):
            kept(label)
            return
    command(
        label,
        [places.VENV_PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps",
         "-r", places.ROOT / requirements],
        log=LOGS / "setup-packages.log",
        timeout=INSTALL_SECONDS,
    )  # fmt: skip
    (places.VENV / f".{requirements}.stamp").write_text(wanted)


def ensure_frontend() -> None:
    """Install the front end's packages and build it."""
    if frontend.is_current():
        kept("Front end")
        return
    log = LOGS / "setup-frontend.log"
    env = frontend.node_environment(log)
    frontend.install(log, env)
    frontend.build(log, env)


def set_up(purpose: str) -> None:
    """Do all that a purpose needs, in order."""
    requirements, with_frontend, with_chromium = NEEDS[purpose]
    ensure_venv()
    ensure_packages(requirements)
    if with_frontend:
        ensure_frontend()
    if with_chromium:
        chromium.ensure(LOGS / "setup-chromium.log")


def refuse_second_run() -> None:
    """Take this checkout's run lock, kept when we become the supervisor, or say who has it and stop."""
    handle = try_lock(places.VAR / "run" / "lock", inheritable=True)
    if handle is not None:
        os.environ["HILLCLIMB_RUN_LOCK"] = str(handle)
        return
    site = running_site(places.VAR)
    if site is None:
        sys.exit("Hillclimb is being started or stopped from this checkout right now, in another terminal.")
    sys.exit(
        f"Hillclimb already runs from this checkout: {site.origin} (process {site.supervisor.pid}, since "
        f"{site.since}).\nStop it there with Ctrl-C, or with `kill {site.supervisor.pid}`. Another checkout can run "
        "beside it: `make run PORT=8001`."
    )


def main() -> None:
    """Set up, then become the command."""
    purpose, divider, *rest = sys.argv[1:]
    if purpose not in NEEDS or divider != "--":
        sys.exit(__doc__)
    if purpose == "run":
        refuse_second_run()
    quietly = purpose == "none"
    if not quietly:
        say(f"Setting up in {places.ROOT}")
    try:
        with waiting_lock(places.ROOT / "var" / "setup.lock", seconds=INSTALL_SECONDS, waiting=_tell_waiting):
            _silenced(set_up, purpose) if quietly else set_up(purpose)
    except (StepFailed, RuntimeError, TimeoutError) as problem:
        sys.exit(f"\nThe set-up stopped. {problem}")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
    os.chdir(places.ROOT)
    os.execv(places.VENV_PYTHON, [str(places.VENV_PYTHON), *rest])


def _silenced(work: Callable[[str], None], purpose: str) -> None:
    # A Django command's own output may be piped somewhere: nothing of ours goes to stdout before it.
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        work(purpose)
    finally:
        sys.stdout.flush()
        os.dup2(out, 1)
        os.close(out)


def _tell_waiting() -> None:
    say("  Another command sets this checkout up; waiting for it.")


if __name__ == "__main__":
    main()
