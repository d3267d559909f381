"""States of releases."""

from django.db import models

from core.flow import Flow, transition


class ReleaseStatus(models.TextChoices):
    """Built once, published whole or not at all, withdrawn but never deleted."""

    BUILDING = "building", "Building"
    PUBLISHED = "published", "Published"
    FAILED = "failed", "Failed"
    WITHDRAWN = "withdrawn", "Withdrawn"


RELEASE = Flow(
    "exports.Release",
    ReleaseStatus,
    [
        transition("take", ReleaseStatus.BUILDING, ReleaseStatus.BUILDING),
        transition("publish", ReleaseStatus.BUILDING, ReleaseStatus.PUBLISHED),
        transition("fail", ReleaseStatus.BUILDING, ReleaseStatus.FAILED),
        transition("withdraw", ReleaseStatus.PUBLISHED, ReleaseStatus.WITHDRAWN),
    ],
    initial=ReleaseStatus.BUILDING,
)
