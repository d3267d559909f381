"""One real Chromium for the checks' tests, over the front end's real build."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks.browser import Browser
from checks.shelf import BUILD_DIR

# Long enough for a crowded machine, short enough that the pages which hang do not cost minutes.
BUDGET_S = 12.0


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser that is shared: a test that breaks it leaves it to start anew."""
    needed = BUILD_DIR / "preview" / "assemble.js"
    assert needed.is_file(), (
        f"{needed} is missing: build the front end first (npm ci && npm run build in frontend/)."
    )
    with Browser.launch(budget_s=BUDGET_S) as browser:
        yield browser
