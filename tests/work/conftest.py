"""The bench with an endpoint that answers what a test scripts.

A path on the command line loads this file before Django is set up, so it imports no model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.work.endpoint import ChatServer, chat_server

if TYPE_CHECKING:
    from tests.work.assist_stage import Bench


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A model's endpoint."""
    with chat_server() as made:
        yield made


@pytest.fixture
def bench(server: ChatServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A contributor with a seat, whose project may ask that endpoint."""
    from tests.work.assist_stage import KEY, Bench

    monkeypatch.setenv("TEST_ASSIST_KEY", KEY)
    made = Bench(server, settings)
    made.configure()
    return made
