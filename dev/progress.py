"""Calm progress lines: what is being done, and how many seconds it took."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

WIDTH = 46
STILL_SECONDS = 15.0


class StepFailed(Exception):
    """A step of the set-up failed; its message is for the person at the terminal."""


def say(text: str = "") -> None:
    """Print one line at once."""
    print(text, flush=True)


def _open(label: str) -> None:
    # On a terminal the line waits for its seconds; in a log it is written when it is complete.
    if sys.stdout.isatty():
        print(f"  {label:<{WIDTH}}", end="", flush=True)


def _close(label: str, note: str) -> None:
    back = "\r" if sys.stdout.isatty() else ""
    print(f"{back}  {label:<{WIDTH}} {note}", flush=True)


@contextmanager
def step(label: str) -> Iterator[None]:
    """Show a step and its seconds; a failure is marked and passed on."""
    begun = time.monotonic()
    _open(label)
    try:
        yield
    except BaseException:
        _close(label, f"failed after {time.monotonic() - begun:.1f} s")
        raise
    _close(label, f"{time.monotonic() - begun:6.1f} s")


def kept(label: str, note: str = "as before") -> None:
    """Show a step that needed nothing."""
    say(f"  {label:<{WIDTH}} {note}")


def command(
    label: str,
    argv: Sequence[str | Path],
    *,
    log: Path,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command as a step, its output in `log`.

    Raises StepFailed with the end of that output when it fails or takes longer than `timeout` seconds.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with step(label), log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in argv],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            env=env,
        )
        try:
            code = _wait(process, label, begun, timeout)
        except BaseException:
            process.kill()
            process.wait()
            raise
    if code:
        tail = "\n".join(f"    {line}" for line in last_lines(log, 25))
        raise StepFailed(f"{label}: exit {code}. The end of {log}:\n{tail}")


def _wait(process: subprocess.Popen[bytes], label: str, begun: float, timeout: float) -> int:
    while True:
        try:
            return process.wait(timeout=STILL_SECONDS)
        except subprocess.TimeoutExpired:
            seconds = time.monotonic() - begun
            if seconds > timeout:
                raise StepFailed(f"{label}: still not done after {timeout:.0f} s, given up.") from None
            if sys.stdout.isatty():
                print(f"\r  {label:<{WIDTH}} {seconds:6.0f} s …", end="", flush=True)
            else:
                print(f"  {label:<{WIDTH}} {seconds:6.0f} s … still at it", flush=True)


def last_lines(path: Path, count: int) -> list[str]:
    """The last `count` lines of a text file, or none when it does not exist."""
    try:
        return path.read_text(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []
