"""A small HTTP client that costs little, so that the server is what is measured: kept connections, raw sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

TOKEN = "b" * 32  # Any value: the CSRF cookie and field need only agree.


@dataclass(frozen=True, slots=True)
class Request:
    """One request of one person."""

    session: str
    method: str
    path: str
    body: bytes = b""
    kind: str = "application/x-www-form-urlencoded"
    headers: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run of requests gave. Seconds of each request are in `times`."""

    requests: int
    seconds: float
    statuses: dict[int, int]
    times: list[float]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    def quantile(self, share: float) -> float:
        """The time within which `share` of requests were answered, in seconds."""
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * share))]


class Client:
    """One kept connection."""

    def __init__(self, host: str, port: int, origin: str) -> None:
        self._host, self._port, self._origin = host, port, origin
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: Request) -> tuple[int, bytes]:
        """Send a request; its status and body."""
        head = (
            f"{request.method} {request.path} HTTP/1.1\r\nHost: {self._host}\r\nOrigin: {self._origin}\r\n"
            f"Cookie: sessionid={request.session}; csrftoken={TOKEN}\r\nX-CSRFToken: {TOKEN}\r\n{request.headers}"
        )
        if request.method != "GET":
            head += f"Content-Type: {request.kind}\r\nContent-Length: {len(request.body)}\r\n"
        data = head.encode() + b"\r\n" + request.body
        try:
            self._socket.sendall(data)
            return self._read()
        except (ConnectionError, EOFError):
            self._socket.close()
            self._connect()
            self._socket.sendall(data)
            return self._read()

    def _read(self) -> tuple[int, bytes]:
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _, body = got.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        status = int(lines[0].split(b" ")[1])
        fields = {line.split(b":", 1)[0].lower(): line.split(b":", 1)[1].strip() for line in lines[1:]}
        if fields.get(b"transfer-encoding") == b"chunked":
            while not body.endswith(b"0\r\n\r\n"):
                body += self._more()
            return status, body
        length = int(fields.get(b"content-length", b"0"))
        while len(body) < length:
            body += self._more()
        return status, body

    def _more(self) -> bytes:
        piece = self._socket.recv(65536)
        if not piece:
            raise EOFError
        return piece

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


def run(port: int, requests: Sequence[Request], *, clients: int = 8) -> Measured:
    """Send every request once to the server on `port`, shared among `clients` kept connections."""
    lock = threading.Lock()
    waiting = iter(requests)
    statuses: dict[int, int] = {}
    times: list[float] = []
    gate = threading.Barrier(clients + 1)

    def work() -> None:
        client = Client(settings.APP_HOST, port, settings.APP_ORIGIN)
        mine: list[float] = []
        seen: dict[int, int] = {}
        gate.wait()
        while True:
            with lock:
                request = next(waiting, None)
            if request is None:
                break
            begun = time.perf_counter()
            status, _ = client.send(request)
            mine.append(time.perf_counter() - begun)
            seen[status] = seen.get(status, 0) + 1
        client.close()
        with lock:
            times.extend(mine)
            for status, n in seen.items():
                statuses[status] = statuses.get(status, 0) + n

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    gate.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return Measured(len(times), time.perf_counter() - begun, statuses, times)
