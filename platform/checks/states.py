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
    ],
    initial=RunStatus.QUEUED,
)


class Policy(models.TextChoices):
    """What a failed check does to a submission."""

    BLOCK = "block", "Sends it back"
    WARN = "warn", "Is shown to the reviewer"
    OFF = "off", "Is not run"
