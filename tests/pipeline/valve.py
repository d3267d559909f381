"""A valve in front of a server: lets bytes through, cuts every connection, or swallows what it is sent."""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Valve:
    """Listens on loopback and passes connections on to `host:port` while it is open."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._swallowing = False
        self._pairs: list[socket.socket] = []
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    def open(self) -> None:
        """Pass everything on."""
        self._swallowing = False
        if self._listener.fileno() < 0:
            self._listener = self._listen(self.port)

    def refuse(self) -> None:
        """As when the server has stopped: connections are cut, new ones refused."""
        # A blocked accept() would keep the port; a shut-down one returns.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._cut()

    def swallow(self) -> None:
        """As behind a broken network: connections are made, and nothing ever answers."""
        self._swallowing = True

    close = refuse

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self._pairs.append(near)
            if self._swallowing:
                continue
            try:
                far = socket.create_connection(self._to, timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self._pairs.append(far)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                while self._swallowing:
                    time.sleep(0.02)
                sink.sendall(data)
        for end in (source, sink):
            _shut(end)

    def _cut(self) -> None:
        for each in self._pairs:
            _shut(each)
        self._pairs.clear()


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
