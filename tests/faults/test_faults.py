"""The short form: each scenario once, on real processes. `make faults` runs them over many seeds."""

from __future__ import annotations

from random import Random

import pytest

from tests.faults.scenarios import SCENARIOS, WITHOUT
from tests.pipeline.stage import Stage
from tests.pipeline.yard import WORKERS, Yard

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def stage(yard: Yard) -> Stage:
    yard.start(*WORKERS, "beat")
    return Stage(yard, without=WITHOUT)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_only_delays(stage: Stage, name: str) -> None:
    SCENARIOS[name](stage, Random(name))
    assert stage.faults() == []
