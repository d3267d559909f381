"""The web server as the line-up starts it, with the benchmark's settings; its own process group, ended by id."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks import databases
from dev.lineup import lineup
from dev.stores import free_port


@contextmanager
def serving(
    database: str, *, as_site: bool = False, settings: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Start a server on the database of this name; yields its port on 127.0.0.1.

    `as_site`: its two origins are those of that port, so that a browser can open it. `settings`: more of its environment.
    """
    port = free_port()
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "DATABASE_URL": databases.url(database),
        "PORT": str(port),
        **(settings or {}),
    }
    if as_site:
        env |= {"APP_ORIGIN": f"http://localhost:{port}", "PREVIEW_ORIGIN": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen(lineup(env)["web"].argv, env=env)
    try:
        await_port(process, port)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def await_port(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until the process listens. Raises RuntimeError when it ends, or does not within a minute."""
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server does not listen")
