"""The web server as the line-up starts it, with the benchmark's settings; its own process group, ended by id."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from dev.lineup import lineup


@contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """Start the server; yields the Host header to send and the port on 127.0.0.1."""
    host = urlsplit(os.environ["APP_ORIGIN"]).netloc
    port = int(host.rpartition(":")[2])
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.settings", "PORT": str(port)}
    process = subprocess.Popen(lineup(env)["web"].argv, env=env)
    try:
        _await(process, port)
        yield host, port
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the web server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the web server does not listen")
