"""One browser and one site for each file of these tests; the site's own processes where they need the real site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from checks.chromium import find
from tests.browser.panes import Panes
from tests.browser.runtime_site import RuntimeSite
from tests.pipeline.fixtures import _django_db_helper, yard

__all__ = ["_django_db_helper", "chromium", "panes", "site", "yard"]


@pytest.fixture(scope="module")
def site() -> Iterator[RuntimeSite]:
    running = RuntimeSite()
    yield running
    running.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def panes(chromium: Browser, site: RuntimeSite) -> Iterator[Panes]:
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    yield Panes(page, site)
    page.close()
