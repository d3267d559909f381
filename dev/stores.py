"""PostgreSQL and Valkey for an area: the ones named in the environment, else embedded ones."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dev import places
from dev.postgres import Postgres
from dev.processes import Identity, end, identify, read_identity, spawn, write_identity
from dev.progress import last_lines
from dev.valkey import Valkey

Store = Postgres | Valkey
VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
READY_SECONDS = 60.0


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def given() -> dict[str, str]:
    """The stores that the environment names."""
    return {name: os.environ[name] for name in VARIABLES.values() if os.environ.get(name)}


def embedded(area: Path, profile: str) -> list[Store]:
    """The embedded stores that are needed because the environment names none."""
    needed: list[Store] = []
    if "DATABASE_URL" not in given():
        needed.append(Postgres(area, free_port(), profile))
    if "REDIS_URL" not in given():
        needed.append(Valkey(area, free_port()))
    return needed


def addresses(stores: Sequence[Store]) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL, given and embedded together."""
    return {**given(), **{VARIABLES[store.name]: store.url for store in stores}}


@contextmanager
def running(area: Path, profile: str) -> Iterator[dict[str, str]]:
    """Both stores while the block runs; yields their addresses as environment variables.

    Raises RuntimeError with the end of its log when a server does not come up.
    """
    stores = embedded(area, profile)
    with ExitStack() as stack:
        for store in stores:
            stack.enter_context(_served(store))
        for store in stores:
            _await_ready(store)
        yield addresses(stores)


@contextmanager
def _served(store: Store) -> Iterator[None]:
    store.prepare()
    log = _log(store)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = spawn(
            store.argv,
            env=store.env,
            cwd=Path("/"),
            output=output,
            user=store.user_id,
            parting_signal=store.parting_signal,
        )
    write_identity(store.area / "run" / f"{store.name}.pid", process.pid)
    try:
        yield
    finally:
        _stop(process, store.parting_signal)


def _log(store: Store) -> Path:
    return store.area / "log" / f"{store.name}.log"


def _stop(process: subprocess.Popen[bytes], parting_signal: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(parting_signal)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_ready(store: Store) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not store.ready():
        ended = identify_leash(store) is None
        if ended or time.monotonic() > deadline:
            tail = "\n".join(last_lines(_log(store), 15))
            raise RuntimeError(
                f"{store.name} {'ended' if ended else 'is not ready'}. The end of its log:\n{tail}"
            )
        time.sleep(0.05)


def identify_leash(store: Store) -> Identity | None:
    """The running server of a store, by the pid kept when it was started."""
    kept = read_identity(store.area / "run" / f"{store.name}.pid")
    return kept if kept and kept.running else None


@contextmanager
def passing_area(kind: str) -> Iterator[Path]:
    """An area below `var/<kind>` of our own, removed afterwards, as are those that killed runs left."""
    parent = places.VAR / kind
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.iterdir():
        owner = read_identity(left / "owner.pid")
        if left.name.isdigit() and not (owner and owner.running) and not identify(int(left.name)):
            remove_area(left)
    area = parent / str(os.getpid())
    write_identity(area / "owner.pid", os.getpid())
    try:
        yield area
    finally:
        remove_area(area)


def remove_area(area: Path) -> None:
    """End what a killed run left in an area, then remove its files."""
    pids = [read_identity(path) for path in (area / "run").glob("*.pid")]
    end([one for one in pids if one], [(signal.SIGQUIT, 5), (signal.SIGKILL, 5)])
    home = places.store_home(area)
    shutil.rmtree(home, ignore_errors=True)
    home.with_name(f"{home.name}.belongs-to").unlink(missing_ok=True)
    shutil.rmtree(area, ignore_errors=True)
