"""Decisions of reviews and states of disputes."""

from django.db import models

from core.flow import Flow, transition


class Decision(models.TextChoices):
    """What a reviewer decides."""

    ACCEPT = "accept", "Accept"
    FIX_ACCEPT = "fix_accept", "Fix and accept"
    REQUEST_CHANGES = "request_changes", "Request changes"
    REJECT = "reject", "Reject"


class DisputeStatus(models.TextChoices):
    """A dispute is open until a second reviewer, blind to the first's name, decides it."""

    OPEN = "open", "Open"
    UPHELD = "upheld", "Upheld: the rejection fell"
    DISMISSED = "dismissed", "Dismissed: the rejection stands"


DISPUTE = Flow(
    "review.Dispute",
    DisputeStatus,
    [
        transition("uphold", DisputeStatus.OPEN, DisputeStatus.UPHELD),
        transition("dismiss", DisputeStatus.OPEN, DisputeStatus.DISMISSED),
    ],
    initial=DisputeStatus.OPEN,
)
