"""The short form of `make hostile` for the robot: a verdict each, and no way out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks.browser import Browser
from tests.browser.runtime_site import Sink
from tests.hostile import robot

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser.launch(budget_s=robot.BUDGET_S) as started:
        yield started


@pytest.mark.parametrize("name", robot.SHORT)
def test_each_attack_has_its_verdict_and_harms_no_other(browser: Browser, name: str) -> None:
    assert robot.judged(browser, robot.SHORT[name]) == ""


def test_nothing_reaches_the_loopback(browser: Browser) -> None:
    sink = Sink()
    try:
        assert robot.sink_hears(sink)
        assert robot.heard(browser, robot.STAYING, sink) == []
        # Pages that leave end the visit, so each goes alone; the long form tries them all.
        for name in ("href", "form post", "link"):
            assert robot.heard(browser, {name: robot.LEAVING[name]}, sink) == [], name
    finally:
        sink.close()
