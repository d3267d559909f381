"""One page in a context of its own: shown at several widths with pictures, or tried out at one."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import BrowserContext, CDPSession, Page

from checks import pictures
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


@dataclass(slots=True)
class _Place:
    """Where a page is shown: a context of its own, who is listening there, and the way to ask it."""

    context: BrowserContext
    page: Page
    session: CDPSession
    visit: Visit


class Showing:
    """One assembled page in a fresh context, shown and tried out there.

    Closed by whoever made it, except when it broke off: closing a page that hangs would wait, so its browser is ended.
    """

    def __init__(self, chromium: PlaywrightBrowser, files: PreviewFiles, html: str, budget_s: float) -> None:
        self._chromium, self._files, self._html = chromium, files, html
        self._budget_s = budget_s
        self._place: _Place | None = None

    async def show(
        self, widths: tuple[int, ...], script: str | None, screenshots: bool, seen: Rendering
    ) -> None:
        """Show the page at each of `widths` into `seen`; see `Browser.render`."""
        at = await self._enter(widths[0], seen)
        probe = Probe(at.session, PROBE)
        anew = bool(_MEASURES.search(self._html))
        began = time.monotonic()
        for number, width in enumerate(widths):
            at.visit.log.width = width
            if number and time.monotonic() - began > self._budget_s * SKIP_AFTER:
                seen.skipped = widths[number:]
                break
            # A page that opened at another width may have drawn for it, so where code looks, it is loaded again,
            # unless that takes too long.
            if number == 0 or (anew and (seen.settle_ms or 0) < RELOAD_UNDER_MS):
                start = time.monotonic()
                if number:
                    await at.page.set_viewport_size(viewport(width))
                await self._open(at, probe)
                if number == 0:
                    seen.settle_ms = (time.monotonic() - start) * 1_000
            else:
                await at.page.set_viewport_size(viewport(width))
                await probe.ask(f"hillclimbProbe.settle(1500, {QUIET_MS})")
            seen.shots[width] = await self._shoot(at.session, probe, width, screenshots)
            if number == 0 and script is not None and (len(widths) == 1 or seen.light):
                seen.result = await probe.ask(script)

    async def explore(self, width: int, found: Exploration, log: Rendering) -> None:
        """Try the page out at `width`, loaded anew: into `found`, and what it says into `log`."""
        at = await self._enter(width, log)
        at.visit.log.width = width
        await at.page.add_init_script(CLOCK)
        probe = Probe(at.session, PROBE + EXPLORER)
        await self._open(at, probe)
        await Explorer(at.visit, at.session, probe, found, budget_s=self._budget_s).run()

    async def close(self) -> None:
        """Close the page's context."""
        if self._place is not None:
            await self._place.context.close()
            self._place = None

    async def _enter(self, width: int, log: Rendering) -> _Place:
        """The page at `width`, saying into `log` what it says: a new one, or the one that was shown before."""
        if self._place is not None:
            self._place.visit.turn_to(log)
            await self._place.page.set_viewport_size(viewport(width))
            return self._place
        context = await self._context(width)
        visit = Visit(self._files, log)
        await context.add_init_script(EQUALISER)
        await context.route("**/*", visit.answer)
        page = await context.new_page()
        visit.listen(page)
        session = await context.new_cdp_session(page)
        await visit.attend(session)
        self._place = _Place(context, page, session, visit)
        return self._place

    async def _open(self, at: _Place, probe: Probe) -> None:
        """Load the page, and wait until it has settled."""
        await at.visit.open(at.page, self._html)
        probe.forget()
        await probe.ask(f"hillclimbProbe.settle({SETTLE_MS}, {QUIET_MS})")
        await at.visit.quiet()

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

    async def _shoot(self, session: CDPSession, probe: Probe, width: int, screenshots: bool) -> Shot:
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
            blank=text == 0 and bool(png) and await asyncio.to_thread(pictures.uniform, png),
            marks=tuple(Mark(**each) for each in measured["marks"]) if screenshots else (),
        )
