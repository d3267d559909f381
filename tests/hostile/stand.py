"""Where hostile pages are tried: a browser as permissive as can be, the site, and ears wherever something could get out.

Beside the pages that are tried stands a control: a page like the app's that nothing hostile touches. How long it was
held tells how crowded the machine is, which is no page's fault.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from checks.chromium import find
from tests.browser.runtime_site import RuntimeSite, Sink
from tests.hostile.vectors import VECTORS, Vector

APP = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Panes</title>
<link rel="stylesheet" href="/static/build/app/app.css"><link rel="stylesheet" href="/static/build/preview/pane.css">
<style>body{margin:0;display:flex;height:140vh}.cell{flex:1;display:flex;min-width:0;height:100vh}</style></head><body><input id="words" aria-label="Words"><script type="module">
import {Pane} from "/static/build/preview/pane.js";
window.panes = {}; window.events = {}; window.heard = []; window.gap = 0;
window.addPane = (key) => {
  const cell = document.body.appendChild(Object.assign(document.createElement("div"), {className: "cell", id: key}));
  window.events[key] = [];
  window.panes[key] = new Pane(cell, {origin: %(preview)s, title: key, onEvent: (event) => { if (window.events[key].length < 500) window.events[key].push(event) }});
};
new BroadcastChannel("app").onmessage = () => window.heard.push("a broadcast");
addEventListener("storage", () => window.heard.push("a change of storage"));
let last = performance.now();
setInterval(() => { const now = performance.now(); window.gap = Math.max(window.gap, now - last); last = now }, 20);
window.isReady = true;
</script></body></html>"""
GRANTED = ["geolocation", "camera", "microphone", "notifications", "clipboard-read", "clipboard-write", "midi", "midi-sysex",
           "local-fonts", "storage-access", "accelerometer", "gyroscope", "magnetometer", "payment-handler", "background-sync"]  # fmt: skip

SEEN_AS: dict[str, Any] = {
    "viewport": {"width": 1200, "height": 700},
    "permissions": GRANTED,
    # Without a place to tell the browser would look for one, for longer than anybody waits.
    "geolocation": {"latitude": 51.5, "longitude": 0.1},
    "accept_downloads": True,
}
# Routes that are tried in an ordinary profile, as people have: a private window takes no hints.
ORDINARY = frozenset({"hints"})


@dataclass
class Visit:
    """One page that is being watched, and what was heard of it beside the sink."""

    vector: Vector
    key: str
    context: BrowserContext
    page: Page
    ears: list[str] = field(default_factory=list)
    began: float = 0.0

    def close(self) -> None:
        """Close the page, and its context where it has one of its own."""
        if self.vector.route in ORDINARY:
            self.page.close()
        else:
            self.context.close()


class Stand:
    """A browser, the site and the sink. Use it in a `with`."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self.sink, self.site = Sink(), RuntimeSite(page=APP)
        self._stack.callback(self.sink.close)
        self._stack.callback(self.site.close)
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        # A name that is only looked up is heard of in the browser's own log, by an address nothing else has.
        self._lookups = {
            f"{way}{VECTORS.index(v)}": f"127.9.{n}.{VECTORS.index(v) + 1}"
            for v in VECTORS
            if v.name == "dns-prefetch"
            for n, way in enumerate("vc")
        }
        self._names = [f"MAP {key}.sink.test {address}" for key, address in self._lookups.items()] + [
            "MAP *.sink.test 127.0.0.1"
        ]

    def __enter__(self) -> Self:
        chromium = self._stack.enter_context(sync_playwright()).chromium
        self.browser: Browser = chromium.launch(
            executable_path=str(find()), downloads_path=self._folder, args=self._flags("private")
        )
        self._ordinary = chromium.launch_persistent_context(
            self._folder / "profile", executable_path=str(find()), args=self._flags("ordinary"), **SEEN_AS
        )
        self._control = self.browser.new_page()
        self._control.goto(self.site.app_origin + "/")
        if not until(self._control, "window.isReady === true", 60):
            raise RuntimeError("the app page did not start")
        return self

    def _flags(self, browser: str) -> list[str]:
        return [
            "--no-sandbox",
            "--disable-popup-blocking",
            "--use-fake-device-for-media-stream",
            f"--host-resolver-rules={','.join(self._names)}",
            f"--log-net-log={self._folder / browser}.json",
            "--net-log-capture-mode=Everything",
        ]

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def address(self, key: str) -> str:
        """Where a vector tries to be heard: its key stands in the name, for the ears on name resolution, and the path."""
        return f"http://{key}.sink.test:{self.sink.port}/{key}?secret=1"

    def hits(self, key: str) -> list[str]:
        """What reached the sink by HTTP from the vector called `key`."""
        return sorted({line.split("?")[0] for line in list(self.sink.heard) if f"/{key}?" in f"{line}?"})

    def opened(self, vector: Vector, key: str) -> Visit:
        """A context of its own with a page in it, and ears on whatever it opens."""
        ordinary = vector.route in ORDINARY
        context = self._ordinary if ordinary else self.browser.new_context(**SEEN_AS)
        page_ = context.new_page()
        visit = Visit(vector, key, context, page_)
        # The ordinary profile is shared: what its context tells may be another page's.
        if ordinary:
            page_.on("popup", lambda _: visit.ears.append("a window"))
        else:
            context.on("page", lambda _: visit.ears.append("a window"))
        (page_ if ordinary else context).on(
            "dialog", lambda dialog: (visit.ears.append(f"a dialog ({dialog.type})"), dialog.dismiss())
        )
        page_.on("download", lambda _: visit.ears.append("a download"))
        return visit

    def quiet(self) -> None:
        """Forget how long the control was held."""
        self._control.evaluate("() => { window.gap = 0 }")

    def crowded_ms(self) -> tuple[int, int]:
        """How long the control was held since `quiet`, and how long it takes to answer now, in milliseconds."""
        asked = time.monotonic()
        gap: float = self._control.evaluate("() => window.gap")
        return round(gap), round((time.monotonic() - asked) * 1000)

    def close(self) -> None:
        """Close the browsers, so that their logs are complete."""
        self._ordinary.close()
        self.browser.close()

    def _logged(self) -> str:
        """What happened, by the browsers' own logs; not their heads, where the command line has every name we gave."""
        logs = (path.read_text(errors="replace") for path in sorted(self._folder.glob("*.json")))
        return "".join(log[log.index('"events"') :] for log in logs)

    def looked_up(self) -> set[str]:
        """Keys of the vectors whose name a browser looked up; only after `close`."""
        text = self._logged()
        return {key for key, address in self._lookups.items() if address in text}

    def requests(self) -> set[str]:
        """Hosts with ports a browser asked anything of; only after `close`."""
        return set(re.findall(r'"url":"https?://([^/"?]+)', self._logged()))


def until(page_: Page, condition: str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if page_.evaluate(condition):
            return True
        page_.wait_for_timeout(50)
    return False
