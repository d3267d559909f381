"""States of deliveries, and the kinds of news there are."""

from django.db import models

from core.flow import Flow, transition


class News(models.TextChoices):
    """What is told: what happened to what. The trigger of migration 0002 makes them from the audit trail."""

    RELEASE_PUBLISHED = "release.published", "A release was published"
    RELEASE_FAILED = "release.failed", "A release could not be built"
    RELEASE_DEPRECATED = "release.deprecated", "A release was deprecated"
    RELEASE_WITHDRAWN = "release.withdrawn", "A release was withdrawn"
    IMPORT_FINISHED = "import.finished", "An import was written"
    IMPORT_REFUSED = "import.refused", "An import was refused"
    VERDICT_REACHED = "verdict.reached", "The voting on a pair is over"
    TEST = "webhook.test", "A test"


# What can be subscribed to; a test is sent by hand.
TOLD = tuple(kind for kind in News if kind != News.TEST)


class DeliveryStatus(models.TextChoices):
    """News for one endpoint is pending until the receiver takes it or all tries are used up; replaying makes a new one."""

    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


DELIVERY = Flow(
    "webhooks.Delivery",
    DeliveryStatus,
    [
        transition("deliver", DeliveryStatus.PENDING, DeliveryStatus.DELIVERED),
        transition("give_up", DeliveryStatus.PENDING, DeliveryStatus.FAILED),
    ],
    initial=DeliveryStatus.PENDING,
)
