"""Every page of every role is accessible, fits its window and keeps the console quiet, in both themes.

Short form: each page once, in both themes and both widths, two of their four pairs. Long form (`make pages`): each page
for each kind of person who may open it, in all four. PAGES="review:,admin:people" visits only what has such a name;
SHOTS=<folder> also takes a picture of each.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from checks.chromium import find
from tests.house.pages import ALL_WAYS, Known, Sweep, signed_in, visits
from tests.house.stage import build

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ONLY = tuple(filter(None, os.environ.get("PAGES", "").split(",")))

# What others wrote and we cannot mend by template or style. What no longer occurs must go.
KNOWN: tuple[Known, ...] = (
    Known("api:docs", "nested-interactive", "*opblock*", "Swagger UI puts links into its larger buttons"),
)


@pytest.fixture
def origin(live_server: Any, settings: Any, tmp_path: Path) -> str:
    """The site on one port, with its two origins told apart as in production."""
    port = urlsplit(live_server.url).port
    settings.RELEASE_ROOT, settings.MEDIA_ROOT = tmp_path / "releases", tmp_path / "media"
    settings.APP_ORIGIN, settings.APP_HOST = f"http://localhost:{port}", f"localhost:{port}"
    settings.PREVIEW_ORIGIN, settings.PREVIEW_HOST = f"http://127.0.0.1:{port}", f"127.0.0.1:{port}"
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**policy, "frame-src": [settings.PREVIEW_ORIGIN]}}
    return str(settings.APP_ORIGIN)


def _sweep(origin: str, *, whole: bool) -> None:
    begun = time.monotonic()
    found = [
        visit
        for visit in visits(build(), every_eye=whole)
        if not ONLY or any(part in visit.name for part in ONLY)
    ]
    cookies = signed_in(found, origin)
    built = time.monotonic()
    # The driver keeps an event loop in this thread: from here on, nothing of Django's is called.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
        sweep = Sweep(browser, origin, cookies, KNOWN, os.environ.get("SHOTS", ""))
        for visit in found:
            sweep.see(visit, ALL_WAYS if whole else visit.ways())
        for visit in [each for each in found if each.name == "admin:index"][:1]:
            sweep.choose_theme(visit)
        browser.close()
    report = sweep.report
    stale = [] if ONLY else [f"does not occur any more: {known}" for known in set(KNOWN) - report.occurred]
    wrong = [*report.wrong, *stale]
    print(
        f"{report.pages} pages in {time.monotonic() - built:.0f} s, the stage in {built - begun:.0f} s;"
        f" {len(wrong)} findings, {len(report.occurred)} known; slowest: "
        + ", ".join(f"{where} {seconds:.1f} s" for seconds, where in sorted(report.slow, reverse=True)[:8])
    )
    assert not wrong, "\n".join(["", *wrong])
    assert ONLY or report.pages > 120, "most of the site was not visited"


def test_every_page_once_in_both_themes(origin: str) -> None:
    _sweep(origin, whole=False)


@pytest.mark.pages
def test_every_page_for_everybody_in_every_way(origin: str) -> None:
    _sweep(origin, whole=True)
