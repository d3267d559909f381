"""The short form of `make hostile` for the robot: a verdict each, and no way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from checks.browser import Browser
from tests.browser.runtime_site import Sink
from tests.hostile import robot

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def meeting() -> Iterator[Callable[[robot.Attack], Browser]]:
    with robot.browsers() as started:
        yield started


@pytest.mark.parametrize("name", robot.SHORT)
def test_each_attack_has_its_verdict_and_harms_no_other(
    meeting: Callable[[robot.Attack], Browser], name: str
) -> None:
    attack = robot.SHORT[name]
    assert robot.judged(meeting(attack), attack) == ""


def test_nothing_reaches_the_loopback(meeting: Callable[[robot.Attack], Browser]) -> None:
    browser = meeting(robot.SHORT["endless loop"])
    sink = Sink()
    try:
        assert robot.sink_hears(sink)
        assert robot.heard(browser, robot.STAYING, sink) == []
        # Pages that leave end the visit, so each goes alone; the long form tries them all.
        for name in ("href", "form post", "link"):
            assert robot.heard(browser, {name: robot.LEAVING[name]}, sink) == [], name
    finally:
        sink.close()
