"""One holder at a time: locks that the system releases by itself when their holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def try_lock(path: Path, *, inheritable: bool = False) -> int | None:
    """Lock a file; return the open handle that holds the lock, or None when somebody else has it.

    `inheritable`: the lock stays held across `exec` by the same process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    os.set_inheritable(handle, inheritable)
    return handle


@contextmanager
def waiting_lock(path: Path, *, seconds: float, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock during the block, calling `waiting` once if it must be waited for.

    Raises TimeoutError when it is not free after `seconds`.
    """
    deadline = time.monotonic() + seconds
    told = False
    while (handle := try_lock(path)) is None:
        if not told:
            waiting()
            told = True
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} is still locked after {seconds:.0f} s.")
        time.sleep(0.2)
    try:
        yield
    finally:
        os.close(handle)
