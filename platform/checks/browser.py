"""The only adapter to Chromium: shows file sets as the panes do and reports what happened.

Playwright runs in a thread of its own with its own event loop, so callers keep using the database (Django forbids it
beside a running loop) and a page that never answers cannot block them: every wait is bounded, and past the budget a
watchdog ends the whole browser, which is started anew for the next page.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any, Self, TypeVar

from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Playwright, Route, async_playwright

from checks import chromium, showing, watchdog
from checks.exploration import Exploration
from checks.looking import WIDTHS
from checks.preview_files import PREVIEW_ORIGIN, PreviewFiles
from checks.rendering import Rendering
from checks.shelf import BUILD_DIR
from checks.verdict import Files

BUDGET_S = 20.0
MEMORY_BYTES = 2 * 1024**3
EXPLORED_WIDTH = 1280

_HERE = Path(__file__).parent
T = TypeVar("T")


class BrowserLost(RuntimeError):
    """Chromium or its driver failed, through no fault of the page: run the check again."""


class Browser:
    """A Chromium that renders one page at a time, each in a fresh context. Not for sharing between threads.

    Start it after a worker has forked. `with Browser.launch() as browser: browser.render(files, "html")`.
    """

    def __init__(self, build_dir: Path, *, budget_s: float, memory_bytes: int) -> None:
        self.build_dir = build_dir
        self._budget_s = budget_s
        self._memory_bytes = memory_bytes
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chromium", daemon=True)
        self._thread.start()
        self._playwright: Playwright | None = None
        self._chromium: PlaywrightBrowser | None = None
        self._desk: Page | None = None
        self._dog: watchdog.Watchdog | None = None
        self._folder: Path | None = None
        self._leader = 0
        self._uid: int | None = None
        self._assembled: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._files = PreviewFiles(build_dir)
        self._closed = False

    @classmethod
    def launch(
        cls, build_dir: Path | None = None, *, budget_s: float = BUDGET_S, memory_bytes: int = MEMORY_BYTES
    ) -> Self:
        """Start Chromium. `build_dir` is the front end's build; a page gets `budget_s` seconds and `memory_bytes`.

        Raises ChromiumMissing where there is none, BrowserLost where it does not start.
        """
        browser = cls(build_dir or BUILD_DIR, budget_s=budget_s, memory_bytes=memory_bytes)
        try:
            browser._start()
        except BaseException:
            browser.close()
            raise
        return browser

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def healthy(self) -> bool:
        """Whether Chromium is up and answers."""
        if self._closed or self._chromium is None or not self._chromium.is_connected() or self._desk is None:
            return False
        with contextlib.suppress(PlaywrightError, TimeoutError):
            return bool(self._wait(self._desk.evaluate("1 + 1"), 5.0) == 2)
        return False

    def close(self) -> None:
        """End Chromium and everything it started. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._end()
        if self._playwright is not None:
            with contextlib.suppress(PlaywrightError, TimeoutError):
                self._wait(self._playwright.stop(), 5.0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        if not self._thread.is_alive():
            self._loop.close()

    # -- what checks ask for

    def render(
        self,
        files: Files,
        framework: str,
        widths: Sequence[int] = WIDTHS,
        *,
        script: str | None = None,
        screenshots: bool = True,
    ) -> Rendering:
        """Show `files` at each of `widths` (CSS pixels) and report.

        `script` is an expression evaluated in the isolated world once the page was seen at the first width; its
        JSON-able value (a promise is awaited) becomes `result`. Of several widths the others come first on a heavy
        page: there the script is left out. A page that hangs, crashes or takes too much memory
        gives a Rendering with `hung`. Raises BrowserLost when Chromium itself failed.
        """
        seen = Rendering()
        self._guarded(self._visit(files, framework, tuple(widths), script, screenshots, seen), seen)
        return seen

    def examine(
        self, files: Files, framework: str, *, script: str | None = None
    ) -> tuple[Rendering, Exploration | None]:
        """`render` at `WIDTHS`, then `explore` in the same context: one process and one start less than both apart.

        None in place of the exploration of a page that hung or left. Raises BrowserLost when Chromium itself failed.
        """
        seen = Rendering()
        page = self._guarded(self._visit(files, framework, WIDTHS, script, True, seen, stay=True), seen)
        return seen, None if page is None else self._tried(files, framework, EXPLORED_WIDTH, page)

    def explore(self, files: Files, framework: str, width: int = EXPLORED_WIDTH) -> Exploration:
        """Try `files` out at `width` CSS pixels: see `exploring`. A page that hangs gives an Exploration with `hung`.

        Raises BrowserLost when Chromium itself failed.
        """
        return self._tried(files, framework, width, None)

    def _tried(self, files: Files, framework: str, width: int, page: showing.Showing | None) -> Exploration:
        log, found = Rendering(), Exploration()
        start = time.monotonic()
        self._guarded(self._explore(files, framework, width, found, log, page), log)
        found.errors, found.left = log.errors, log.left
        found.hung, found.why = log.hung, log.why
        found.took_ms = round((time.monotonic() - start) * 1_000)
        return found

    def _guarded(self, visit: Coroutine[Any, Any, T], seen: Rendering) -> T | None:
        """The result of a visit, within its budget of time and memory.

        None when the page broke it off; how goes into `seen`, and the browser is ended.
        """
        if self._closed:
            visit.close()
            raise BrowserLost("The browser was closed.")
        try:
            if self._chromium is None or not self._chromium.is_connected():
                self._end()
                self._start()
        except BaseException:
            visit.close()
            raise
        assert self._dog is not None
        dog = self._dog
        dog.guard(self._budget_s)
        try:
            return self._wait(visit, self._budget_s + 5.0)
        except (TimeoutError, PlaywrightError, CancelledError) as error:
            self._give_up(seen, dog, error)
            return None
        finally:
            dog.rest()
            seen.peak_bytes = dog.peak_bytes

    # -- starting and ending

    def _wait(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        """The result of `work` on the browser's thread. Raises TimeoutError past `seconds`."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise

    def _start(self) -> None:
        self._uid = chromium.run_as()
        self._folder = chromium.new_folder()
        script = chromium.write_launcher(self._folder, self._uid)
        try:
            self._wait(self._launch(script), 60.0)
            self._leader = int((self._folder / "pid").read_text())
        except (PlaywrightError, TimeoutError, OSError, ValueError) as error:
            self._end()
            raise BrowserLost(chromium.why_it_failed(error)) from error
        self._dog = watchdog.Watchdog(self._leader, self._uid, self._memory_bytes)
        self._dog.start()

    async def _launch(self, script: Path) -> None:
        if self._playwright is None:
            self._playwright = await async_playwright().start()
        self._chromium = await self._playwright.chromium.launch(
            executable_path=script,
            args=chromium.flags(),
            chromium_sandbox=True,
            headless=True,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            timeout=40_000,
        )
        context = await self._chromium.new_context(
            offline=True, service_workers="block", accept_downloads=False
        )
        await context.route("**/*", _abort)
        desk = await context.new_page()
        assembler = self.build_dir / "preview" / "assemble.js"
        if assembler.exists():
            # An IIFE's `var` must land on window, which a function body would keep to itself.
            await desk.add_script_tag(content=assembler.read_text())
        self._desk = desk

    def _end(self) -> None:
        if self._dog is not None:
            self._dog.stop()
            self._dog = None
        if self._leader == 0 and self._folder is not None:
            with contextlib.suppress(OSError, ValueError):
                self._leader = int((self._folder / "pid").read_text())
        if self._leader or self._uid is not None:
            watchdog.end(self._leader, self._uid)
        if self._chromium is not None:
            # Lets the driver notice and remove its own temporary folders.
            with contextlib.suppress(PlaywrightError, TimeoutError):
                self._wait(self._chromium.close(), 5.0)
        chromium.give_back(self._uid)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._chromium = self._desk = self._folder = self._uid = None
        self._leader = 0

    def _give_up(self, seen: Rendering, dog: watchdog.Watchdog, error: BaseException) -> None:
        """Sort out a visit that broke off: the page's doing becomes `hung`, anything else BrowserLost."""
        crashed = seen.why == "crash"
        timed_out = isinstance(error, TimeoutError) or "Timeout" in str(error)
        why = dog.why or (dog.blame() if timed_out and not crashed else "")
        self._end()
        if not (why or crashed):
            raise BrowserLost(chromium.why_it_failed(error)) from error
        if why == "busy":
            raise BrowserLost("The machine was too busy to show the page in time.") from error
        seen.hung = True
        seen.why = why or seen.why

    # -- one visit

    async def _assemble(self, files: Files, framework: str) -> dict[str, Any]:
        key = hashlib.sha256(json.dumps([framework, sorted(files.items())]).encode()).hexdigest()
        if key in self._assembled:
            self._assembled.move_to_end(key)
            return self._assembled[key]
        assert self._desk is not None
        if not await self._desk.evaluate("typeof HillclimbAssemble === 'object'"):
            raise BrowserLost(
                f"{self.build_dir / 'preview' / 'assemble.js'} is missing: build the front end first."
            )
        work = self._desk.evaluate(
            "([files, framework, shelfOrigin]) => HillclimbAssemble.assemble(files, framework, { shelfOrigin })",
            [dict(files), framework, PREVIEW_ORIGIN],
        )
        page: dict[str, Any] = await asyncio.wait_for(work, self._budget_s * 0.75)
        self._assembled[key] = page
        while len(self._assembled) > 8:
            self._assembled.popitem(last=False)
        return page

    async def _visit(
        self,
        files: Files,
        framework: str,
        widths: tuple[int, ...],
        script: str | None,
        screenshots: bool,
        seen: Rendering,
        *,
        stay: bool = False,
    ) -> showing.Showing | None:
        """Show a page; with `stay` it is left open and returned, unless it went elsewhere."""
        assembled = await self._assemble(files, framework)
        showing.note_assembly(assembled, seen)
        page = self._showing(assembled)
        await page.show(widths, script, screenshots, seen)
        if stay and not seen.left:
            return page
        await page.close()
        return None

    async def _explore(
        self,
        files: Files,
        framework: str,
        width: int,
        found: Exploration,
        log: Rendering,
        page: showing.Showing | None,
    ) -> None:
        """Try a page out, one that is open or one opened for it, and close it."""
        page = page or self._showing(await self._assemble(files, framework))
        await page.explore(width, found, log)
        await page.close()

    def _showing(self, assembled: dict[str, Any]) -> showing.Showing:
        assert self._chromium is not None
        return showing.Showing(self._chromium, self._files, str(assembled["html"]), self._budget_s)


async def _abort(route: Route) -> None:
    await route.abort("blockedbyclient")
