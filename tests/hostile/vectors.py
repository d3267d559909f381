"""What a hostile page tries from inside a preview: one row an attempt, by the route it takes.

A vector is code that runs in the page. Around it stand (see `page`): `to(name)` and `ws(name)`, addresses of the
sink; `UDP`, its datagram port; `IN_FLIGHT`; `add(html)`; `W`, the window of a fresh child frame, whose functions the
compatibility layer never touched; and `tell(word)`, by which the page says how it went. A word that begins with
`got` is a breach in itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.hostile import leaks, reaches
from tests.hostile.hangs import HANGS

# Clicks are kept from the compatibility layer, which only explains; what holds must hold without it.
PLAIN_CLICK = (
    "for (const kind of ['click', 'auxclick', 'submit']) window.addEventListener(kind, (e) => e.stopImmediatePropagation(), true);"
    "const click = (tag, more) => { const e = document.createElement(tag);"
    " for (const [k, v] of Object.entries(more)) e.setAttribute(k, v); document.body.append(e); W.HTMLElement.prototype.click.call(e) };"
)
NOTHING = "nothing is heard"
# Keys a page may get hold of where the browser cannot refuse it the keyboard: the one in flight, each time it takes it
# until it is stopped for it (TAKES in frontend/preview/pane.ts, and the last).
IN_FLIGHT = 3


@dataclass(frozen=True, slots=True)
class Vector:
    """One attempt. `gesture`: it waits for a person's click. `stops`: the pane must stop the page. `keys`: how many it may get."""

    route: str
    name: str
    code: str
    expected: str = NOTHING
    gesture: bool = False
    stops: bool = False
    keys: int = 0
    seconds: float = 0.8
    short: bool = False


def _route(
    route: str, expected: str, rows: dict[str, str], *, short: tuple[str, ...] = ()
) -> Iterator[Vector]:
    for name, code in rows.items():
        yield Vector(route, name, code, expected, short=name in short)


def _all() -> Iterator[Vector]:
    yield from _route(
        "requests", NOTHING, leaks.REQUESTS, short=("fetch of an untouched window", "WebSocket")
    )
    yield from _route("styles and fonts", NOTHING, leaks.STYLES, short=("@import",))
    yield from _route("images and media", NOTHING, leaks.MEDIA, short=("image",))
    yield from _route("SVG, XML and markup", NOTHING, leaks.MARKUP)
    yield from _route("hints", NOTHING, leaks.HINTS, short=("preconnect",))
    yield from _route("scripts", NOTHING, leaks.SCRIPTS)
    yield from _route("workers", NOTHING, leaks.WORKERS, short=("fetch in a blob: worker",))
    yield from _route("frames", NOTHING, leaks.FRAMES)
    yield from _route(
        "navigation",
        "the app stays, nothing is heard",
        leaks.LEAVING,
        short=("location", "refresh directive"),
    )
    yield from _route("links", "the app stays, nothing is heard", leaks.LINKS, short=("link into a new tab",))
    yield from _route("downloads", "no file", leaks.DOWNLOADS)
    yield from _route("forms", NOTHING, leaks.FORMS, short=("POST into a new tab",))
    yield from _route("windows", "no window, the app stays", reaches.WINDOWS)
    yield from (
        Vector("WebRTC", name, code, seconds=2.5, short=name == "STUN and TURN")
        for name, code in leaks.WEBRTC.items()
    )
    yield from _route("parent, top, opener", "refused", reaches.REACHING, short=("parent.document",))
    yield from _route(
        "messages",
        "nobody listens",
        reaches.MESSAGES,
        short=("a page for the neighbour", "the pane's port, by a getter"),
    )
    yield from _route("storage", "nothing is kept", reaches.STORES, short=("IndexedDB",))
    yield from _route("permissions", "refused, without a question", reaches.PERMISSIONS)
    yield from (
        Vector(route, name, code, "nothing opens", gesture=True)
        for name, (route, code) in reaches.GESTURES.items()
    )
    yield from _route(
        "dialogs", "none outside the pane", reaches.DIALOGS, short=("alert of an untouched window",)
    )
    yield from _route("tricks", "stays in its frame", reaches.TRICKS)
    yield from (
        Vector(
            "keys",
            name,
            code,
            "no more than the keys in flight",
            keys=IN_FLIGHT,
            short="from the app" in name,
        )
        for name, code in reaches.KEYS.items()
    )
    for name, (code, seconds, stops) in HANGS.items():
        yield Vector(
            "hangs",
            name,
            code,
            "is stopped; the app answers" if stops else "the app answers",
            seconds=seconds,
            stops=stops,
            short=name == "endless loop",
        )


VECTORS: tuple[Vector, ...] = tuple(_all())


def page(vector: Vector, address: str, udp: int, app: str) -> str:
    """A page that tries `vector`; `address` is the sink's, and names the vector."""
    tries = f"try {{ {vector.code} }} catch (e) {{ tell('refused') }}"
    if vector.gesture:
        tries = f"addEventListener('mousedown', () => {{ {tries} }}, {{once: true}})"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"></head><body><h1>A sound page</h1><script>'
        f"const APP = '{app}', IN_FLIGHT = {IN_FLIGHT}, UDP = {udp}, TCP = {urlsplit(address).port}, to = () => '{address}', ws = () => to().replace('http', 'ws');"
        "const tell = (word) => console.log('told ' + word);"
        "const add = (html) => document.body.insertAdjacentHTML('beforeend', html);"
        "const W = document.body.appendChild(document.createElement('iframe')).contentWindow;"
        f"{PLAIN_CLICK}\n{tries}</script></body></html>"
    )
