"""Downloads of a release's file over loopback: through the proxy and by the web process, beside nginx sending the same file.

A client that throws the bytes away takes one file after the other by each way in turns. Where nginx is missing, a bare
socket server that calls sendfile stands in for it, and only the web process is measured.
"""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from django.conf import settings
from django.utils import timezone

from benchmarks import databases, proxies, seed
from benchmarks.server import serving
from benchmarks.table import Row, Table
from catalog.models import Membership
from exports import actions
from exports.models import Recipe, Release
from exports.states import ReleaseStatus
from people.rules import Role

DATABASE = "bench_download"
PATH = "data/default/train-00000-of-00001.parquet"
SIZE = 512 * 1024 * 1024  # of one shard
TURNS = 7
HOST = "Host: localhost\r\n"


def measure(table: Table) -> None:
    """MB/s of one client by each way, and each beside the limit: half of it is wanted of the way a fleet takes."""
    with ExitStack() as stack:
        stack.enter_context(databases.copied([DATABASE]))
        releases = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with databases.inside(DATABASE):
            release, session = _published(releases)
        address = f"/releases/{release.pk}/files/{PATH}"
        asked = f"Host: {settings.APP_HOST}\r\nCookie: {settings.SESSION_COOKIE_NAME}={session}\r\n"
        there = {"RELEASE_ROOT": str(releases)}
        alone = stack.enter_context(serving(DATABASE, settings=there))
        ways: dict[str, Callable[[], float]] = {"the web process": lambda: _fetch(alone, address, asked)}
        if proxies.missing("nginx"):
            table.add(Row("nginx is not on this machine", "the fleet's way is not measured", ""))
            bare = stack.enter_context(_sendfile(releases / str(release.pk) / PATH))
            limit, name = (lambda: _fetch(bare, "/", HOST)), "bare sendfile"
        else:
            prefix = proxies.PREFIX["nginx"]
            site = stack.enter_context(serving(DATABASE, settings={**there, "ACCEL_PREFIX": prefix}))
            front = stack.enter_context(
                proxies.proxied("nginx", site=site, host=settings.APP_HOST, releases=releases)
            )
            ways["nginx by X-Accel-Redirect"] = lambda: _fetch(front, address, asked)
            plain = f"{proxies.PLAIN}{release.pk}/{PATH}"
            limit, name = (lambda: _fetch(front, plain, HOST)), "nginx itself"
        _compare(table, ways, limit, name)


def _compare(
    table: Table, ways: dict[str, Callable[[], float]], limit: Callable[[], float], name: str
) -> None:
    # Each process looks once whether the file is what was published; later answers know it.
    first = {way: fetch() for way, fetch in ways.items()}
    for _ in range(TURNS):
        for fetch in ways.values():
            fetch()
    turns = [({way: fetch() for way, fetch in ways.items()}, limit()) for _ in range(TURNS)]
    mega = SIZE / 1e6
    for way in ways:
        table.add(
            Row(
                f"download of {mega:,.0f} MB, {way}",
                f"{mega / median(took[way] for took, _ in turns):,.0f} MB/s",
                f"{mega / median(least for _, least in turns):,.0f} MB/s {name}",
                median(least / took[way] for took, least in turns),
                0.5,
                note=f"{first[way]:.1f} s for the first, whose digest is taken",
            )
        )


def _published(releases: Path) -> tuple[Release, str]:
    """A release of one file of noise, published by hand, and a session of somebody who may have it."""
    seeded = seed.project("download", 1)
    [user] = seed.people(seeded.project, 1, "ml")
    Membership.objects.filter(user=user).update(role=Role.ML)
    recipe = Recipe.objects.create(
        project=seeded.project,
        name="download",
        configs=["default"],
        formats=["parquet"],
        created_by=seeded.lead,
    )
    now = timezone.now()
    release = Release.objects.create(
        recipe=recipe, project=seeded.project, version="1.0.0", frozen=actions.frozen(recipe), as_of=now,
        status=ReleaseStatus.PUBLISHED, published_at=now, created_by=seeded.lead,
    )  # fmt: skip
    path = releases / str(release.pk) / PATH
    path.parent.mkdir(parents=True)
    block, digest = os.urandom(1024 * 1024), hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(SIZE // len(block)):
            file.write(block)
            digest.update(block)
    release.files.create(path=PATH, sha256=digest.hexdigest(), byte_size=SIZE, row_count=1)
    [session] = seed.sessions([user])
    return release, session


def _fetch(port: int, path: str, headers: str) -> float:
    """Seconds to take the file. RuntimeError when the answer is another one."""
    room = bytearray(1024 * 1024)
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                raise RuntimeError(f"no answer for {path}")
            head += piece
        head, _, body = head.partition(b"\r\n\r\n")
        got = len(body)
        while size := connection.recv_into(room):
            got += size
    if not head.startswith(b"HTTP/1.1 200") or got != SIZE:
        raise RuntimeError(f"{path}: {got} bytes after {head.decode()}")
    return time.perf_counter() - begun


@contextmanager
def _sendfile(path: Path) -> Iterator[int]:
    """A server that answers whatever is asked with this file, by sendfile, one connection after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, path.open("rb") as file:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                    connection.sendfile(file)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
