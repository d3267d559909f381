"""A project with a webhook at a real receiver. (No model is imported before Django is set up.)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.webhooks.receiver import Receiver

if TYPE_CHECKING:
    from tests.worlds import World
    from webhooks.models import Endpoint


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver that the operator allows, on this machine."""
    from webhooks import targets

    made = Receiver()
    settings.WEBHOOK_TARGETS = targets.parse_allowed(
        f"http://127.0.0.1:{made.port}/hook https://hooks.example.org/"
    )
    settings.WEBHOOK_PRIVATE_NETWORKS = targets.parse_networks("127.0.0.1/32")
    yield made
    made.close()


@pytest.fixture
def made(db: None) -> World:
    """A project and its lead."""
    from tests.worlds import world

    return world(prompts=1)


@pytest.fixture
def kept(made: World, receiver: Receiver) -> tuple[Endpoint, str]:
    """A webhook of the project for every kind of news, and its secret."""
    from webhooks import actions
    from webhooks.states import TOLD

    endpoint = actions.add_endpoint(project=made.project, url=receiver.url, events=TOLD, by=made.lead)
    return endpoint, actions.secret(endpoint)
