"""The keyboard stays with who writes: refused to a page by a browser that can, given back by the pane in any other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright

from checks.chromium import find
from tests.browser.panes import Panes
from tests.browser.runtime_site import RuntimeSite

pytestmark = pytest.mark.browser

# What Chromium calls the feature behind `focus-without-user-activation`.
FEATURE = "BlockingFocusWithoutUserActivation"
GRABS = "<input id=steal><script>setInterval(() => { window.focus(); steal.focus() }, 20)</script>"
WORD = "abcdefghij"
TRIES = 3


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


def opened(playwright: Playwright, site: RuntimeSite, switch: str) -> Panes:
    """An app page with a field beside its pane, in a browser with the feature or without."""
    browser = playwright.chromium.launch(
        executable_path=str(find()), args=["--no-sandbox", f"--{switch}-blink-features={FEATURE}"]
    )
    panes = Panes(browser.new_page(viewport={"width": 1280, "height": 800}), site)
    panes.page.evaluate(
        "() => document.body.append(Object.assign(document.createElement('input'), {id: 'words'}))"
    )
    panes.page.focus("#words")
    return panes


def written(panes: Panes) -> str:
    """What comes to stand in the field of somebody who writes a word and waits whenever the field has lost the keyboard."""
    for _ in range(TRIES):
        panes.page.fill("#words", "")
        panes.page.evaluate(
            "(html) => { events.a.length = 0; void panes.a.show({'index.html': html}, 'html') }", GRABS
        )
        while not panes.page.evaluate("events.a.some(({type}) => type === 'loaded' || type === 'hung')"):
            panes.page.keyboard.press("Shift")
        if all(_wrote(panes, letter) for letter in WORD):
            break
    return panes.page.input_value("#words")


def _wrote(panes: Panes, letter: str) -> bool:
    """Write a letter once the field has the keyboard; a machine that stops for a second makes a pause of it, and the page keeps it."""
    for _ in range(60):
        if panes.page.evaluate("document.hasFocus() && document.activeElement?.id === 'words'"):
            panes.page.keyboard.press(letter)
            return True
        panes.page.wait_for_timeout(50)
    return False


def test_a_browser_that_can_refuse_the_keyboard_is_asked_to(
    playwright: Playwright, site: RuntimeSite
) -> None:
    panes = opened(playwright, site, "enable")
    try:
        assert written(panes) == WORD
        assert panes.events("hung") == []
        frame = panes.page.locator("#a iframe").last
        assert frame.get_attribute("allow") == "focus-without-user-activation 'none'"
        # Who has paused and goes there by a click writes there.
        panes.page.wait_for_timeout(1500)
        panes.frame().click("#steal")
        panes.page.keyboard.type("mine")
        assert panes.frame().input_value("#steal") == "mine"
    finally:
        panes.page.context.browser.close()


def test_in_any_other_it_is_given_back_and_the_page_stopped(
    playwright: Playwright, site: RuntimeSite
) -> None:
    panes = opened(playwright, site, "disable")
    try:
        kept = written(panes)
        letters = iter(WORD)
        assert all(letter in letters for letter in kept), kept
        # The one in flight each time, and it is stopped the third.
        assert len(kept) >= len(WORD) - 3
        panes.until("events.a.some(({type}) => type === 'hung')")
        assert "kept taking the keyboard" in (panes.page.text_content("#a .preview-notice") or "")
    finally:
        panes.page.context.browser.close()


def test_no_browser_complains_of_a_policy_it_does_not_know(playwright: Playwright, site: RuntimeSite) -> None:
    panes = opened(playwright, site, "disable")
    try:
        said: list[str] = []
        panes.page.on("console", lambda line: said.append(line.text))
        panes.show({"index.html": "<h1>x</h1>"})
        assert panes.page.locator("#a iframe").get_attribute("allow") == ""
        assert said == []
    finally:
        panes.page.context.browser.close()
