"""Hostile pages in a pane of the app, in a real Chromium, with ears wherever something could get out.

The app page holds the hostile pane beside a sound one. The browser is made as permissive as it can be (every
permission granted, no popup blocker), so that what refuses is ours. Each vector is tried twice: in the pane, where
nothing may be heard, and as a bare page of the same server, which shows that the ears would hear.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame, Page

from tests.hostile.canaries import AT_ONCE, CANARIES, bare
from tests.hostile.stand import Stand, Visit, until
from tests.hostile.table import Row
from tests.hostile.vectors import NOTHING, VECTORS, Vector, page

STATE = """() => ({
  url: location.href, title: document.title, icons: document.querySelectorAll("link[rel~=icon]").length,
  cells: document.body.childElementCount, words: document.getElementById("words").value, gap: Math.round(window.gap),
  heard: window.heard, scrolled: scrollX + scrollY, polluted: ({}).polluted !== undefined,
  held: Boolean(document.fullscreenElement || document.pointerLockElement),
  notice: document.querySelector("#a .preview-notice:not([hidden])")?.textContent ?? "",
  mark: document.querySelector("#a .preview-mark")?.getClientRects().length ?? 0,
  told: events.a.filter(({type, message}) => type === "console" && message.startsWith("told ")).map(({message}) => message.slice(5)),
  caught: events.a.filter(({type}) => type === "caught").length, loaded: events.a.some(({type}) => type === "loaded"),
})"""
Trying = Callable[[Sequence[str]], None]
# Routes whose vectors are tried one at a time: they take the machine, the keyboard or the window for themselves.
ALONE = ("hangs", "tricks", "keys", "dialogs")
SOUND = {"index.html": "<!DOCTYPE html><html lang='en'><body><h1 id=fine>fine</h1></body></html>"}
TYPED = "secret"
# Longest the app's own thread may be held, in milliseconds, beyond what holds a page that nothing hostile touches.
HELD_MS = 1500
# A person who types nothing for so long has paused (WRITING in frontend/preview/focus.ts), in milliseconds, with room.
PAUSE_MS = 700
# How often a vector that hangs on somebody typing is tried again, when the machine stood still meanwhile.
TRIES = 4
# How long somebody who types waits for the field to have the keyboard again, in seconds.
LOOKS_UP_S = 2.0
# How long a pane may take to stop a page that hangs while it loads, in seconds, with room for a crowded machine.
STOP_S = 25.0


def _begin(stand: Stand, vector: Vector, key: str) -> Visit:
    """Open the app and show the hostile page beside a sound one."""
    visit = stand.opened(vector, key)
    page_ = visit.page
    page_.goto(stand.site.app_origin + "/")
    if not until(page_, "window.isReady === true", 20):
        raise RuntimeError("the app page did not start")
    page_.evaluate("(sound) => { addPane('a'); addPane('b'); void panes.b.show(sound, 'html') }", SOUND)
    if not until(page_, "events.b.some(({type}) => type === 'loaded')", 20):
        raise RuntimeError("the sound page did not start")
    page_.focus("#words")
    page_.evaluate("() => { window.gap = 0 }")
    page_.keyboard.press("Shift")
    html = page(vector, stand.address(key), stand.sink.udp_port, stand.site.app_origin)
    page_.evaluate("(html) => void panes.a.show({'index.html': html}, 'html')", html)
    visit.began = time.monotonic()
    return visit


def _act(visit: Visit) -> None:
    """What a person does meanwhile: types into the app's own field, or clicks where the page begs for it."""
    page_ = visit.page
    if visit.vector.stops:
        return
    for _ in range(300):
        # Somebody who is writing: keys that leave no letter.
        if not visit.vector.gesture:
            page_.keyboard.press("Shift")
        if until(page_, "events.a.some(({type}) => type === 'loaded' || type === 'hung')", 0.05):
            break
    if visit.vector.gesture:
        box = page_.locator("#a .preview-stage").bounding_box()
        if box:
            page_.mouse.click(box["x"] + box["width"] / 2, box["y"] + 200)
        return
    for letter in TYPED:
        if visit.vector.keys:
            # Then what a page gets is what was in flight as it took the keyboard, however slow the machine is.
            until(page_, "document.hasFocus() && document.activeElement?.id === 'words'", LOOKS_UP_S)
        page_.keyboard.press(letter)
        page_.wait_for_timeout(30)


def _end(stand: Stand, visit: Visit) -> Row:
    """Look at everything that could have changed, and close the page."""
    vector, page_ = visit.vector, visit.page
    if vector.stops:
        until(page_, "document.querySelector('#a .preview-notice:not([hidden])') !== null", STOP_S)
    left = visit.began + vector.seconds - time.monotonic()
    if left > 0:
        page_.wait_for_timeout(left * 1000)
    faults = [f"reached the sink: {hit}" for hit in stand.hits(visit.key)] + list(visit.ears)
    crowded_ms, answers_ms = stand.crowded_ms()
    asked = time.monotonic()
    state: dict[str, Any] = page_.evaluate(STATE)
    answered_ms = round((time.monotonic() - asked) * 1000)
    faults += [word for word in state["told"] if word.startswith("got")]
    faults += [f"heard {word}" for word in state["heard"]]
    same = {
        "url": stand.site.app_origin + "/",
        "title": "Panes",
        "icons": 0,
        "cells": 4,
        "scrolled": 0,
        "polluted": False,
        "held": False,
    }
    faults += [f"{name} is {state[name]!r}" for name, wanted in same.items() if state[name] != wanted]
    if not state["mark"]:
        faults.append("the border is gone")
    if not vector.gesture and not vector.stops and not 0 <= _missing(state["words"]) <= vector.keys:
        faults.append(f"the app's field holds {state['words']!r}")
    if vector.stops and not state["notice"]:
        faults.append("was not stopped")
    if state["gap"] > crowded_ms + HELD_MS or answered_ms > answers_ms + HELD_MS:
        faults.append(f"the app was held, an untouched page {crowded_ms} ms")
    faults += _kept(visit) if vector.route == "storage" else []
    faults += _after(visit)
    seen = [
        *dict.fromkeys(state["told"][:2]),
        *([state["notice"].removesuffix("Start it again")] if state["notice"] else []),
        *([f"{state['caught']} caught"] if state["caught"] else []),
        f"the app waited {state['gap']} ms at most",
    ]
    visit.close()
    return Row(vector.name, vector.route, vector.expected, "; ".join(seen), "; ".join(dict.fromkeys(faults)))


def _missing(words: str) -> int:
    """How many of the letters typed are not in the field; -1 when it holds anything else."""
    typed = iter(TYPED)
    return len(TYPED) - len(words) if all(letter in typed for letter in words) else -1


def _kept(visit: Visit) -> list[str]:
    state = visit.context.storage_state(indexed_db=True)
    return [f"kept {json.dumps(state)[:200]}"] if state.get("cookies") or state.get("origins") else []


def _after(visit: Visit) -> list[str]:
    """Whether the neighbour is as it was, and the pane shows the next page."""
    page_ = visit.page
    try:
        page_.evaluate("(sound) => { events.a.length = 0; void panes.a.show(sound, 'html') }", SOUND)
        if not until(page_, "events.a.some(({type}) => type === 'loaded')", 20):
            return ["the next page did not start"]
        for key in ("a", "b"):
            if not _shows_sound(page_, key):
                return [f"pane {key} does not show its page"]
    except PlaywrightError as error:
        return [f"the app does not answer: {str(error)[:80]}"]
    return []


def _shows_sound(page_: Page, key: str) -> bool:
    """Whether a pane shows the sound page; its frame may be exchanged at this very moment."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        with contextlib.suppress(PlaywrightError):
            handle = page_.query_selector(f"#{key} iframe")
            frame: Frame | None = handle.content_frame() if handle else None
            if frame and frame.text_content("#fine", timeout=1000) == "fine":
                return True
        page_.wait_for_timeout(100)
    return False


def in_panes(stand: Stand, vectors: Sequence[Vector], *, trying: Trying) -> Iterator[tuple[str, Row]]:
    """Try every vector in a pane, some at a time; pages that hang go alone. Yields (key, row)."""
    named = {f"v{VECTORS.index(vector)}": vector for vector in vectors}
    calm = [item for item in named.items() if item[1].route not in ALONE]
    groups: list[list[tuple[str, Vector]]] = [calm[at : at + AT_ONCE] for at in range(0, len(calm), AT_ONCE)]
    groups += [[item] for item in named.items() if item[1].route in ALONE]
    again = TRIES
    for group in groups:
        trying([key for key, _ in group])
        stand.quiet()
        connections, datagrams = stand.sink.connections, stand.sink.heard.count("UDP")
        visits = [_begin(stand, vector, key) for key, vector in group]
        for visit in visits:
            _act(visit)
        rows = [(visit.key, _end(stand, visit)) for visit in visits]
        if group[0][1].keys and rows[0][1].fault and stand.crowded_ms()[0] > PAUSE_MS and again:
            # Nobody typed while the machine stood still, and who has paused keeps what the page did.
            again -= 1
            groups.append(group)
            continue
        yield from rows
        fault = "by one of " + ", ".join(vector.name for _, vector in group)
        if stand.sink.connections > connections and not any("reached" in row.fault for _, row in rows):
            yield "", Row("a connection without a request", "any", NOTHING, "a connection", fault)
        if stand.sink.heard.count("UDP") > datagrams:
            yield "", Row("a datagram", "any", NOTHING, "a datagram", fault)
    trying([])


def everything(vectors: Sequence[Vector]) -> Iterator[Row]:
    """Every vector in a pane; then the canaries without walls; then what the browser's own log says."""
    for _, row in told(vectors, trying=lambda _: None):
        yield row


def told(vectors: Sequence[Vector], *, trying: Trying) -> Iterator[tuple[str, Row]]:
    """The rows of `everything`, each vector's own with its key; `trying` is told the keys that are next."""
    with Stand() as stand:
        rows: dict[str, Row] = {}
        for key, row in in_panes(stand, vectors, trying=trying):
            rows[key] = row
            yield key, row
        heard = f"{stand.sink.connections} connections, {len(stand.sink.heard)} requests"
        fault = "something reached it" if stand.sink.connections or stand.sink.heard else ""
        yield "", Row("all of the above", "the sink", NOTHING, heard, fault)
        canaries = [vector for vector in vectors if vector.name in CANARIES]
        without = bare(stand, canaries)
        stand.close()
        looked_up, requests = stand.looked_up(), stand.requests()
    for vector in canaries:
        words = list(dict.fromkeys(without[vector.name]))
        if f"c{VECTORS.index(vector)}" in looked_up:
            words.append("the name was looked up")
        name = f"{vector.name}, without walls"
        yield "", Row(name, vector.route, "heard", "; ".join(words), "" if words else "the ears are deaf")
    leaks = [rows[key].vector for key in looked_up if key in rows]
    yield "", _logged("names looked up", leaks)
    mine = {f"v{VECTORS.index(vector)}.sink.test" for vector in vectors}
    yield "", _logged("requests begun", sorted(host for host in requests if host.split(":")[0] in mine))


def _logged(what: str, found: Sequence[str]) -> Row:
    return Row(what, "the browser's log", "none by a pane", "" if found else "as expected", ", ".join(found))
