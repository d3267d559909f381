"""The short form: some scenarios once, on real processes. `make faults` runs all of them over many seeds."""

from __future__ import annotations

import pytest

from tests.faults.chance import Chance
from tests.faults.robots import WITHOUT
from tests.faults.scenarios import SCENARIOS, SHORT
from tests.pipeline.stage import Stage
from tests.pipeline.yard import WORKERS, Yard

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def stage(yard: Yard) -> Stage:
    yard.start(*WORKERS, "beat")
    return Stage(yard, without=WITHOUT)


@pytest.mark.parametrize("name", SHORT)
def test_a_fault_only_delays(stage: Stage, name: str) -> None:
    SCENARIOS[name](stage, Chance(name, 0))
    assert stage.faults() == []
