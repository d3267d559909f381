"""Watches the processes of one browser: ends them when they take too much memory, and reaps them all at the end."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

EVERY_S = 0.2
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
# A page that spins gets this share of a core even on a crowded machine; with less, the machine is what is slow.
SPINS_SHARE = 0.15


def family(leader: int, uid: int | None) -> list[int]:
    """The living processes of a browser: its process group, and all of its own user. Linux only, else the leader."""
    if not _PROC.is_dir():
        return [leader]
    found = []
    for entry in os.scandir(_PROC):
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(entry.name)
            # A group is the fifth field; the second, the name, is in brackets and may hold spaces.
            fields = (_PROC / entry.name / "stat").read_text().rpartition(")")[2].split()
            if fields[0] == "Z":
                continue
            if int(fields[2]) == leader or (uid is not None and entry.stat().st_uid == uid):
                found.append(pid)
    return found


def memory_bytes(pids: list[int]) -> int:
    """Private and shared-memory pages of `pids` in bytes; mapped files are left out, since siblings share them."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in (_PROC / str(pid) / "status").read_text().splitlines():
                if line.startswith(("RssAnon:", "RssShmem:")):
                    total += int(line.split()[1]) * 1024
    return total


def cpu_seconds(pids: list[int]) -> dict[str, float]:
    """Processor time used so far by `pids`, by kind: renderer, gpu-process, other."""
    used = {"renderer": 0.0, "gpu-process": 0.0, "other": 0.0}
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            command = (_PROC / str(pid) / "cmdline").read_bytes()
            fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            kind = next((name for name in used if f"--type={name}".encode() in command), "other")
            used[kind] += (int(fields[11]) + int(fields[12])) / _TICKS
    return used


def end(leader: int, uid: int | None) -> None:
    """Kill every process of the browser now, and again until none is left or two seconds are over."""
    # Only a group of its own may be killed whole: never ours.
    if leader > 1 and leader != os.getpgid(0):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
    for _ in _until(2.0):
        left = [pid for pid in family(leader, uid) if pid not in (os.getpid(), 1)]
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _until(seconds: float) -> Iterator[None]:
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        yield


class Watchdog(threading.Thread):
    """Ends the browser when it is over `limit_bytes` or past its deadline.

    `why` then says what it was: memory; time, when the page kept a processor busy; gpu, when drawing in software did;
    busy, when neither got enough of the processor to blame the page.
    """

    def __init__(self, leader: int, uid: int | None, limit_bytes: int) -> None:
        super().__init__(name=f"chromium-watchdog-{leader}", daemon=True)
        self._leader, self._uid, self._limit = leader, uid, limit_bytes
        self._deadline: float | None = None
        self._began = 0.0
        self._cpu_before: dict[str, float] = {}
        self._wake = threading.Event()
        self._over = False
        self.why = ""
        self.peak_bytes = 0

    def guard(self, seconds: float) -> None:
        """Start watching one visit, for at most `seconds`."""
        self.peak_bytes = 0
        self._cpu_before = cpu_seconds(family(self._leader, self._uid))
        self._began = time.monotonic()
        self._deadline = self._began + seconds
        self._wake.set()

    def rest(self) -> None:
        """The visit is over."""
        self._deadline = None
        self._wake.clear()

    def stop(self) -> None:
        """Watch no more; the browser is ended by its owner."""
        self._over = True
        self._wake.set()

    def blame(self) -> str:
        """What a visit that takes too long has been waiting for: time, gpu or busy."""
        if not _PROC.is_dir():
            return "time"
        now = cpu_seconds(family(self._leader, self._uid))
        page, drawing = (
            max(0.0, now[kind] - self._cpu_before.get(kind, 0.0)) for kind in ("renderer", "gpu-process")
        )
        if page + drawing < SPINS_SHARE * (time.monotonic() - self._began):
            return "busy"
        return "gpu" if drawing > 2 * page else "time"

    def run(self) -> None:
        """Look every 0.2 s while a visit is on."""
        while True:
            self._wake.wait()
            if self._over:
                return
            deadline = self._deadline
            if deadline is not None:
                self.peak_bytes = max(self.peak_bytes, memory_bytes(family(self._leader, self._uid)))
                if self.peak_bytes > self._limit:
                    self.why = "memory"
                elif time.monotonic() > deadline:
                    self.why = self.blame()
                if self.why:
                    end(self._leader, self._uid)
                    return
            time.sleep(EVERY_S)
