"""Processes that we started, known by pid *and* start time, so that no stranger is ever signalled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LEASH = Path(__file__).with_name("leash.py")
# Every process of a running site carries this in its environment: the area it belongs to.
MARK = "HILLCLIMB_AREA"


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same pid."""

    pid: int
    started: str

    @property
    def running(self) -> bool:
        """Whether this very process still lives (a zombie does not)."""
        return start_time(self.pid) == self.started


def start_time(pid: int) -> str | None:
    """When the process started, in the system's own words; None when it is gone or a zombie."""
    if sys.platform != "linux":
        shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True)
        return shown.stdout.strip() or None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    # The command, in brackets, may itself hold spaces and brackets.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def identify(pid: int) -> Identity | None:
    """The identity of a running process, or None."""
    started = start_time(pid)
    return Identity(pid, started) if started else None


def write_identity(path: Path, pid: int) -> None:
    """Keep a process's identity in a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(f"{pid}\n{start_time(pid)}\n")
    temporary.replace(path)


def read_identity(path: Path) -> Identity | None:
    """The identity kept in a file; None when there is none, or it is damaged."""
    try:
        pid, started = path.read_text().splitlines()
        return Identity(int(pid), started)
    except (FileNotFoundError, ValueError):
        return None


def command_line(pid: int) -> str:
    """The command line of a process, its parts parted by spaces; empty when it is gone."""
    if sys.platform != "linux":
        shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
        return shown.stdout.strip()
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def spawn(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    output: int | IO[bytes],
    user: int | None = None,
    parting_signal: signal.Signals = signal.SIGTERM,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own that gets `parting_signal` should we die first."""
    leash = [
        sys.executable,
        "-S",
        "-E",
        LEASH,
        int(parting_signal),
        os.getpid(),
        "-" if user is None else user,
        "--",
    ]
    return subprocess.Popen(
        [str(part) for part in (*leash, *argv)],
        env=dict(env),
        cwd=cwd,
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        # A terminal's Ctrl-C must reach the supervisor alone, and a group can be ended as one.
        start_new_session=True,
    )


def wait_gone(identities: Iterable[Identity], seconds: float) -> list[Identity]:
    """Wait until the processes are gone; return those that are not after `seconds`."""
    left = list(identities)
    deadline = time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        left = [one for one in left if one.running]
        if left:
            time.sleep(0.05)
    return left


def end(identities: Iterable[Identity], signals: Sequence[tuple[signal.Signals, float]]) -> list[Identity]:
    """Send each signal to the processes still there and wait its seconds; return those that outlived all."""
    left = list(identities)
    for number, seconds in signals:
        for one in left:
            if one.running:
                try:
                    os.kill(one.pid, number)
                except ProcessLookupError:
                    continue
        left = wait_gone(left, seconds)
        if not left:
            break
    return left


def marked(area: Path) -> list[Identity]:
    """Processes that a supervisor of this area started and that still live (Linux; elsewhere none are seen)."""
    if sys.platform != "linux":
        return []
    wanted = f"{MARK}={area}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if wanted in environment and (identity := identify(int(folder.name))):
            found.append(identity)
    return found
