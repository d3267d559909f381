"""What the checks do in a browser, done by a plain Playwright script that expects nothing hostile, judges nothing and keeps nothing.

What the checks of a page cannot be much faster than, however they are written: axe-core alone may take as long as an empty
page with its three pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from checks import chromium
from checks.exploring import KEYS
from checks.looking import AXE_WIDTH, WIDTHS, axe_script
from checks.visit import HEIGHTS, MAX_SHOT_HEIGHT, viewport

_CONTROLS = "button, a[href], input, select, textarea, summary"
_DRAWN = "() => new Promise((done) => requestAnimationFrame(() => done(document.all.length)))"
_TALL = "() => document.documentElement.scrollHeight"


@contextmanager
def plain() -> Iterator[Browser]:
    """A Chromium with the robot's flags and without its cage."""
    with sync_playwright() as playwright:
        program, flags = chromium.find(), [*chromium.flags(), "--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


def visit(browser: Browser, html: str, *, tries: int | None = None) -> None:
    """A page in a fresh context, and whole pictures of it at three widths.

    With `tries` also axe-core, and, on the page loaded anew, that many controls and each key tried once.
    """
    context = browser.new_context(offline=True, reduced_motion="reduce")
    page = context.new_page()
    session = context.new_cdp_session(page)
    page.set_content(html)
    for width in WIDTHS:
        page.set_viewport_size(viewport(width))
        tall = min(max(HEIGHTS[width], page.evaluate(_TALL)), MAX_SHOT_HEIGHT)
        clip = {"x": 0, "y": 0, "width": width, "height": tall, "scale": 1}
        how = {"format": "png", "optimizeForSpeed": True, "captureBeyondViewport": tall > HEIGHTS[width]}
        session.send("Page.captureScreenshot", {**how, "clip": clip})
    if tries is not None:
        page.set_viewport_size(viewport(AXE_WIDTH))
        page.evaluate(axe_script())
        page.set_content(html)
        for control in page.query_selector_all(_CONTROLS)[:tries]:
            if box := control.bounding_box():
                page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
                page.evaluate(_DRAWN)
        for _, code, _ in KEYS:
            page.keyboard.press(code)
            page.evaluate(_DRAWN)
    context.close()
