"""Every real output in the runtime, beside what is written down of it."""

from __future__ import annotations

import json

import pytest

from tests.browser import verdicts
from tests.browser.panes import Panes

pytestmark = pytest.mark.browser


@pytest.mark.skipif(not verdicts.PAIRS.exists(), reason="needs the real outputs beside the repository")
def test_every_real_output_does_what_is_written_down(panes: Panes) -> None:
    kept = json.loads(verdicts.KEPT.read_text())
    panes.page.set_viewport_size(verdicts.WINDOW)
    seen = {
        digest: verdicts.patient(panes, files, framework) for digest, framework, files in verdicts.outputs()
    }
    assert {
        digest: (seen[digest], kept.get(digest)) for digest in seen if seen[digest] != kept.get(digest)
    } == {}
    assert seen.keys() == kept.keys()


def test_no_output_is_written_down_as_broken() -> None:
    kept = json.loads(verdicts.KEPT.read_text())
    assert len(kept) == 40
    for digest, verdict in kept.items():
        assert (verdict["errors"], verdict["unshelved"], verdict["hung"], verdict["drawn"]) == (
            0,
            0,
            False,
            True,
        ), digest
