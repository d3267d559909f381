"""One visit to one page: what it asks for, what it says, and the probe that looks at it from an isolated world."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from playwright.async_api import CDPSession, ConsoleMessage, Frame, Page, Request, Route, ViewportSize
from playwright.async_api import Error as PlaywrightError

from checks.preview_files import FRAME_URL, PREVIEW_ORIGIN, PreviewFiles
from checks.rendering import Log, Rendering

HEIGHTS = {1280: 800, 768: 1024, 375: 812}
MAX_SHOT_HEIGHT = 8_000
MAX_SHOT_BYTES = 8 * 1024 * 1024

_HERE = Path(__file__).parent
_CSP_SAYS = re.compile(
    r"Content Security Policy|Connection-Allowlist|Refused to (?:load|connect|frame|execute|apply|send)"
)
_QUOTED_URL = re.compile(r"'((?:https?|wss?|data|blob|file):[^'\s]{1,500})'")
_MOVED = re.compile(
    r"Cannot find (?:default )?(?:execution )?context|context was destroyed|navigated|No frame", re.IGNORECASE
)
PROBE = (_HERE / "probe.js").read_text()
EQUALISER = (_HERE / "equaliser.js").read_text()
CLOCK = (_HERE / "clock.js").read_text()
EXPLORER = (_HERE / "explorer.js").read_text()


class Visit:
    """The requests and events of one visit, written into `seen`."""

    def __init__(self, files: PreviewFiles, seen: Rendering) -> None:
        self._files, self._seen = files, seen
        self.log = Log(seen)
        self._opening = False
        self._pending = 0

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.log.message("uncaught", *_where(error)))
        page.on("console", self._console)
        page.on("crash", lambda _: self._crashed())
        page.on("dialog", lambda dialog: asyncio.ensure_future(_quietly(dialog.dismiss())))
        # Being listened to is what keeps a chooser of files from opening.
        page.on("filechooser", lambda _: None)
        page.on("popup", lambda popup: asyncio.ensure_future(_quietly(popup.close())))
        page.on("requestfailed", self._failed)
        page.on("framenavigated", self._moved)

    async def attend(self, session: CDPSession) -> None:
        """Hear of navigations the page asks for: those its policy stops never become requests."""
        session.on("Page.frameRequestedNavigation", self._asked)
        await session.send("Page.enable")

    def _asked(self, event: dict[str, Any]) -> None:
        url = str(event.get("url", ""))
        if not self._opening and url.split("#")[0] != FRAME_URL:
            self.log.blocked(url, "navigation")

    def _moved(self, frame: Frame) -> None:
        if frame.parent_frame is None and not self._opening and frame.url.split("#")[0] != FRAME_URL:
            self._seen.left = True

    def turn_to(self, seen: Rendering) -> None:
        """From now on what the page does goes into `seen`."""
        self._seen, self.log = seen, Log(seen)

    async def open(self, page: Page, html: str) -> None:
        """Load the frame page and hand it the assembled code. Raises TimeoutError for a page that never yields."""
        self._opening = True
        await page.goto(FRAME_URL, wait_until="load")
        self._opening = False
        await page.evaluate("(html) => window.__hillclimbLoad(html, window.__hillclimbHeard)", html)

    @property
    def stopped(self) -> int:
        """How many requests and navigations were stopped so far, each address counted once."""
        return len(self._seen.blocked)

    @property
    def errors(self) -> int:
        """How many different uncaught errors were raised so far."""
        return len(self._seen.errors)

    async def quiet(self) -> None:
        """Wait until no request has been under way for a moment; two seconds at most."""
        for _ in range(100):
            if self._pending == 0:
                return
            await asyncio.sleep(0.02)

    async def answer(self, route: Route) -> None:
        """Serve the frame, the runtime and the shelf from memory; let nothing else through."""
        request = route.request
        url = request.url
        self._pending += 1
        try:
            if request.is_navigation_request():
                if url == FRAME_URL and self._opening:
                    body, headers = self._files.frame()
                    await route.fulfill(status=200, body=body, headers=dict(headers))
                else:
                    self.log.blocked(url, "navigation")
                    # `aborted` keeps the page where it is; other reasons would show Chromium's error page.
                    await route.abort("aborted")
            elif found := self._files.asset(url):
                await route.fulfill(status=200, body=found[0], headers=dict(found[1]))
            else:
                if not url.endswith("/favicon.ico"):
                    self.log.blocked(url, request.resource_type)
                await route.abort("blockedbyclient")
        except PlaywrightError:
            # The page went away while it was being answered.
            return
        finally:
            self._pending -= 1

    def _failed(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")) and not request.url.endswith("/favicon.ico"):
            self.log.blocked(
                request.url, "navigation" if request.is_navigation_request() else request.resource_type
            )

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        if _CSP_SAYS.search(text):
            if (match := _QUOTED_URL.search(text)) is not None:
                self.log.blocked(match.group(1), "policy")
            return
        # Chromium repeats each stopped request here.
        if text.startswith("Failed to load resource"):
            return
        where = message.location
        self.log.message(message.type, text, *_place(where["url"], where["lineNumber"] + 1))

    def _crashed(self) -> None:
        self._seen.why = "crash"
        for task in asyncio.all_tasks():
            if getattr(task.get_coro(), "__name__", "") in ("_visit", "_explore"):
                task.cancel()


async def _quietly(work: Coroutine[Any, Any, Any]) -> None:
    with contextlib.suppress(PlaywrightError):
        await work


async def hold(session: CDPSession, on: bool, *, only_if_late: bool = False) -> None:
    """Stop the page's animation frames (`only_if_late`: those of a page too slow for this machine), or let them go."""
    call = f"globalThis.__hillclimbHold?.({str(on).lower()}, {str(only_if_late).lower()})"
    await session.send("Runtime.evaluate", {"expression": call})


class Probe:
    """Our scripts in one page: an isolated world that is made anew when the page moves to another document."""

    def __init__(self, session: CDPSession, script: str) -> None:
        self._session, self._script = session, script
        self._world: int | None = None

    def forget(self) -> None:
        """The page was loaded again."""
        self._world = None

    async def ask(self, expression: str) -> Any:
        """The JSON-able value of `expression`, awaited. Raises Playwright's Error when it throws."""
        for attempt in range(3):
            try:
                if self._world is None:
                    self._world = await self._enter()
                return await self._evaluate(expression)
            except PlaywrightError as error:
                if attempt == 2 or not _MOVED.search(str(error)):
                    raise
                self._world = None
        raise AssertionError("the last attempt returns or raises")

    async def _enter(self) -> int:
        tree = await self._session.send("Page.getFrameTree")
        made = await self._session.send(
            "Page.createIsolatedWorld",
            {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "hillclimb"},
        )
        world = int(made["executionContextId"])
        await self._session.send("Runtime.evaluate", {"expression": self._script, "contextId": world})
        return world

    async def _evaluate(self, expression: str) -> Any:
        answer = await self._session.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": self._world,
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        if "exceptionDetails" in answer:
            said = answer["exceptionDetails"].get("exception", {}).get("description", "unknown error")
            raise PlaywrightError(f"The probe failed: {said[:300]}")
        return answer["result"].get("value")


async def picture(session: CDPSession, width: int, height: int) -> bytes:
    """A PNG of the page from its top, at most `MAX_SHOT_HEIGHT` tall and `MAX_SHOT_BYTES` large."""
    window = HEIGHTS.get(width, 800)
    tall = max(window, min(height, MAX_SHOT_HEIGHT))
    while True:
        answer = await session.send(
            "Page.captureScreenshot",
            {
                "format": "png",
                "captureBeyondViewport": tall > window,
                "optimizeForSpeed": True,
                "clip": {"x": 0, "y": 0, "width": width, "height": tall, "scale": 1},
            },
        )
        png = base64.b64decode(answer["data"])
        if len(png) <= MAX_SHOT_BYTES or tall <= 400:
            return png
        tall //= 2


def user_agent(version: str) -> str:
    major = version.split(".")[0]
    return f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"


def viewport(width: int) -> ViewportSize:
    return {"width": width, "height": HEIGHTS.get(width, 800)}


# The frame writes the page; where a script of it breaks off is not the frame's doing.
_WRITTEN = "Failed to execute 'write' on 'Document': "
_STACK_PLACE = re.compile(r"([^\s()]{1,300}):(\d{1,7}):\d{1,7}\)?\s*$", re.MULTILINE)


def _where(error: PlaywrightError) -> tuple[str, str, int | None]:
    """Message, file and line of an uncaught error."""
    name, text = error.name or "", error.message or "an error without a message"
    text = text.removeprefix(_WRITTEN)
    shown = text if not name or name == "Error" or text.startswith(name) else f"{name}: {text}"
    match = _STACK_PLACE.search((error.stack or "")[:5_000])
    return (shown, *_place(match.group(1), int(match.group(2)))) if match else (shown, "", None)


def _place(url: str, line: int) -> tuple[str, int | None]:
    """A script's file and line as a person would name them: our own addresses, and lines in them, say nothing.

    The runtime names every script of the files, those inside a page too, by the file it stands in.
    """
    if url.startswith((FRAME_URL, "about:", "data:", "<anonymous>")) or not url:
        return "", None
    return unquote(url.removeprefix(PREVIEW_ORIGIN).removeprefix("/"))[:200], line
