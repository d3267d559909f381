"""A small site on loopback for the runtime's tests: an app page with panes, the preview origin, and a sink.

The preview origin is the real one (`web.preview`); the app page holds nothing but panes. The sink listens where
leaks would go, by TCP and UDP, and keeps what it hears.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from web import preview

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "static" / "build"
# The policy of the app's pages, as far as it bears on frames.
APP_POLICY = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; connect-src 'self'; worker-src 'self'; frame-src {preview}"
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Panes</title>
<link rel="stylesheet" href="/static/build/app/app.css"><link rel="stylesheet" href="/static/build/preview/pane.css">
<style>body{margin:0;display:flex;height:100vh}.cell{flex:1;display:flex;min-width:0}</style></head><body><script type="module">
import {Pane} from "/static/build/preview/pane.js";
window.panes = {}; window.events = {};
window.addPane = (key, width) => {
  const cell = document.body.appendChild(Object.assign(document.createElement("div"), {className: "cell", id: key}));
  window.events[key] = [];
  window.panes[key] = new Pane(cell, {origin: %(preview)s, title: key, width: width ?? "fit", onEvent: (event) => window.events[key].push(event)});
};
window.isReady = true;
</script></body></html>"""


class Sink:
    """Hears whatever reaches it by HTTP or UDP, and counts the connections that ask for nothing too."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.connections = 0
        sink = self

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def verify_request(self, request: object, client_address: object) -> bool:
                sink.connections += 1
                return True

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sink.heard.append(f"{self.command} {self.path}")
                self.send_response(200)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()

            do_POST = do_HEAD = do_OPTIONS = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self.udp_port = self._udp.getsockname()[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                self._udp.recvfrom(2048)
            except OSError:
                return
            self.heard.append("UDP")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._udp.close()


class RuntimeSite:
    """The app page on `localhost`, previews on `127.0.0.1`, one port."""

    def __init__(self, *, drop: frozenset[str] = frozenset(), page: str = PAGE) -> None:
        self.drop = drop
        self.page = page
        # Pages answered as they are, outside any frame: what the walls are measured against.
        self.bare: dict[str, str] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, headers, body = site.answer(self.headers.get("Host", ""), self.path)
                self.send_response(status)
                for name, value in headers.items():
                    if name != "Content-Length":
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        port = self._server.server_address[1]
        self.app_origin = f"http://localhost:{port}"
        self.preview_origin = f"http://127.0.0.1:{port}"
        self.asked: list[str] = []
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @cached_property
    def frame(self) -> preview.Answer:
        """The frame page for these origins."""
        return preview.frame_page(BUILD, preview_origin=self.preview_origin, app_origin=self.app_origin)

    def answer(self, host: str, path: str) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body for one request."""
        if f"http://{host}" == self.preview_origin:
            self.asked.append(path)
            if path in self.bare:
                return 200, {"Content-Type": "text/html; charset=utf-8"}, self.bare[path].encode()
            if path == "/frame":
                return (
                    200,
                    {k: v for k, v in self.frame.headers.items() if k not in self.drop},
                    self.frame.body,
                )
            found = preview.asset(BUILD, path)
            return (200, found.headers, found.file.read_bytes()) if found and found.file else (404, {}, b"")
        path = path.split("?")[0]
        if path == "/":
            headers = {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Security-Policy": APP_POLICY.format(preview=self.preview_origin),
            }
            return 200, headers, (self.page % {"preview": json.dumps(self.preview_origin)}).encode()
        file = BUILD / path.removeprefix("/static/build/")
        if path.startswith("/static/build/") and file.is_file():
            kind = "text/css" if file.suffix == ".css" else "text/javascript"
            return 200, {"Content-Type": kind}, file.read_bytes()
        return 404, {}, b""

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
