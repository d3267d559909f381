"""The same attempts without walls: pages of their own on the same server, which the ears must hear or they are deaf."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

from playwright.sync_api import Error as PlaywrightError

from tests.hostile.stand import Stand, Visit
from tests.hostile.vectors import VECTORS, Vector, page

AT_ONCE = 6
# How long the ears may take on a crowded machine, in seconds, beyond what a vector needs by itself.
PATIENCE_S = 15.0
# One a route at least: these must be heard where there are no walls, or the ears are deaf.
CANARIES = frozenset(
    {
        "fetch", "XMLHttpRequest", "sendBeacon", "EventSource", "WebSocket", "background image", "@import", "stylesheet link",
        "image", "video, poster and track", "SVG image, use and feImage", "prefetch", "preconnect", "dns-prefetch", "preload",
        "script element", "dynamic import", "fetch in a blob: worker", "importScripts", "frame", "frame with its own document",
        "location", "refresh directive", "link", "link with a ping", "link into a new tab", "download of a blob", "GET",
        "POST into a new tab", "window.open of an untouched window", "STUN and TURN", "localStorage", "IndexedDB", "cookie",
        "place", "clipboard, read", "full screen", "alert of an untouched window", "confirm of an untouched window",
    }
)  # fmt: skip

# Heard of in the browser's own log alone, once it is closed.
LOGGED = frozenset({"dns-prefetch"})


def bare(stand: Stand, vectors: Iterable[Vector]) -> dict[str, list[str]]:
    """Try vectors as pages of their own, outside any pane; returns what was heard of each, by name."""
    heard: dict[str, list[str]] = {}
    chosen = list(vectors)
    for at in range(0, len(chosen), AT_ONCE):
        before = (stand.sink.heard.count("UDP"), stand.sink.connections)
        visits = [_open(stand, vector) for vector in chosen[at : at + AT_ONCE]]
        for visit in visits:
            _wait(stand, visit, before)
        for visit in visits:
            visit.close()
            heard[visit.vector.name] = _heard(stand, visit, before)
    return heard


def _open(stand: Stand, vector: Vector) -> Visit:
    visit = stand.opened(vector, f"c{VECTORS.index(vector)}")
    told = visit.ears
    visit.page.on(
        "console", lambda line: told.append(line.text[5:]) if line.text.startswith("told got") else None
    )
    path = f"/bare-{visit.key}"
    stand.site.bare[path] = page(vector, stand.address(visit.key), stand.sink.udp_port, stand.site.app_origin)
    with contextlib.suppress(PlaywrightError):
        visit.page.goto(stand.site.preview_origin + path, wait_until="commit")
    visit.began = time.monotonic()
    return visit


def _wait(stand: Stand, visit: Visit, before: tuple[int, int]) -> None:
    """Until the vector was heard, or nothing more is to be expected of it."""
    end = visit.began + visit.vector.seconds + (0 if visit.vector.name in LOGGED else PATIENCE_S)
    with contextlib.suppress(PlaywrightError):
        if visit.vector.gesture:
            visit.page.mouse.click(300, 300)
        while time.monotonic() < end and not _heard(stand, visit, before):
            visit.page.wait_for_timeout(50)


def _heard(stand: Stand, visit: Visit, before: tuple[int, int]) -> list[str]:
    words = stand.hits(visit.key) + visit.ears
    if visit.vector.route == "WebRTC" and stand.sink.heard.count("UDP") > before[0]:
        words.append("a datagram")
    if visit.vector.name == "preconnect" and stand.sink.connections > before[1]:
        words.append("a connection")
    return words
