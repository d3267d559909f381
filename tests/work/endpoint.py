"""A server on loopback that speaks the chat-completions protocol, well or badly, for the in-task model's tests.

It answers the next request by the script it was given: a list of steps. It keeps what it was asked.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "org/secret-model-7b"


@dataclass
class Script:
    """How one request is answered. `body` are raw bytes sent in order; None waits until the client hangs up."""

    body: list[bytes | None] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "text/event-stream"
    # Seconds between pieces; with `forever` the last piece is sent again and again.
    pause: float = 0.0
    forever: bool = False


def chunk(text: str = "", *, reason: str | None = None, model: str = MODEL, **more: Any) -> bytes:
    """One event of a stream."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    return b"data: " + json.dumps({"model": model, "choices": [choice], **more}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def said(text: str, *, size: int = 7, usage: tuple[int, int] | None = (40, 60)) -> Script:
    """A good answer of `text`, in pieces."""
    pieces: list[bytes | None] = [chunk(text[n : n + size]) for n in range(0, len(text), size)]
    counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1]} if usage else None
    last = b"data: " + json.dumps({"model": MODEL, "choices": [], "usage": counts}).encode() + b"\n\n"
    return Script([*pieces, chunk(reason="stop"), *([last] if usage else []), DONE])


class ChatServer:
    """The server. `scripts` are used up one a request; the last one stays."""

    def __init__(self) -> None:
        self.scripts: list[Script] = [Script()]
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.hung_up = threading.Event()
        self.closing = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                server.headers.append(dict(self.headers.items()))
                script = server.scripts.pop(0) if len(server.scripts) > 1 else server.scripts[0]
                try:
                    self._answer(script)
                except OSError:
                    server.hung_up.set()

            def _answer(self, script: Script) -> None:
                self.send_response(script.status)
                self.send_header("Content-Type", script.kind)
                for name, value in script.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for piece in script.body:
                    if piece is None:
                        self._wait_for_hang_up()
                        return
                    self.wfile.write(piece)
                    self.wfile.flush()
                    server.closing.wait(script.pause)
                while script.forever and not server.closing.wait(script.pause):
                    self.wfile.write(script.body[-1] or b"")

            def _wait_for_hang_up(self) -> None:
                self.connection.settimeout(0.05)
                while not server.closing.is_set():
                    try:
                        if self.connection.recv(1) == b"":
                            raise ConnectionResetError
                    except TimeoutError:
                        continue

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    @property
    def url(self) -> str:
        """The base address, as an operator writes it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        """Stop; whoever still waits is let go."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """A server for the length of a test."""
    server = ChatServer()
    try:
        yield server
    finally:
        server.close()


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
