"""States of blind pairs."""

from django.db import models

from core.flow import Flow, transition


class PairStatus(models.TextChoices):
    """A pair is open until its votes decide it or their cap is reached."""

    OPEN = "open", "Open"
    DECIDED = "decided", "Decided"
    UNDECIDED = "undecided", "Undecided"


PAIR = Flow(
    "arena.Pair",
    PairStatus,
    [
        transition("decide", PairStatus.OPEN, PairStatus.DECIDED),
        transition("leave", PairStatus.OPEN, PairStatus.UNDECIDED),
    ],
    initial=PairStatus.OPEN,
)


class PairKind(models.TextChoices):
    """What is compared."""

    REFINED_RIVAL = "refined_rival", "Refined vs rival"


class PairOutcome(models.TextChoices):
    """Who won."""

    REFINED = "refined", "Refined won"
    RIVAL = "rival", "Rival won"
    TIE = "tie", "Tie"
