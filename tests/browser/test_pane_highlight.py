"""What a pane can be told about its page: outline an element, and draw it scaled or as large as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from checks.chromium import find
from tests.browser.panes import Panes
from tests.browser.runtime_site import RuntimeSite

pytestmark = pytest.mark.browser
# A page that replaces what the highlight needs, and says whether its markup was touched.
PAGE = """<!DOCTYPE html><html><head></head><body><div style="height:3000px">tall</div><button id="b">Buy</button>
<script>Element.prototype.animate = () => { throw 1 }; document.querySelector = () => null;
new MutationObserver(() => console.error('touched')).observe(document, {subtree: true, childList: true, attributes: true})</script></body></html>"""


@pytest.fixture(scope="module")
def panes() -> Iterator[Panes]:
    site = RuntimeSite()
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 640, "height": 400})
        yield Panes(page, site)
        browser.close()
    site.close()


def outline(panes: Panes) -> str:
    style = "getComputedStyle(document.getElementById('b')).outlineStyle"
    return str(panes.frame().evaluate(style))


def test_an_element_is_outlined_without_touching_the_page(panes: Panes) -> None:
    panes.show({"index.html": PAGE})
    panes.page.evaluate("panes.a.highlight('#b')")
    panes.until("events.a.some((event) => event.type === 'highlighted' && event.found)")
    assert outline(panes) == "solid"
    assert panes.frame().evaluate("scrollY") > 1000
    for selector in ("#gone", "a[[", ""):
        panes.page.evaluate("(selector) => { events.a.length = 0; panes.a.highlight(selector) }", selector)
        panes.until("events.a.some((event) => event.type === 'highlighted' && !event.found)")
        assert outline(panes) == "none"
    assert panes.messages("console") == []


def test_a_wide_page_is_scaled_or_scrolls(panes: Panes) -> None:
    panes.show({"index.html": PAGE})
    panes.page.evaluate("panes.a.setWidth(1280)")
    panes.until("events.a.some((event) => event.type === 'scaled' && event.scale < 0.6)")
    drawn = "document.querySelector('#a iframe').getBoundingClientRect().width"
    assert panes.page.evaluate(drawn) < 640
    panes.page.evaluate("panes.a.setZoom(false)")
    assert panes.page.evaluate(drawn) == 1280
    stage = "document.querySelector('#a .preview-stage')"
    assert panes.page.evaluate(f"{stage}.scrollWidth >= 1280 && {stage}.clientWidth < 640")
