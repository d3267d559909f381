"""One call of an endpoint: bytes as they come, never waiting longer than a second, and nothing followed.

The standard library's client is enough for one POST: it follows no redirect and reads no proxy from the environment.
A thread of its own reads, so that whoever passes the bytes on can say in between that it is still there, watch the
clock and stop.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from work.assist_endpoints import Endpoint
from work.assist_protocol import Broken, retry_after
from work.states import AssistFault

CONNECT_SECONDS = 10
TICK_SECONDS = 1.0
_BLOCK = 16 * 1024


class Call:
    """A request under way. Iterate `pieces`; `stop` whatever happens."""

    def __init__(self, endpoint: Endpoint, payload: Mapping[str, Any]) -> None:
        self._endpoint = endpoint
        self._body = json.dumps(payload).encode()
        self._queue: queue.Queue[bytes | Broken | None] = queue.Queue(maxsize=64)
        self._stopped = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="assist-call", daemon=True)

    def pieces(self, *, tick: float = TICK_SECONDS) -> Iterator[bytes]:
        """The answer's bytes; an empty piece whenever a `tick` (seconds) passed without any.

        Raises Broken when the endpoint cannot be reached, refuses, or is slower than its limits.
        """
        begun = heard = time.monotonic()
        first = True
        self._thread.start()
        while True:
            try:
                item = self._queue.get(timeout=tick)
            except queue.Empty:
                item = b""
            if item is None:
                return
            if isinstance(item, Broken):
                raise item
            now = time.monotonic()
            if item:
                heard, first = now, False
            if now - begun > self._endpoint.total_seconds:
                raise Broken(AssistFault.TOO_LONG)
            if now - heard > (self._endpoint.first_seconds if first else self._endpoint.quiet_seconds):
                raise Broken(AssistFault.SLOW)
            yield item

    def stop(self) -> None:
        """Hang up. The endpoint stops working for us, and the thread ends."""
        self._stopped.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            self._read()
            self._put(None)
        except Broken as broken:
            self._put(broken)
        except http.client.HTTPException as error:
            lost = isinstance(error, ConnectionError | http.client.IncompleteRead)
            self._put(Broken(AssistFault.CUT_OFF if lost else AssistFault.NONSENSE))
        except TimeoutError:
            self._put(Broken(AssistFault.SLOW))
        except (OSError, ValueError):
            # After the first byte it was there, and went away.
            self._put(Broken(AssistFault.CUT_OFF if self._socket else AssistFault.UNREACHABLE))

    def _put(self, item: bytes | Broken | None) -> None:
        """Hand over, unless nobody takes any more."""
        while not self._stopped.is_set():
            try:
                return self._queue.put(item, timeout=0.5)
            except queue.Full:
                continue

    def _read(self) -> None:
        connection = self._connect()
        try:
            connection.request("POST", self._endpoint.path, self._body, self._headers())
            answer = connection.getresponse()
            if answer.status != 200:
                raise _refused(answer.status, answer.headers.get("Retry-After"))
            while not self._stopped.is_set() and (data := answer.read1(_BLOCK)):
                self._put(data)
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        where = (self._endpoint.host, self._endpoint.port)
        connection: http.client.HTTPConnection
        if self._endpoint.scheme == "https":
            connection = http.client.HTTPSConnection(
                *where, timeout=CONNECT_SECONDS, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(*where, timeout=CONNECT_SECONDS)
        connection.connect()
        self._socket = connection.sock
        # The reader's clock judges; this only makes sure that the thread ends.
        self._socket.settimeout(self._endpoint.total_seconds)
        if self._stopped.is_set():
            self.stop()
        return connection

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "Connection": "close"}
        if self._endpoint.key_env:
            headers["Authorization"] = f"Bearer {os.environ[self._endpoint.key_env]}"
        return headers


def _refused(status: int, wait: str | None) -> Broken:
    """What a status other than 200 means."""
    if status in (429, 503):
        return Broken(AssistFault.BUSY, retry_after(wait))
    return Broken(AssistFault.BROKEN if status >= 500 else AssistFault.REFUSED)
