"""Rings over real Valkey, by the transport that workers use."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest
from kombu import Connection

from config.celery import app
from tests.pipeline.valve import Valve
from tests.pipeline.yard import through


def test_a_worker_whose_acknowledgement_failed_takes_the_next_ring() -> None:
    broker = urlsplit(os.environ["REDIS_URL"])
    valve = Valve(broker.hostname or "127.0.0.1", broker.port or 6379)
    options = {"socket_timeout": 0.3, "max_retries": 0}
    way = {"transport": app.conf.broker_transport, "transport_options": options}
    try:
        with Connection(through(valve, broker), **way) as line, line.SimpleQueue("acknowledged") as queue:
            queue.consumer.qos(prefetch_count=1)
            queue.put("first")
            ring = queue.get(timeout=5)
            assert not ring.channel.qos.can_consume()
            valve.swallow()
            with pytest.raises(line.connection_errors):
                ring.ack()
            assert ring.channel.qos.can_consume()
            valve.open()
            queue.put("second")
            assert queue.get(timeout=5).payload == "second"
    finally:
        valve.close()
