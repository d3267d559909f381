"""Keep a few child processes running, show their logs, and end them all: no thread, no daemon."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev.processes import MARK, end, marked, spawn, write_identity

LONGEST_WAIT = 30.0
# A process that lived this long starts again without waiting longer than the first time.
SETTLED_SECONDS = 60.0
LARGEST_LOG = 20 * 1024 * 1024
TICK = 0.1


@dataclass(slots=True)
class Child:
    """A program to keep running, and what became of it so far."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    stop_signal: signal.Signals
    patience: float
    parting_signal: signal.Signals
    user_id: int | None = None
    # Called before each start, for example to clear what a crash left.
    prepare: Callable[[], None] = field(default=lambda: None)

    process: subprocess.Popen[bytes] | None = None
    begun: float = 0.0
    failures: int = 0
    due: float | None = None
    shown: int = 0

    @property
    def running(self) -> bool:
        """Whether its process is up now."""
        return self.process is not None


class Supervisor:
    """The children of one area. Every method returns quickly; `tick` is to be called often."""

    def __init__(self, area: Path, show: Callable[[str, str], None]) -> None:
        """`show(name, line)` prints a line of a child's log."""
        self.area = area
        self.children: list[Child] = []
        self._show = show

    def log(self, child: Child) -> Path:
        """The file with what a child printed since the site was started, and a little before."""
        return self.area / "log" / f"{child.name}.log"

    def start(self, child: Child) -> None:
        """Start a child and keep it running from now on."""
        log = self.log(child)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists():
            log.replace(log.with_suffix(".before.log"))
        self.children.append(child)
        self._begin(child)

    def tick(self) -> None:
        """Show new log lines, notice children that ended, start again those whose wait is over."""
        for child in self.children:
            self._tail(child)
            if child.process is not None and self._ended(child.process):
                self._note_end(child)
            elif child.due is not None and time.monotonic() >= child.due:
                self._begin(child)

    def stop(self, children: Sequence[Child], *, impatient: Callable[[], bool]) -> None:
        """Ask children to stop, wait for each its patience, then end those that remain."""
        for child in children:
            child.due = None
            if child.process is not None:
                child.process.send_signal(child.stop_signal)
        begun = time.monotonic()
        while any(child.process for child in children):
            for child in children:
                if child.process is None:
                    continue
                if impatient() or time.monotonic() - begun > child.patience:
                    self._kill_group(child.process)
                if self._ended(child.process):
                    self._reap(child)
                self._tail(child)
            time.sleep(TICK / 2)

    def stop_all(self, *, impatient: Callable[[], bool]) -> None:
        """Stop the children and what they left behind, then the stores."""
        stores = [child for child in self.children if MARK not in child.env]
        self.stop([child for child in self.children if child not in stores], impatient=impatient)
        end_leftovers(self.area)
        # Never hurried: they stop in a moment, and a killed one would have to recover.
        self.stop(stores, impatient=lambda: False)

    def _begin(self, child: Child) -> None:
        child.due = None
        try:
            child.prepare()
        except RuntimeError as problem:
            self._show(child.name, str(problem))
            self._wait_before_again(child)
            return
        with self.log(child).open("ab") as output:
            child.process = spawn(
                child.argv,
                env=child.env,
                cwd=child.cwd,
                output=output,
                user=child.user_id,
                parting_signal=child.parting_signal,
            )
        child.begun = time.monotonic()
        write_identity(self.area / "run" / f"{child.name}.pid", child.process.pid)

    def _note_end(self, child: Child) -> None:
        lived = time.monotonic() - child.begun
        code = self._reap(child)
        self._tail(child)
        if lived > SETTLED_SECONDS:
            child.failures = 0
        wait = self._wait_before_again(child)
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit {code}"
        self._show(child.name, f"{how} after {lived:.0f} s; it starts again in {wait:.0f} s")

    def _wait_before_again(self, child: Child) -> float:
        wait = min(LONGEST_WAIT, 2.0**child.failures)
        child.failures += 1
        child.due = time.monotonic() + wait
        return wait

    @staticmethod
    def _ended(process: subprocess.Popen[bytes]) -> bool:
        # Without reaping it: as long as it is a zombie, its pid and process group cannot be anyone else's.
        if process.returncode is not None:
            return True
        if hasattr(os, "waitid"):
            return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return process.poll() is not None

    def _reap(self, child: Child) -> int:
        process = child.process
        assert process is not None
        # Its own children may have outlived it.
        self._kill_group(process)
        child.process = None
        return process.wait()

    @staticmethod
    def _kill_group(process: subprocess.Popen[bytes]) -> None:
        if process.returncode is None:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                # Gone, or (macOS) only a zombie is left of the group.
                return

    def _tail(self, child: Child) -> None:
        path = self.log(child)
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return
        if size > child.shown:
            with path.open("rb") as file:
                file.seek(child.shown)
                text = file.read(1024 * 1024)
            whole, newline, _rest = text.rpartition(b"\n")
            # A line without its end waits for it, unless it fills the whole read.
            taken = whole + newline if newline else (text if len(text) == 1024 * 1024 else b"")
            child.shown += len(taken)
            for line in taken.decode(errors="replace").splitlines():
                self._show(child.name, line)
        if size > LARGEST_LOG and child.shown >= size:
            # Children append, so the file may be cut under them.
            shutil.copyfile(path, path.with_suffix(".before.log"))
            os.truncate(path, 0)
            child.shown = 0


def end_leftovers(area: Path) -> int:
    """End processes of this area that outlived their supervisor; return how many there were."""
    left = marked(area)
    end(left, [(signal.SIGTERM, 3), (signal.SIGKILL, 3)])
    return len(left)
