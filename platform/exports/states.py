"""States of releases."""

from django.db import models

from core.flow import Flow, transition


class ReleaseStatus(models.TextChoices):
    """Published whole or not at all, withdrawn but never deleted. A build that was cancelled or failed can go on."""

    BUILDING = "building", "Building"
    PUBLISHED = "published", "Published"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    WITHDRAWN = "withdrawn", "Withdrawn"


RELEASE = Flow(
    "exports.Release",
    ReleaseStatus,
    [
        transition("take", ReleaseStatus.BUILDING, ReleaseStatus.BUILDING),
        transition("publish", ReleaseStatus.BUILDING, ReleaseStatus.PUBLISHED),
        transition("fail", ReleaseStatus.BUILDING, ReleaseStatus.FAILED),
        transition("cancel", ReleaseStatus.BUILDING, ReleaseStatus.CANCELLED),
        transition("resume", [ReleaseStatus.CANCELLED, ReleaseStatus.FAILED], ReleaseStatus.BUILDING),
        transition("withdraw", ReleaseStatus.PUBLISHED, ReleaseStatus.WITHDRAWN),
    ],
    initial=ReleaseStatus.BUILDING,
)
