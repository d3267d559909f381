"""Redis as Celery's transport, with one mend: a worker whose acknowledgement failed goes on taking rings.

Stock, the ring stays counted as being worked on after such a failure, so that a worker with a prefetch of one hears
nothing ever again, however long Redis has been back. What was not acknowledged is delivered once more, and finds its
row done.
"""

from __future__ import annotations

from kombu.transport import redis


class _ForgettingQoS(redis.QoS):
    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # kombu has no types
        except Exception:
            self._quick_ack(delivery_tag)
            raise


class _Channel(redis.Channel):
    QoS = _ForgettingQoS


class Transport(redis.Transport):
    """What `broker_transport` names."""

    Channel = _Channel
