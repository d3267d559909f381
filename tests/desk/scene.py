"""One refinement on its way through the loop, by real actions with set verdicts, for the desk's tests."""

from __future__ import annotations

from arena import actions as arena
from arena.models import Pair
from checks import actions as checks
from checks.models import CheckRun
from checks.verdict import Outcome, Verdict
from people.models import User
from people.rules import Role
from review import actions as review
from review.models import Dispute
from review.states import Decision
from tests.worlds import World, page
from work import actions, draft_actions
from work.models import Assignment, Submission
from work.states import Outcome as WorkOutcome
from work.states import TaskKind

PICTURE = b"\x89PNG\r\n\x1a\nnot much of a picture"
EVIDENCE = {f"{role}-{width}.png": PICTURE for role in ("base", "rival", "refined") for width in (375, 1280)}


def claim(scene: World, by: User, kind: TaskKind) -> Assignment:
    """The next seat of a kind."""
    seat = actions.claim(by=by, project_id=scene.project.pk, kind=kind)
    return Assignment.objects.select_related("project", "task__submission").get(pk=seat.pk)


def submitted(scene: World, author: User) -> Submission:
    """A refinement, sent."""
    seat = claim(scene, author, TaskKind.REFINE)
    files = page("Refined", f"better, {seat.pk}")
    rev = draft_actions.save(
        by=author,
        assignment=seat,
        rev=0,
        files=files,
        rationale="Calmer type, real content.",
        ratings={"design": 4},
    ).rev
    return draft_actions.submit(
        by=author, assignment=seat, rev=rev, outcome=WorkOutcome.REFINED, reason="Calmer type, real content."
    )


def checked(submission: Submission) -> Submission:
    """Every check passed; the render check kept screenshots."""
    checks.plan(submission_id=submission.pk)
    for run in CheckRun.objects.filter(submission=submission):
        taken = checks.take(run_id=run.pk)
        assert taken is not None
        evidence = EVIDENCE if run.check_name == "render" else {}
        checks.finish(run=taken, verdict=Verdict(Outcome.PASS, "Fine.", (), evidence))
    submission.refresh_from_db()
    return submission


def reviewed(
    scene: World, submission: Submission, reviewer: User, decision: Decision, **given: str
) -> Submission:
    """Decided by `reviewer`."""
    review.open_review(submission_id=submission.pk)
    review.decide(by=reviewer, assignment=claim(scene, reviewer, TaskKind.REVIEW), decision=decision, **given)  # type: ignore[arg-type]  # texts only
    submission.refresh_from_db()
    return submission


def voted(scene: World, submission: Submission, *scores: int) -> Pair:
    """Blind votes by new people, one for each score for the refined page (-3 to 3)."""
    arena.open_pair(submission_id=submission.pk)
    pair = Pair.objects.get(submission=submission)
    for n, score in enumerate(scores):
        voter = scene.person(f"voter{submission.pk}x{n}", Role.CONTRIBUTOR)
        seat = claim(scene, voter, TaskKind.COMPARE)
        choice = -score if arena.refined_is_a(pair, voter) else score
        arena.vote(by=voter, assignment=seat, choice=choice, both_bad=False, criteria={}, seconds=30)
    pair.refresh_from_db()
    return pair


def whole_loop(scene: World, *scores: int) -> Submission:
    """Refined, checked, accepted and voted on."""
    author = scene.person("author", Role.CONTRIBUTOR)
    reviewer = scene.person("reviewer", Role.REVIEWER)
    done = reviewed(scene, checked(submitted(scene, author)), reviewer, Decision.ACCEPT, notes="Good.")
    voted(scene, done, *(scores or (2, 3, 1)))
    return done


def disputed(scene: World) -> Dispute:
    """Rejected, and its author objects."""
    author = scene.person("author", Role.CONTRIBUTOR)
    reviewer = scene.person("reviewer", Role.REVIEWER)
    rejected = reviewed(
        scene, checked(submitted(scene, author)), reviewer, Decision.REJECT,
        rule_code="G1", evidence="At 375 px the menu covers the heading.",
    )  # fmt: skip
    return review.dispute(by=author, submission=rejected, reason="The menu opens below the heading.")
