"""News on its whole way: an import ends in a real worker, the sweep rings, a worker sends, the receiver fails once."""

from __future__ import annotations

import json

import pytest
from django.test import override_settings

from catalog import import_actions
from tests.pipeline.yard import Yard
from tests.webhooks.receiver import Receiver
from tests.worlds import world
from webhooks import actions, targets
from webhooks.models import Delivery
from webhooks.states import TOLD, DeliveryStatus

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def test_what_happens_in_a_worker_reaches_the_receiver(yard: Yard) -> None:
    receiver = Receiver(answers=[500, 204])
    yard.env.update(
        WEBHOOK_TARGETS=receiver.url, WEBHOOK_PRIVATE_NETWORKS="127.0.0.1/32"
    )  # fmt: skip
    yard.start("worker-light", "beat")
    made = world(prompts=1)
    with override_settings(WEBHOOK_TARGETS=targets.parse_allowed(receiver.url)):
        endpoint = actions.add_endpoint(project=made.project, url=receiver.url, events=TOLD, by=made.lead)
    import_actions.request_import(
        project=made.project, chunks=[b"no prompt\n"], file_name="p.jsonl", update=False, by=made.lead
    )
    delivered = yard.wait(
        lambda: Delivery.objects.filter(status=DeliveryStatus.DELIVERED).first(), "the message is delivered"
    )
    assert [attempt.answer for attempt in delivered.attempts.all()] == [500, 204]
    first, second = receiver.got
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert json.loads(first.body)["type"] == "import.refused"
    assert second.is_signed_by(actions.secret(endpoint))
    receiver.close()
