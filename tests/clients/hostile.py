"""Servers that do what a server must not: a scripted site, and a slow road to a real one."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hillclimb.listing import Entry, checksums


def sha(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


class Scripted:
    """A site with one release, number 7, whose every answer can be changed before it is asked."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = dict(
            files if files is not None else {"README.md": b"Hello.\n", "data/a.jsonl": b"{}\n" * 1000}
        )
        listed = [
            {"path": path, "bytes": len(data), "sha256": sha(data)} for path, data in self.files.items()
        ]
        self.manifest = json.dumps({"name": "x", "version": "1.0.0", "rows": {}, "files": listed}).encode()
        sums = checksums(
            [Entry(path, len(data), sha(data)) for path, data in self.files.items()], sha(self.manifest)
        )
        self.bodies = {**self.files, "MANIFEST.json": self.manifest, "SHA256SUMS": sums.encode()}
        self.detail: dict[str, Any] = {
            "id": 7, "name": "x", "version": "1.0.0", "manifest_sha256": sha(self.manifest), "deprecated_reason": "",
            "files": [{"path": path, "byte_size": len(data), "sha256": sha(data)} for path, data in self.bodies.items()],
        }  # fmt: skip
        self.keys: list[dict[str, object]] = []
        self.heads: dict[str, dict[str, str]] = {}
        self.statuses: dict[str, int] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                script.asked.append((self.path, dict(self.headers)))
                path = urlsplit(self.path).path.removeprefix("/api/v1/releases/7/")
                told = {"": script.detail, "/api/v1/signing-keys/": script.keys}
                if path in told:
                    body = json.dumps(told[path]).encode()
                else:
                    body = script.bodies.get(path.removeprefix("files/"), b"")
                heads = script.heads.get(path, {})
                self.send_response(script.statuses.get(path, 200))
                for name, value in {"Content-Length": str(len(body)), **heads}.items():
                    if value:
                        self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def certify(self, seed: bytes) -> None:
        """Sign the release by this key, as the documents say it is done."""
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        said: dict[str, Any] = {
            "manifest_sha256": sha(self.manifest), "release": {"name": "x", "version": "1.0.0"}, "result": "No match.",
        }  # fmt: skip
        text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        value = Ed25519PrivateKey.from_private_bytes(seed).sign(
            b"hillclimb release certificate 1\n" + text.encode()
        )
        said["signature"] = {
            "algorithm": "Ed25519", "key_id": f"ed25519:{sha(public)[:16]}",
            "public_key": base64.b64encode(public).decode(), "value": base64.b64encode(value).decode(),
        }  # fmt: skip
        body = (json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
        self.bodies["certificate.json"] = body
        listed = [each for each in self.detail["files"] if each["path"] != "certificate.json"]
        entry = {"path": "certificate.json", "byte_size": len(body), "sha256": sha(body)}
        self.detail["files"] = [*listed, entry]

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


class SlowRoad:
    """Passes bytes on to a real server, those that come back a piece at a time."""

    def __init__(self, url: str, *, piece: int, seconds: float) -> None:
        self.piece, self.seconds = piece, seconds
        there = urlsplit(url)
        self._there = (there.hostname or "", there.port or 80)
        self._door = socket.create_server(("127.0.0.1", 0))
        # By the app's own name: the other one is where previews run.
        self.url = f"http://localhost:{self._door.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop taking connections."""
        self._door.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._door.accept()
                there = socket.create_connection(self._there)
                threading.Thread(target=self._pass, args=(here, there, 65536, 0.0), daemon=True).start()
                threading.Thread(
                    target=self._pass, args=(there, here, self.piece, self.seconds), daemon=True
                ).start()

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket, piece: int, seconds: float) -> None:
        with suppress(OSError):
            while data := source.recv(piece):
                target.sendall(data)
                time.sleep(seconds)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
