"""A receiver that keeps what it is sent, checks signatures as a stranger would, and answers as it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Got:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def is_signed_by(self, secret: str) -> bool:
        """Whether one of its signatures is by this secret (Standard Webhooks)."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        told = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        mine = "v1," + base64.b64encode(hmac.digest(key, told, hashlib.sha256)).decode()
        return mine in self.headers["webhook-signature"].split(" ")


@dataclass
class Receiver:
    """`answers`: the statuses to give, the last one for ever; `slow`: seconds before each byte of an answer."""

    answers: list[int] = field(default_factory=lambda: [204])
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    slow: float = 0.0
    got: list[Got] = field(default_factory=list)

    def __post_init__(self) -> None:
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                here.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, sent))
                status = here.answers.pop(0) if len(here.answers) > 1 else here.answers[0]
                with suppress(OSError):
                    if here.slow:
                        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
                            time.sleep(here.slow)
                            self.wfile.write(bytes([byte]))
                            self.wfile.flush()
                        return
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(here.body)), **here.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(here.body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
