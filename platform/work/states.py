"""States and transition tables of tasks, assignments and submissions."""

from django.db import models

from core.flow import Flow, transition


class TaskKind(models.TextChoices):
    """What a person is paid to do. `write` is a refinement without a base: the contributor starts the page."""

    REFINE = "refine", "Refine"
    WRITE = "write", "Write from scratch"
    REVIEW = "review", "Review"
    COMPARE = "compare", "Compare"


AUTHORING = (TaskKind.REFINE, TaskKind.WRITE)


class TaskStatus(models.TextChoices):
    """A task is open until its purpose is served or a lead withdraws it."""

    OPEN = "open", "Open"
    SETTLED = "settled", "Settled"
    WITHDRAWN = "withdrawn", "Withdrawn"


TASK = Flow(
    "work.Task",
    TaskStatus,
    [
        transition("settle", TaskStatus.OPEN, TaskStatus.SETTLED),
        transition("withdraw", TaskStatus.OPEN, TaskStatus.WITHDRAWN),
    ],
    initial=TaskStatus.OPEN,
)


class AssignmentStatus(models.TextChoices):
    """One seat: open to be claimed, held under a lease, and then over in one of four ways."""

    OPEN = "open", "Open"
    ACTIVE = "active", "Active"
    SUBMITTED = "submitted", "Submitted"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"


ASSIGNMENT = Flow(
    "work.Assignment",
    AssignmentStatus,
    [
        transition("claim", AssignmentStatus.OPEN, AssignmentStatus.ACTIVE),
        transition("submit", AssignmentStatus.ACTIVE, AssignmentStatus.SUBMITTED),
        transition("release", AssignmentStatus.ACTIVE, AssignmentStatus.RELEASED),
        transition("expire", AssignmentStatus.ACTIVE, AssignmentStatus.EXPIRED),
        transition("withdraw", AssignmentStatus.OPEN, AssignmentStatus.WITHDRAWN),
    ],
    initial=AssignmentStatus.OPEN,
)


class Outcome(models.TextChoices):
    """What a contributor concludes; each is paid when a reviewer agrees."""

    REFINED = "refined", "Refined: it beats the rival"
    ALREADY_BEATS = "already_beats", "The base already beats the rival"
    CANNOT_BEAT = "cannot_beat", "The rival cannot be beaten"


class SubmissionStatus(models.TextChoices):
    """Where a frozen piece of work stands."""

    CHECKING = "checking", "Being checked"
    RETURNED = "returned", "Returned by a check"
    AWAITING_REVIEW = "awaiting_review", "Awaiting review"
    ACCEPTED = "accepted", "Accepted"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    REJECTED = "rejected", "Rejected"
    SUPERSEDED = "superseded", "Accepted with a reviewer’s fix"


SUBMISSION = Flow(
    "work.Submission",
    SubmissionStatus,
    [
        transition("pass_checks", SubmissionStatus.CHECKING, SubmissionStatus.AWAITING_REVIEW),
        transition("return", SubmissionStatus.CHECKING, SubmissionStatus.RETURNED),
        transition("accept", SubmissionStatus.AWAITING_REVIEW, SubmissionStatus.ACCEPTED),
        transition("request_changes", SubmissionStatus.AWAITING_REVIEW, SubmissionStatus.CHANGES_REQUESTED),
        transition("reject", SubmissionStatus.AWAITING_REVIEW, SubmissionStatus.REJECTED),
        transition("supersede", SubmissionStatus.AWAITING_REVIEW, SubmissionStatus.SUPERSEDED),
        transition("uphold_dispute", SubmissionStatus.REJECTED, SubmissionStatus.ACCEPTED),
    ],
    initial=SubmissionStatus.CHECKING,
)
