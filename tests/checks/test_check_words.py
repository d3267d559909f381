"""Pages of the server and the bench call a check by the same name."""

from __future__ import annotations

import re
from pathlib import Path

from checks.registry import CHECKS, label_of

LABELS = Path(__file__).parents[2] / "frontend" / "app" / "checks" / "labels.ts"


def test_the_bench_and_the_pages_use_the_same_names() -> None:
    there = dict(re.findall(r'^  (\w+): \{ name: "([^"]+)"', LABELS.read_text(), re.MULTILINE))
    assert there == {name: check.label for name, check in CHECKS.items()}


def test_a_check_that_is_no_more_has_a_readable_name() -> None:
    assert label_of("some_thing") == "Some thing"
