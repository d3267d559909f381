"""Scenes: rows brought to a state by the real actions, in the order people would do them.

`tests.worlds` makes a project; a scene takes its work from the claim to the verdict. Checks answer with set
verdicts here: workers and browsers have tests of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from arena import actions as arena
from arena.models import Pair
from checks import actions as checks
from checks.models import CheckRun
from checks.verdict import Finding, Outcome, Severity, Verdict
from people.models import User
from people.rules import Role
from review import actions as review
from review.models import Review
from review.states import Decision
from tests.worlds import World, page
from work import actions, draft_actions
from work.models import Assignment, Submission
from work.states import Outcome as Conclusion
from work.states import TaskKind

PASS = Verdict(Outcome.PASS, "Fine.")
FAIL = Verdict(
    Outcome.FAIL,
    "1 error. First: The page is blank.",
    (
        Finding(
            "blank",
            Severity.ERROR,
            "The page is blank.",
            "Draw something.",
            path="index.html",
            line=3,
            width=375,
        ),
    ),
)


@dataclass
class Scene:
    """Moves through the work of one world."""

    world: World

    def claim(self, by: User, kind: TaskKind) -> Assignment:
        """Claim a seat, and hold it with the rows its page needs."""
        seat = actions.claim(by=by, project_id=self.world.project.pk, kind=kind)
        return Assignment.objects.select_related("project", "task__submission").get(pk=seat.pk)

    def save(self, seat: Assignment, by: User, text: str = "much better") -> int:
        """Save a draft over whatever is there; its revision."""
        rev = seat.versions.count()
        saved = draft_actions.save(
            by=by, assignment=seat, rev=rev, files=page("Refined", text), rationale="Clearer type.",
            ratings={"design": 4},
        )  # fmt: skip
        return saved.rev

    def send(self, by: User, *, kind: TaskKind = TaskKind.REFINE, text: str = "much better") -> Submission:
        """Claim, edit and submit."""
        seat = self.claim(by, kind)
        rev = self.save(seat, by, text)
        return draft_actions.submit(
            by=by, assignment=seat, rev=rev, outcome=Conclusion.REFINED, reason="Clearer type and order."
        )

    def conclude(self, by: User, outcome: Conclusion) -> Submission:
        """Claim, and submit a paid outcome without a refinement; it goes straight to review."""
        seat = self.claim(by, TaskKind.REFINE)
        reason = "The base is better already: it works on a phone, the rival does not."
        sent = draft_actions.submit(by=by, assignment=seat, rev=0, outcome=outcome, reason=reason)
        checks.plan(submission_id=sent.pk)
        sent.refresh_from_db()
        return sent

    def check(self, sent: Submission, verdicts: Mapping[str, Verdict] | None = None) -> Submission:
        """Run every check of a submission, each passing unless `verdicts` says otherwise."""
        checks.plan(submission_id=sent.pk)
        for run in CheckRun.objects.filter(submission=sent):
            taken = checks.take(run_id=run.pk)
            assert taken is not None
            checks.finish(run=taken, verdict=(verdicts or {}).get(run.check_name, PASS))
        sent.refresh_from_db()
        return sent

    def decide(self, sent: Submission, by: User, decision: Decision, **given: object) -> Review:
        """Open the review of a checked submission, claim it and decide."""
        review.open_review(submission_id=sent.pk)
        made = self.judge(self.claim(by, TaskKind.REVIEW), by, decision, **given)
        sent.refresh_from_db()
        return made

    def judge(self, seat: Assignment, by: User, decision: Decision, **given: object) -> Review:
        """Decide the review that is held."""
        return review.decide(by=by, assignment=seat, decision=decision, **given)  # type: ignore[arg-type]

    def open_pair(self, sent: Submission) -> Pair:
        """Open the blind pair of an accepted submission."""
        arena.open_pair(submission_id=sent.pk)
        return Pair.objects.get(submission=sent)

    def vote(self, pair: Pair, by: User, *, for_refined: bool = True) -> None:
        """Claim a comparison and vote for one of the pages."""
        seat = self.claim(by, TaskKind.COMPARE)
        choice = 2 if for_refined != arena.refined_is_a(Pair.objects.get(task=seat.task), by) else -2
        arena.vote(by=by, assignment=seat, choice=choice, both_bad=False, criteria={}, seconds=20)

    # Whole ways, named by where they end.

    def accepted(self, author: User, reviewer: User, **given: object) -> Submission:
        """A submission that a reviewer accepted."""
        sent = self.check(self.send(author))
        self.decide(sent, reviewer, Decision.ACCEPT, **given)
        return sent

    def rejected(self, author: User, reviewer: User) -> Submission:
        """A submission that was rejected by a rule, with evidence."""
        sent = self.check(self.send(author))
        self.decide(
            sent, reviewer, Decision.REJECT, rule_code="G1", evidence="The menu is cut off at 375 pixels."
        )
        return sent

    def returned(self, author: User) -> Submission:
        """A submission that a blocking check sent back."""
        return self.check(self.send(author), {"render": FAIL})

    def changes_requested(self, author: User, reviewer: User) -> Submission:
        """A submission for which a reviewer asked for changes."""
        sent = self.check(self.send(author))
        self.decide(sent, reviewer, Decision.REQUEST_CHANGES, notes="Make the button larger.")
        return sent

    def decided(self, author: User, reviewer: User, *, won: bool = True) -> Pair:
        """An accepted submission whose blind pair three voters decided."""
        pair = self.open_pair(self.accepted(author, reviewer))
        for n in range(3):
            self.vote(pair, self.world.person(f"voter{n}", Role.CONTRIBUTOR), for_refined=won)
        pair.refresh_from_db()
        return pair
