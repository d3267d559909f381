"""One POST to a receiver: resolved once, no redirect, no proxy, ten seconds in all, a few bytes of the answer."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from webhooks.targets import Network, Target, may_connect

TOTAL_SECONDS = 10.0
KEPT_BYTES = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: the HTTP status, or None when there was no answer; how it began or what failed."""

    status: int | None
    said: str
    milliseconds: int
    retry_after: str | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


class _NotSent(Exception):
    """Nothing was sent, for a reason that the lead may read."""


def post(
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    *,
    private: Sequence[Network],
    seconds: float = TOTAL_SECONDS,
) -> Answer:
    """Send `body`; never raises for what the receiver or the network does."""
    begun = time.monotonic()

    def answer(status: int | None, said: str, retry_after: str | None = None) -> Answer:
        return Answer(status, said, round(1000 * (time.monotonic() - begun)), retry_after)

    try:
        with _Connection(target, _resolved(target, private), seconds) as connection:
            connection.request("POST", target.path, body, dict(headers))
            got = connection.getresponse()
            start = got.read(KEPT_BYTES).decode("utf-8", "replace")
            return answer(got.status, _plain(start), got.headers.get("Retry-After"))
    except _NotSent as error:
        return answer(None, str(error))
    except ssl.SSLError as error:
        return answer(None, f"TLS failed: {error.reason or 'the certificate was not accepted'}.")
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = time.monotonic() - begun >= seconds - 0.05
        return answer(
            None, f"No answer within {seconds:g} s." if late else f"No answer: {type(error).__name__}."
        )


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _resolved(target: Target, private: Sequence[Network]) -> tuple[int, str]:
    """Address family and IP address to connect to. Every address of the name must be allowed: which is taken is luck."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _NotSent("The host's name could not be resolved.") from None
    addresses = [(int(family), str(where[0])) for family, _, _, _, where in found]
    if not addresses or not all(may_connect(address, private) for _, address in addresses):
        raise _NotSent("The host's name leads into a private network, which the operator has not allowed.")
    return addresses[0]


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was resolved before; the certificate must still be for the host's name.

    After `seconds` its socket is shut, whatever it waits for: a receiver that answers a byte a minute holds nothing up.
    """

    def __init__(self, target: Target, resolved: tuple[int, str], seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self._target, self._resolved = target, resolved
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True

    def __enter__(self) -> _Connection:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self.close()

    def connect(self) -> None:
        """Connect to the resolved address, and speak TLS where the address says https."""
        family, address = self._resolved
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect((address, self._target.port))
        if self._target.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._target.host)

    def _shut(self) -> None:
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
