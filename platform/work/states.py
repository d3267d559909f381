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


class AssistScope(models.TextChoices):
    """What the in-task model is asked about."""

    FRESH = "fresh", "A new page"
    PAGE = "page", "The whole page"
    FILE = "file", "One file"
    SELECTION = "selection", "The selected lines"


class AssistFault(models.TextChoices):
    """Why an answer of the in-task model did not come, or not whole; the labels are what the person reads."""

    UNREACHABLE = "unreachable", "The model cannot be reached at the moment. Try again in a while."
    REFUSED = "refused", "The model did not take the question. If it goes on, tell your project lead."
    BUSY = "busy", "The model is busy. Try again in a moment."
    BROKEN = "broken", "The model failed at its end. Try again; a smaller question often helps."
    NONSENSE = "nonsense", "What came back could not be read as an answer. Try again."
    SLOW = "slow", "The model was silent for too long, so we hung up. Try again."
    CUT_OFF = "cut_off", "The answer broke off on its way."
    LENGTH = "length", "The answer reached the longest length allowed and stops there."
    TOO_LONG = "too_long", "The answer went on beyond every limit, so we hung up."
    OTHER_MODEL = "other_model", "The answer was not from this project’s model, so it was thrown away."
    NO_FILES = "no_files", "The answer holds no file that could be used. Say more exactly what to change."
    LOST = "lost", "The connection to this page was lost while the answer came."


class AssistStatus(models.TextChoices):
    """One question to the in-task model: asked, then over in one of four ways."""

    ASKED = "asked", "Asked"
    STREAMING = "streaming", "Being answered"
    ANSWERED = "answered", "Answered"
    CUT_OFF = "cut_off", "Broke off"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ASSIST_OPEN = (AssistStatus.ASKED, AssistStatus.STREAMING)

ASSIST = Flow(
    "work.AssistTurn",
    AssistStatus,
    [
        transition("stream", AssistStatus.ASKED, AssistStatus.STREAMING),
        transition("answer", AssistStatus.STREAMING, AssistStatus.ANSWERED),
        transition("cut_off", AssistStatus.STREAMING, AssistStatus.CUT_OFF),
        transition("fail", ASSIST_OPEN, AssistStatus.FAILED),
        transition("cancel", ASSIST_OPEN, AssistStatus.CANCELLED),
    ],
    initial=AssistStatus.ASKED,
)
