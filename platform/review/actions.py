"""Writes of reviews: open the review of a submission, decide it, dispute a rejection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from catalog.models import Criterion, GuidelineRule
from checks.states import Policy, RunStatus
from core import filesets, flow, jobs
from core.errors import BadInput, Conflict, NotAllowed, Problem
from core.flow import NOW
from core.jobs import Job
from ledger.actions import post_pay
from review.models import Dispute, Review
from review.pay_actions import pay_author
from review.states import DISPUTE, Decision
from work import actions as work_actions
from work import assist, queue
from work.actions import LeaseLost
from work.models import Assignment, Submission
from work.states import (
    ASSIGNMENT,
    SUBMISSION,
    AssignmentStatus,
    Outcome,
    SubmissionStatus,
    TaskKind,
    TaskStatus,
)

if TYPE_CHECKING:
    from people.models import User

MAX_TEXT = 8_000
MIN_EVIDENCE = 12


@transaction.atomic
def open_review(*, submission_id: int) -> None:
    """Open the review task of a submission that awaits one, once. A reviewer's own fix that passed is accepted."""
    submission = Submission.objects.select_for_update().select_related("task").get(pk=submission_id)
    if submission.status != SubmissionStatus.AWAITING_REVIEW or _has_open_review(submission):
        return
    if submission.fixed_by is not None and not _blocked(submission):
        SUBMISSION.move(submission, "accept", by=submission.fixed_by, decided_at=NOW)
        _after_acceptance(submission, by=submission.fixed_by)
        return
    work_actions.open_follow_up(kind=TaskKind.REVIEW, submission=submission, seats=1, by=None)


def _has_open_review(submission: Submission) -> bool:
    return submission.follow_ups.filter(kind=TaskKind.REVIEW, status=TaskStatus.OPEN).exists()


def _blocked(submission: Submission) -> bool:
    return submission.check_runs.standing().filter(status=RunStatus.FAILED, policy=Policy.BLOCK).exists()


def ring_due(*, limit: int = 200) -> int:
    """Ring again for submissions that await a review nobody opened; returns how many rings."""
    waiting = Submission.objects.filter(status=SubmissionStatus.AWAITING_REVIEW).exclude(
        follow_ups__kind=TaskKind.REVIEW, follow_ups__status=TaskStatus.OPEN
    )
    due = list(waiting.order_by("id").values_list("pk", flat=True)[:limit])
    for pk in due:
        jobs.ring_now(Job.OPEN_REVIEW, pk)
    return len(due)


@transaction.atomic
def decide(
    *,
    by: User,
    assignment: Assignment,
    decision: Decision,
    notes: str = "",
    rule_code: str = "",
    evidence: str = "",
    scores: Mapping[str, object] | None = None,
    files: object = None,
) -> Review:
    """Decide a submission under a held review assignment; pay the reviewer, and the author when it is accepted.

    Raises BadInput when a rejection lacks its rule or evidence, changes lack notes, or a fix lacks sound files;
    LeaseLost when the assignment is not held, NotAllowed without the role.
    """
    if assignment.assignee_id != by.pk or assignment.status != AssignmentStatus.ACTIVE:
        raise LeaseLost("This review is no longer yours. What you wrote was not sent.")
    # The role may have been taken away since the claim, and a heartbeat keeps a seat for ever.
    queue.demand_role(by, project_id=assignment.project_id, kind=TaskKind.REVIEW)
    submission = assignment.task.submission
    assert submission is not None
    rule = _rule(submission, decision, rule_code, evidence)
    if decision == Decision.REQUEST_CHANGES and not notes.strip():
        raise BadInput(
            "Say what to change.",
            problems=[Problem("notes", "are empty", "Write what the contributor should do.")],
        )
    fixed = _fixed_files(submission, decision, files)
    for where, text in (("notes", notes), ("evidence", evidence)):
        if len(text) > MAX_TEXT or "\x00" in text:
            raise BadInput(
                "The text is too long.", problems=[Problem(where, f"is over {MAX_TEXT:,} characters", "")]
            )
    ASSIGNMENT.move(assignment, "submit", by=by, where={"assignee": by.pk}, ended_at=NOW)
    review = Review.objects.create(
        task=assignment.task,
        submission=submission,
        assignment=assignment,
        reviewer=by,
        decision=decision,
        notes=notes.strip(),
        rule=rule,
        evidence=evidence.strip() if decision == Decision.REJECT else "",
        scores=_scores(submission, scores or {}),
    )
    _carry_out(review, submission, fixed, by=by)
    work_actions.settle_if_done(task=assignment.task, by=by)
    post_pay(
        source=f"review.review:{review.pk}",
        kind="review",
        project_id=submission.project_id,
        to=by,
        amount=assignment.quote or 0,
        currency=assignment.currency,
        memo=f"Review of submission {submission.pk}",
        by=by,
    )
    return review


def _carry_out(review: Review, submission: Submission, fixed: dict[str, str] | None, *, by: User) -> None:
    match Decision(review.decision):
        case Decision.ACCEPT:
            SUBMISSION.move(submission, "accept", by=by, decided_at=NOW)
            pay_author(submission, by=by)
            _after_acceptance(submission, by=by)
        case Decision.FIX_ACCEPT:
            assert fixed is not None
            SUBMISSION.move(submission, "supersede", by=by, decided_at=NOW)
            pay_author(submission, by=by)
            _submit_fix(review, submission, fixed, by=by)
        case Decision.REQUEST_CHANGES:
            SUBMISSION.move(submission, "request_changes", by=by, decided_at=NOW)
            feedback = {"decision": review.decision, "notes": review.notes, "findings": []}
            work_actions.open_round(submission=submission, feedback=feedback, by=by)
        case Decision.REJECT:
            SUBMISSION.move(submission, "reject", by=by, decided_at=NOW)
            if not work_actions.reopen_after_rejection(submission=submission, by=by):
                work_actions.settle_if_done(task=submission.task, by=by)


def _submit_fix(review: Review, original: Submission, files: dict[str, str], *, by: User) -> None:
    """The reviewer's version as a submission of its own: checked like any other, then accepted."""
    fileset = filesets.store(files)
    fix = Submission.objects.create(
        project_id=original.project_id,
        task_id=original.task_id,
        assignment=review.assignment,
        author_id=original.author_id,
        fixed_by=by,
        supersedes=original,
        outcome=Outcome.REFINED,
        fileset=fileset,
        rationale=original.rationale,
        ratings=original.ratings,
        round=original.round,
        **assist.authorship(original.assignment, fileset.pk),
    )
    flow.created(SUBMISSION, fix, by=by, supersedes=original.pk)
    jobs.ring(Job.PLAN_CHECKS, fix.pk)


def _after_acceptance(submission: Submission, *, by: User | None) -> None:
    work_actions.settle_if_done(task=submission.task, by=by)
    if submission.outcome == Outcome.REFINED:
        jobs.ring(Job.OPEN_PAIR, submission.pk)


def _rule(submission: Submission, decision: Decision, code: str, evidence: str) -> GuidelineRule | None:
    if decision != Decision.REJECT:
        return None
    rule = GuidelineRule.objects.filter(project=submission.project_id, code=code).first()
    problems = []
    if rule is None:
        problems.append(Problem("rule", "names no rule of the guideline", "Choose the rule that was broken."))
    if len(evidence.strip()) < MIN_EVIDENCE:
        problems.append(
            Problem(
                "evidence", "is missing", "Say where the work breaks that rule, so that it can be checked."
            )
        )
    if problems:
        raise BadInput("A rejection names a rule and shows evidence.", problems=problems)
    return rule


def _fixed_files(submission: Submission, decision: Decision, files: object) -> dict[str, str] | None:
    if decision != Decision.FIX_ACCEPT:
        return None
    if submission.fileset is None:
        raise BadInput("There are no files to fix: this submission is a conclusion, not a refinement.")
    checked = filesets.check(files, max_bytes=submission.project.max_bytes)
    if checked == submission.fileset.files:
        raise BadInput("Nothing was fixed: the files are as they were sent. Choose “Accept” instead.")
    return checked


def _scores(submission: Submission, scores: Mapping[str, object]) -> dict[str, int]:
    slugs = set(Criterion.objects.filter(project=submission.project_id).values_list("slug", flat=True))
    for slug, value in scores.items():
        if slug not in slugs or not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 5:
            raise BadInput(
                "The scores do not fit the criteria.",
                problems=[
                    Problem(f"scores.{slug}"[:80], "is not 1 to 5 for a criterion of this project", "")
                ],
            )
    return {slug: int(value) for slug, value in scores.items() if isinstance(value, int)}


@transaction.atomic
def dispute(*, by: User, submission: Submission, reason: str) -> Dispute:
    """Object to the rejection of one's own submission, once. Raises NotAllowed, BadInput or Conflict."""
    if submission.author_id != by.pk:
        raise NotAllowed("Only the author can dispute a rejection.")
    # Locked, so that a second click finds the dispute of the first.
    submission = Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
    if submission.status != SubmissionStatus.REJECTED:
        raise Conflict("Only a rejected submission can be disputed.")
    if len(reason.strip()) < MIN_EVIDENCE:
        raise BadInput(
            "Say why the rejection is wrong.",
            problems=[Problem("reason", "is too short", "Write a sentence.")],
        )
    if Dispute.objects.filter(submission=submission).exists():
        raise Conflict("This rejection is disputed already.")
    last = submission.reviews.order_by("-pk")[0]
    opened = Dispute.objects.create(
        submission=submission, review=last, opened_by=by, reason=reason.strip()[:MAX_TEXT]
    )
    flow.created(DISPUTE, opened, by=by)
    return opened


@transaction.atomic
def answer_dispute(*, by: User, dispute: Dispute, uphold: bool, answer: str) -> None:
    """Decide a dispute as somebody who neither wrote nor judged the work; upheld, the work is accepted and paid."""
    submission = dispute.submission
    if by.pk in (submission.author_id, submission.fixed_by_id, dispute.review.reviewer_id):
        raise NotAllowed("A dispute is decided by somebody who neither wrote nor reviewed the work.")
    if len(answer.strip()) < MIN_EVIDENCE:
        raise BadInput(
            "Say why.", problems=[Problem("answer", "is too short", "Write a sentence for the contributor.")]
        )
    verb = "uphold" if uphold else "dismiss"
    DISPUTE.move(dispute, verb, by=by, decided_at=NOW, decided_by=by, answer=answer.strip()[:MAX_TEXT])
    if uphold:
        SUBMISSION.move(submission, "uphold_dispute", by=by, decided_at=NOW)
        pay_author(submission, by=by)
        _after_acceptance(submission, by=by)
