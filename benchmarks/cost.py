"""What a stretch of work costs: wall seconds, and CPU seconds of this process and of its PostgreSQL backend.

On a shared machine wall seconds tell how busy the others are; CPU seconds tell what the work takes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

_TICKS = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat, counted after the name in parentheses: parent, user and system ticks, those of ended children.
_PARENT, _OWN, _CHILDREN = 1, slice(11, 13), slice(13, 15)


class Cost:
    """Filled when its `spending` block ends; seconds."""

    def __init__(self) -> None:
        self.wall = self.own = self.server = 0.0

    @property
    def cpu(self) -> float:
        """CPU seconds of both sides."""
        return self.own + self.server

    def figures(self) -> dict[str, float]:
        """As a step prints them."""
        return {"seconds": self.wall, "cpu": self.cpu, "server_cpu": self.server}


@contextmanager
def spending() -> Iterator[Cost]:
    """Meter the block. Raises RuntimeError when the server's processes cannot be seen from here."""
    cost = Cost()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = int(cursor.fetchone()[0])
    server, own, wall = _server(backend), time.process_time(), time.perf_counter()
    yield cost
    cost.wall = time.perf_counter() - wall
    cost.own, cost.server = time.process_time() - own, _server(backend) - server


def _server(backend: int) -> float:
    """CPU seconds of the backend, and of workers that its server has reaped (parallel queries)."""
    own = _stat(backend)
    parent = _stat(int(own[_PARENT]))
    return (sum(map(int, own[_OWN])) + sum(map(int, parent[_CHILDREN]))) / _TICKS


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        raise RuntimeError(
            "PostgreSQL's processes are not visible here. Run `make benchmark` without DATABASE_URL."
        ) from None
    return text.rpartition(")")[2].split()
