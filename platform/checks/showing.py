"""One page in a context of its own: shown at several widths with pictures, or tried out at one."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import BrowserContext

from checks.exploration import Exploration
from checks.exploring import Explorer
from checks.preview_files import PreviewFiles
from checks.rendering import Mark, Rendering, Shot, Trouble
from checks.visit import (
    CLOCK,
    EQUALISER,
    EXPLORER,
    HEIGHTS,
    PROBE,
    Probe,
    Visit,
    hold,
    picture,
    user_agent,
    viewport,
)

SETTLE_MS = 6_000
QUIET_MS = 50
# A page that takes longer to settle is resized, not loaded again; past this share of the budget widths are skipped.
RELOAD_UNDER_MS = 3_000
SKIP_AFTER = 0.6
# Code that reads the width once draws for it; such pages are loaded anew at every width, the others are resized.
_MEASURES = re.compile(
    r"innerWidth|innerHeight|matchMedia|<canvas|visualViewport|screen\.width|createElement\(['\"]canvas"
)


def note_assembly(assembled: Mapping[str, Any], seen: Rendering) -> None:
    """What the assembler could not do goes into `seen`."""
    seen.problems += [
        Trouble(
            str(item.get("message", "")),
            str(item.get("path", "")),
            item.get("line"),
            str(item.get("fix") or ""),
        )
        for item in assembled.get("problems", ())
    ]
    seen.unshelved += [
        Trouble(str(item.get("url", "")), fix=str(item.get("hint") or ""))
        for item in assembled.get("unshelved", ())
    ]


class Showing:
    """One visit to one assembled page in a fresh context."""

    def __init__(
        self,
        chromium: PlaywrightBrowser,
        files: PreviewFiles,
        html: str,
        budget_s: float,
        is_uniform: Callable[[bytes], Awaitable[bool]],
    ) -> None:
        self._chromium, self._files, self._html = chromium, files, html
        self._budget_s, self._is_uniform = budget_s, is_uniform

    async def show(
        self, widths: tuple[int, ...], script: str | None, screenshots: bool, seen: Rendering
    ) -> None:
        """Show the page at each of `widths` into `seen`; see `Browser.render`."""
        context = await self._context(widths[0])
        try:
            visit = Visit(self._files, seen)
            await context.add_init_script(EQUALISER)
            await context.route("**/*", visit.answer)
            page = await context.new_page()
            visit.listen(page)
            session = await context.new_cdp_session(page)
            await visit.attend(session)
            probe = Probe(session, PROBE)
            anew = bool(_MEASURES.search(self._html))
            began = time.monotonic()
            for place, width in enumerate(widths):
                visit.log.width = width
                if place and time.monotonic() - began > self._budget_s * SKIP_AFTER:
                    seen.skipped = widths[place:]
                    break
                # A page that opened at another width may have drawn for it, so where code looks, it is loaded again,
                # unless that takes too long.
                if place == 0 or (anew and (seen.settle_ms or 0) < RELOAD_UNDER_MS):
                    start = time.monotonic()
                    if place:
                        await page.set_viewport_size(viewport(width))
                    await visit.open(page, self._html)
                    probe.forget()
                    await probe.ask(f"hillclimbProbe.settle({SETTLE_MS}, {QUIET_MS})")
                    await visit.quiet()
                    if place == 0:
                        seen.settle_ms = (time.monotonic() - start) * 1_000
                else:
                    await page.set_viewport_size(viewport(width))
                    await probe.ask(f"hillclimbProbe.settle(1500, {QUIET_MS})")
                seen.shots[width] = await self._shoot(session, probe, width, screenshots)
                if place == 0 and script is not None and (len(widths) == 1 or seen.light):
                    seen.result = await probe.ask(script)
        finally:
            # Of a page that hangs even the closing would wait; its browser is ended instead.
            if seen.shots:
                await context.close()

    async def explore(self, width: int, found: Exploration, log: Rendering) -> None:
        """Try the page out at `width`: into `found`, and what it says into `log`."""
        context = await self._context(width)
        over = False
        try:
            visit = Visit(self._files, log)
            visit.log.width = width
            await context.add_init_script(EQUALISER)
            await context.add_init_script(CLOCK)
            await context.route("**/*", visit.answer)
            page = await context.new_page()
            visit.listen(page)
            session = await context.new_cdp_session(page)
            await visit.attend(session)
            probe = Probe(session, PROBE + EXPLORER)
            await visit.open(page, self._html)
            await probe.ask(f"hillclimbProbe.settle({SETTLE_MS}, {QUIET_MS})")
            await visit.quiet()
            await Explorer(visit, session, probe, found, budget_s=self._budget_s).run()
            over = True
        finally:
            if over:
                await context.close()

    async def _context(self, width: int) -> BrowserContext:
        context = await self._chromium.new_context(
            viewport=viewport(width),
            service_workers="block",
            accept_downloads=False,
            reduced_motion="reduce",
            color_scheme="light",
            locale="en-GB",
            # Some pages draw less for a browser that calls itself headless; judges do not use one.
            user_agent=user_agent(self._chromium.version),
            timezone_id="UTC",
            permissions=[],
        )
        context.set_default_timeout(self._budget_s * 1_000)
        return context

    async def _shoot(self, session: Any, probe: Probe, width: int, screenshots: bool) -> Shot:
        await probe.ask("hillclimbProbe.freeze()")
        measured = await probe.ask("hillclimbProbe.measure()")
        height, text = int(measured["height"]), int(measured["textLength"])
        png = b""
        if screenshots:
            # A picture taller than the window makes the page redraw, which a held page could not.
            await hold(session, True, only_if_late=height > HEIGHTS.get(width, 800))
            png = await picture(session, width, height)
            await hold(session, False)
        return Shot(
            width,
            png,
            text,
            int(measured["elements"]),
            height,
            int(measured["overflow"]["px"]),
            str(measured["overflow"]["selector"])[:200],
            blank=text == 0 and bool(png) and await self._is_uniform(png),
            marks=tuple(Mark(**each) for each in measured["marks"]) if screenshots else (),
        )
