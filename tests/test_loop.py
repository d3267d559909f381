"""The whole loop by its actions: refine, check, review, vote, pay. Checks answer with set verdicts here;
the worker and the browser have tests of their own."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from arena import actions as arena
from arena.models import Pair
from checks import actions as checks
from checks.models import CheckRun
from checks.verdict import Finding, Outcome, Severity, Verdict
from core.errors import BadInput, NotAllowed, WrongState
from core.models import Event
from ledger.models import Entry
from people.models import User
from people.rules import Role
from review import actions as review
from review.states import Decision
from tests.worlds import World, page, world
from work import actions, draft_actions, drafts
from work.actions import NothingToClaim
from work.models import Assignment, Submission, Task
from work.states import Outcome as WorkOutcome
from work.states import TaskKind

pytestmark = pytest.mark.django_db

PASS = Verdict(Outcome.PASS, "Fine.")
FAIL = Verdict(
    Outcome.FAIL, "1 error.", (Finding("blank", Severity.ERROR, "The page is blank.", "Draw something."),)
)


def claim(scene: World, by: User, kind: TaskKind) -> Assignment:
    seat = actions.claim(by=by, project_id=scene.project.pk, kind=kind)
    return Assignment.objects.select_related("project", "task__submission").get(pk=seat.pk)


def send(seat: Assignment, by: User, text: str = "much better") -> Submission:
    rev = draft_actions.save(
        by=by,
        assignment=seat,
        rev=0,
        files=page("Refined", text),
        rationale="Clearer type.",
        ratings={"design": 4},
    ).rev
    return draft_actions.submit(
        by=by, assignment=seat, rev=rev, outcome=WorkOutcome.REFINED, reason="clearer type"
    )


def check(submission: Submission, verdicts: dict[str, Verdict] | None = None) -> None:
    checks.plan(submission_id=submission.pk)
    for run in CheckRun.objects.filter(submission=submission):
        taken = checks.take(run_id=run.pk)
        assert taken is not None
        checks.finish(run=taken, verdict=(verdicts or {}).get(run.check_name, PASS))
    submission.refresh_from_db()


def decide(scene: World, submission: Submission, by: User, decision: Decision, **given: object) -> None:
    review.open_review(submission_id=submission.pk)
    review.decide(by=by, assignment=claim(scene, by, TaskKind.REVIEW), decision=decision, **given)  # type: ignore[arg-type]
    submission.refresh_from_db()


def balances() -> dict[str, int]:
    return dict(
        Entry.objects.values_list("account").annotate(Sum("amount")).values_list("account", "amount__sum")
    )


def invariants() -> None:
    for task in Task.objects.all():
        assert task.assignments.filter(status__in=["open", "active", "submitted"]).count() == task.seats, "I6"
    assert sum(balances().values()) == 0, "I5"
    # I8: replaying the events of a row ends in its status.
    for machine, model in (
        ("work.assignment", Assignment),
        ("work.submission", Submission),
        ("work.task", Task),
    ):
        last = {
            event.object_id: event.target for event in Event.objects.filter(machine=machine).order_by("id")
        }
        assert last == dict(model.objects.values_list("pk", "status")), f"I8 {machine}"


@pytest.fixture
def people() -> tuple[World, User, User]:
    scene = world(pay_refine=1000, pay_review=300, pay_compare=50)
    return scene, scene.person("author", Role.CONTRIBUTOR), scene.person("reviewer", Role.REVIEWER)


def test_accepted_work_is_paid_compared_blind_and_decided(people: tuple[World, User, User]) -> None:
    scene, author, reviewer = people
    sent = send(claim(scene, author, TaskKind.REFINE), author)
    check(sent)
    assert sent.status == "awaiting_review"
    decide(scene, sent, reviewer, Decision.ACCEPT)
    assert sent.status == "accepted"
    arena.open_pair(submission_id=sent.pk)
    arena.open_pair(submission_id=sent.pk)
    pair = Pair.objects.get()
    for judge in (author, reviewer):
        with pytest.raises(NothingToClaim):
            claim(scene, scene.person(judge.username), TaskKind.COMPARE)
    for n in range(3):
        voter = scene.person(f"v{n}", Role.CONTRIBUTOR)
        seat = claim(scene, voter, TaskKind.COMPARE)
        choice = -2 if arena.refined_is_a(pair, voter) else 2
        arena.vote(
            by=voter, assignment=seat, choice=choice, both_bad=False, criteria={"design": choice}, seconds=9
        )
    pair.refresh_from_db()
    assert (pair.status, pair.outcome, pair.wins, pair.losses) == ("decided", "refined", 3, 0)
    assert balances() == {
        f"user:{author.pk}": 1000, f"user:{reviewer.pk}": 300, f"project:{scene.project.pk}": -1450,
        **{f"user:{scene.person(f'v{n}').pk}": 50 for n in range(3)},
    }  # fmt: skip
    assert Counter(Task.objects.values_list("status", flat=True)) == {"settled": 3}
    invariants()


def test_split_votes_open_further_seats_until_the_cap(people: tuple[World, User, User]) -> None:
    scene, author, reviewer = people
    sent = send(claim(scene, author, TaskKind.REFINE), author)
    check(sent)
    decide(scene, sent, reviewer, Decision.ACCEPT)
    arena.open_pair(submission_id=sent.pk)
    pair = Pair.objects.get()
    for n in range(7):
        pair.refresh_from_db()
        if pair.status != "open":
            break
        voter = scene.person(f"v{n}", Role.CONTRIBUTOR)
        for_refined = n % 2 == 0
        choice = (-1 if arena.refined_is_a(pair, voter) else 1) * (1 if for_refined else -1)
        seat = claim(scene, voter, TaskKind.COMPARE)
        arena.vote(by=voter, assignment=seat, choice=choice, both_bad=False, criteria={}, seconds=5)
    pair.refresh_from_db()
    assert pair.status == "undecided"
    assert pair.wins + pair.losses >= 6
    invariants()


def test_a_blocking_check_sends_it_back_to_its_author_alone(people: tuple[World, User, User]) -> None:
    scene, author, reviewer = people
    sent = send(claim(scene, author, TaskKind.REFINE), author)
    check(sent, {"render": FAIL})
    assert sent.status == "returned"
    with pytest.raises(NothingToClaim):
        claim(scene, scene.person("other", Role.CONTRIBUTOR), TaskKind.REFINE)
    seat = claim(scene, author, TaskKind.REFINE)
    assert (seat.round, seat.follows_id) == (2, sent.assignment_id)
    assert seat.feedback is not None
    assert seat.feedback["findings"][0]["message"] == "The page is blank."
    again = send(seat, author, "not blank")
    check(again)
    decide(scene, again, reviewer, Decision.ACCEPT)
    assert balances()[f"user:{author.pk}"] == 1000
    invariants()


def test_a_check_that_could_not_be_run_blames_nobody(people: tuple[World, User, User]) -> None:
    scene, author, _ = people
    sent = send(claim(scene, author, TaskKind.REFINE), author)
    checks.plan(submission_id=sent.pk)
    for run in list(CheckRun.objects.filter(submission=sent)):
        losses = 3 if run.check_name == "render" else 0
        for _loss in range(losses):
            taken = checks.take(run_id=run.pk)
            assert taken is not None
            checks.lose(run=taken, why="browser lost")
        if not losses:
            taken = checks.take(run_id=run.pk)
            assert taken is not None
            checks.finish(run=taken, verdict=PASS)
    sent.refresh_from_db()
    assert sent.status == "awaiting_review"
    assert CheckRun.objects.get(submission=sent, check_name="render").status == "infra_error"


def test_a_worker_that_lost_its_lease_cannot_write(people: tuple[World, User, User]) -> None:
    scene, author, _ = people
    sent = send(claim(scene, author, TaskKind.REFINE), author)
    checks.plan(submission_id=sent.pk)
    run = CheckRun.objects.filter(submission=sent).first()
    assert run is not None
    frozen = checks.take(run_id=run.pk)
    assert frozen is not None
    assert checks.take(run_id=run.pk) is None
    CheckRun.objects.filter(pk=run.pk).update(lease_until="2020-01-01T00:00Z")
    assert checks.recover_lost() == 1
    second = checks.take(run_id=run.pk)
    assert second is not None
    checks.finish(run=second, verdict=PASS)
    with pytest.raises(WrongState):
        checks.finish(run=frozen, verdict=FAIL)
    run.refresh_from_db()
    assert (run.status, run.losses, run.epoch) == ("passed", 1, 2)


def test_requested_changes_open_a_round_seeded_with_what_was_sent(people: tuple[World, User, User]) -> None:
    scene, author, reviewer = people
    sent = send(claim(scene, author, TaskKind.REFINE), author)
    check(sent)
    with pytest.raises(BadInput):
        decide(scene, sent, reviewer, Decision.REQUEST_CHANGES)
    held = Assignment.objects.get(assignee=reviewer, status="active")
    review.decide(
        by=reviewer, assignment=held, decision=Decision.REQUEST_CHANGES, notes="Make the button larger."
    )
    seat = claim(scene, author, TaskKind.REFINE)

    assert drafts.opening(seat)["files"] == page("Refined", "much better")
    assert seat.feedback == {
        "decision": "request_changes",
        "notes": "Make the button larger.",
        "findings": [],
    }
    assert f"user:{author.pk}" not in balances()
    invariants()


def test_a_rejection_needs_rule_and_evidence_and_can_be_disputed(people: tuple[World, User, User]) -> None:
    scene, author, reviewer = people
    sent = send(claim(scene, author, TaskKind.REFINE), author)
    check(sent)
    with pytest.raises(BadInput):
        decide(scene, sent, reviewer, Decision.REJECT, rule_code="G9", evidence="")
    held = Assignment.objects.get(assignee=reviewer, status="active")
    review.decide(
        by=reviewer,
        assignment=held,
        decision=Decision.REJECT,
        rule_code="G1",
        evidence="The menu is cut at 375 px.",
    )
    sent.refresh_from_db()
    assert sent.status == "rejected"
    claim(scene, scene.person("other", Role.CONTRIBUTOR), TaskKind.REFINE)
    with pytest.raises(NotAllowed):
        review.dispute(by=reviewer, submission=sent, reason="I object to this.")
    dispute = review.dispute(by=author, submission=sent, reason="The menu is not cut.")
    with pytest.raises(NotAllowed):
        review.answer_dispute(by=reviewer, dispute=dispute, uphold=True, answer="I was wrong there.")
    review.answer_dispute(by=scene.lead, dispute=dispute, uphold=True, answer="It fits at 375 px indeed.")
    sent.refresh_from_db()
    assert sent.status == "accepted"
    assert balances()[f"user:{author.pk}"] == 1000
    invariants()


def test_a_reviewers_fix_is_checked_then_accepted_and_the_author_paid(
    people: tuple[World, User, User],
) -> None:
    scene, author, reviewer = people
    sent = send(claim(scene, author, TaskKind.REFINE), author)
    check(sent)
    decide(scene, sent, reviewer, Decision.FIX_ACCEPT, files=page("Refined", "with the typo mended"))
    assert sent.status == "superseded"
    fix = Submission.objects.get(supersedes=sent)
    assert (fix.author, fix.fixed_by, fix.status) == (author, reviewer, "checking")
    check(fix)
    review.open_review(submission_id=fix.pk)
    fix.refresh_from_db()
    assert fix.status == "accepted"
    arena.open_pair(submission_id=fix.pk)
    assert Pair.objects.filter(submission=fix).exists()
    assert balances()[f"user:{author.pk}"] == 1000
    invariants()


def test_the_database_refuses_to_rewrite_history(people: tuple[World, User, User]) -> None:
    scene, author, reviewer = people
    sent = send(claim(scene, author, TaskKind.REFINE), author)
    check(sent)
    decide(scene, sent, reviewer, Decision.ACCEPT)
    for statement in (
        "UPDATE core_event SET verb = 'x'",
        "DELETE FROM core_event",
        "UPDATE ledger_entry SET amount = amount + 1",
        "DELETE FROM ledger_entry",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(IntegrityError), transaction.atomic():
        _post_one_side_only()


def _post_one_side_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_entry (transaction_id, account, amount, currency)"
            " SELECT id, 'user:1', 5, 'EUR' FROM ledger_transaction LIMIT 1"
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
