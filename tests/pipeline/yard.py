"""The site's own processes beside a test: the commands of `dev.lineup`, on the test's database and broker.

Every process is started by us and ended by its pid. PostgreSQL and the broker are reached through
valves, so that they can be cut off.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit, urlunsplit

import redis
from django.conf import settings
from django.db import connection

from dev import places
from dev.lineup import Process, lineup
from dev.processes import MARK, end, identify, marked, spawn
from dev.progress import last_lines
from dev.stores import free_port
from tests.pipeline.valve import Valve

# How long anything may take on a crowded machine before the test says what it waited for.
PATIENCE_S = 150.0
WORKERS = ("worker-light", "worker-chromium")

T = TypeVar("T")


class Hand:
    """One process of the site, with what it has forked."""

    def __init__(self, yard: Yard, process: Process) -> None:
        self.name = process.name
        self._yard = yard
        self._stop_signal = process.stop_signal
        self.log = yard.area / f"{process.name}.log"
        with self.log.open("ab") as output:
            self._process = spawn(process.argv, env=yard.env, cwd=places.ROOT, output=output)
        self.pid = self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def children(self) -> list[int]:
        """The pool's processes; they are remembered as ours."""
        found = [pid for pid in _pids() if _parent(pid) == self.pid]
        self._yard.seen.update(found)
        return found

    def stop(self) -> None:
        """Ask it to finish what it does, and wait."""
        self.children()
        if self.running:
            self._process.send_signal(self._stop_signal)
            with contextlib.suppress(Exception):
                self._process.wait(timeout=30)
        self.kill()

    def kill(self) -> None:
        """kill -9, the process itself and not its children."""
        self.children()
        if self.running:
            self._process.kill()
        self._process.wait()


class Yard:
    """The running processes by name, and the means to break them."""

    def __init__(self, area: Path) -> None:
        self.area = area
        area.mkdir(parents=True, exist_ok=True)
        self.broker_url = os.environ["REDIS_URL"]
        broker = urlsplit(self.broker_url)
        self.valve = Valve(broker.hostname or "127.0.0.1", broker.port or 6379)
        database = urlsplit(os.environ["DATABASE_URL"])
        self.database = Valve(database.hostname or "127.0.0.1", database.port or 5432)
        port = free_port()
        self.origin = f"http://localhost:{port}"
        self.env = {
            **os.environ,
            "DATABASE_URL": through(
                self.database, database._replace(path=f"/{connection.settings_dict['NAME']}")
            ),
            "REDIS_URL": through(self.valve, broker),
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "VAR_DIR": str(area),
            "PYTHONPATH": os.pathsep.join([str(places.ROOT / "platform"), str(places.ROOT)]),
            "PYTHONUNBUFFERED": "1",
            "PORT": str(port),
            "APP_ORIGIN": self.origin,
            "PREVIEW_ORIGIN": f"http://127.0.0.1:{port}",
            # Time is short here: what takes seconds in a real site must not take minutes in a test.
            "SWEEP_SECONDS": "1",
            "RING_AGAIN_SECONDS": "1",
            "LIGHT_WORKERS": "1",
            "WEB_WORKERS": "1",
            MARK: str(area),
        }
        (area / "static").mkdir(exist_ok=True)
        self._lineup = lineup(self.env)
        self.hands: dict[str, Hand] = {}
        # Every process that may ever have started a browser for us.
        self.seen: set[int] = set()
        self.empty_broker()

    def start(self, *names: str) -> None:
        """Start processes of the line-up; `name+x` is a further one of its kind."""
        for name in names:
            if name in self.hands and self.hands[name].running:
                continue
            process = self._lineup[name.split("+")[0]]
            if "+" in name:
                argv = tuple(part.replace(f"{process.name}@", f"{name}@") for part in process.argv)
                process = replace(process, name=name, argv=argv)
            self.hands[name] = Hand(self, process)

    def stop(self, *names: str) -> None:
        """Stop processes in order."""
        for name in names:
            self.hands.pop(name).stop()

    def child(self, name: str) -> int:
        """The pid of a worker's pool process."""
        return self.wait(lambda: next(iter(self.hands[name].children()), None), f"a child of {name}")

    def browser_of(self, child: int) -> int:
        """The pid of the Chromium that a pool process keeps."""

        def look() -> int | None:
            for folder in Path(tempfile.gettempdir()).glob(f"hillclimb-chromium-{child}-*"):
                with contextlib.suppress(OSError, ValueError):
                    return int((folder / "pid").read_text())
            return None

        return self.wait(look, f"the browser of {child}")

    def empty_broker(self) -> None:
        """FLUSHDB: everything in the broker's database of this test is gone, others' stays."""
        with redis.Redis.from_url(self.broker_url) as broker:
            broker.flushdb()

    def strays(self) -> list[int]:
        """Processes of browsers whose worker process is gone."""
        return [
            pid for pid in _pids() if (owner := _browser_owner(pid)) in self.seen and not identify(owner or 0)
        ]

    def wait(self, look: Callable[[], T | None], what: str, seconds: float = PATIENCE_S) -> T:
        """Look until there is something; AssertionError with the ends of the logs after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.05)
        told = "\n".join(
            f"--- {hand.name}\n" + "\n".join(last_lines(hand.log, 25)) for hand in self.hands.values()
        )
        raise AssertionError(f"Waited {seconds:.0f} s in vain for {what}.\n{told}")

    def close(self) -> list[str]:
        """Stop everything; returns what was left behind, in words."""
        self.valve.open()
        self.database.open()
        # The beat first, so that nothing new is rung while workers finish.
        for name in sorted(self.hands):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.hands[name].pid, signal.SIGCONT)
        self.stop(*sorted(self.hands))
        time.sleep(0.5)
        self.wait(lambda: not marked(self.area), "our processes to end", 30) if marked(self.area) else None
        left = [f"process {each.pid} was left" for each in marked(self.area)]
        end(marked(self.area), [(signal.SIGKILL, 5)])
        left += [f"Chromium {pid} was left" for pid in self.strays()]
        self.empty_broker()
        self.valve.close()
        self.database.close()
        return left


def through(valve: Valve, address: SplitResult) -> str:
    """The address of a server by way of its valve; name and password stay."""
    entry = address.netloc.rpartition("@")[0]
    place = f"127.0.0.1:{valve.port}"
    return urlunsplit(address._replace(netloc=f"{entry}@{place}" if entry else place))


def _pids() -> list[int]:
    return [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return -1 if fields[0] == "Z" else int(fields[1])
    return -1


def _browser_owner(pid: int) -> int | None:
    """The worker process whose browser `pid` belongs to: it is in the name of the browser's home."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for setting in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            if setting.startswith(b"HOME=") and b"/hillclimb-chromium-" in setting:
                return int(setting.split(b"/hillclimb-chromium-")[1].split(b"-")[0])
    return None
