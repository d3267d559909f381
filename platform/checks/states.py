"""States of check runs, and what a project can make of a check."""

from django.db import models

from core.flow import Flow, transition


class RunStatus(models.TextChoices):
    """A run is a leased step: a lost one goes back to the queue, and after three losses stops blaming anyone."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    PASSED = "passed", "Passed"
    WARNED = "warned", "Passed with remarks"
    FAILED = "failed", "Failed"
    INFRA_ERROR = "infra_error", "Could not be run"
    DROPPED = "dropped", "No longer wanted"


CHECK_RUN = Flow(
    "checks.CheckRun",
    RunStatus,
    [
        transition("take", RunStatus.QUEUED, RunStatus.RUNNING),
        transition("pass", RunStatus.RUNNING, RunStatus.PASSED),
        transition("warn", RunStatus.RUNNING, RunStatus.WARNED),
        transition("fail", RunStatus.RUNNING, RunStatus.FAILED),
        transition("lose", RunStatus.RUNNING, RunStatus.QUEUED),
        transition("give_up", RunStatus.RUNNING, RunStatus.INFRA_ERROR),
        transition("drop", RunStatus.QUEUED, RunStatus.DROPPED),
    ],
    initial=RunStatus.QUEUED,
)


class RerunStatus(models.TextChoices):
    """A rerun only looks until a lead applies or discards what it found."""

    LOOKING = "looking", "Looking"
    APPLIED = "applied", "Applied"
    DISCARDED = "discarded", "Discarded"


RERUN = Flow(
    "checks.Rerun",
    RerunStatus,
    [
        transition("apply", RerunStatus.LOOKING, RerunStatus.APPLIED),
        transition("discard", RerunStatus.LOOKING, RerunStatus.DISCARDED),
    ],
    initial=RerunStatus.LOOKING,
)


class Policy(models.TextChoices):
    """What a failed check does to a submission."""

    BLOCK = "block", "Sends it back"
    WARN = "warn", "Is shown to the reviewer"
    OFF = "off", "Is not run"


class LikenessStatus(models.TextChoices):
    """Two people's near work is a question to a person, and no verdict. What was found copied can still be explained."""

    OPEN = "open", "To be looked at"
    EXPLAINED = "explained", "Has an honest reason"
    CONFIRMED = "confirmed", "Copied"


LIKENESS = Flow(
    "checks.Likeness",
    LikenessStatus,
    [
        transition("explain", [LikenessStatus.OPEN, LikenessStatus.CONFIRMED], LikenessStatus.EXPLAINED),
        transition("confirm", LikenessStatus.OPEN, LikenessStatus.CONFIRMED),
    ],
    initial=LikenessStatus.OPEN,
)
