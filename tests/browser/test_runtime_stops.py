"""A page that hangs, leaves in a circle or takes the runtime's tools away: stopped where it must be, and never its neighbour."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import Error as PlaywrightError

from tests.browser.panes import Panes

pytestmark = pytest.mark.browser


def test_a_page_that_hangs_is_stopped_and_can_be_restarted(panes: Panes) -> None:
    panes.page.evaluate("() => addPane('b')")
    panes.show({"index.html": "<h1 id=fine>fine</h1>"}, key="b")
    panes.html("<script>setTimeout(() => { for (;;); }, 300)</script>")
    panes.until("events.a.some(({type}) => type === 'hung')", 20)
    assert panes.page.locator("#a iframe").count() == 0
    assert "stopped answering" in (panes.page.text_content("#a .preview-notice") or "")
    # The neighbour may share the process; then it is started again, and not blamed.
    panes.page.wait_for_timeout(4000)
    assert panes.events("hung", key="b") == []
    # Its frame may be exchanged at this very moment.
    for _ in range(50):
        with contextlib.suppress(PlaywrightError):
            if panes.frame("b").text_content("#fine", timeout=1000) == "fine":
                break
        panes.page.wait_for_timeout(100)
    assert panes.frame("b").text_content("#fine") == "fine"
    panes.page.evaluate("() => void (events.a.length = 0)")
    panes.page.click("#a .preview-notice button")
    panes.until("events.a.some(({type}) => type === 'hung')", 20)


def test_a_page_that_clears_every_timer_still_answers(panes: Panes) -> None:
    panes.html(
        "<script>for (let i = 0; i < 9999; i++) { clearTimeout(i); clearInterval(i) } MessagePort.prototype.postMessage = () => {}</script>"
    )
    panes.page.wait_for_timeout(4500)
    assert panes.events("hung") == []


def test_reload_starts_the_page_again_and_a_circle_is_stopped(panes: Panes) -> None:
    panes.html(
        "<p id=n></p><script>localStorage.n = Number(localStorage.n || 0) + 1; n.textContent = localStorage.n; if (localStorage.n === '1') location.reload()</script>"
    )
    panes.until("events.a.filter(({type}) => type === 'loaded').length >= 1")
    for _ in range(60):
        if (
            panes.page.locator("#a iframe").count()
            and panes.frame().locator("#n").count()
            and panes.text("#n") == "2"
        ):
            break
        panes.page.wait_for_timeout(50)
    assert panes.text("#n") == "2"
    panes.page.evaluate(
        "(files) => void panes.a.show(files, 'html')", {"index.html": "<script>location.reload()</script>"}
    )
    for _ in range(100):
        if "keeps leaving" in (panes.page.text_content("#a .preview-notice") or ""):
            break
        panes.page.wait_for_timeout(50)
    assert "keeps leaving" in (panes.page.text_content("#a .preview-notice") or "")
