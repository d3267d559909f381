"""My work and a submission's page: what became of it, in words, and nothing that would break blindness."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse

from arena.models import Pair
from checks.verdict import Outcome, Verdict
from people.models import User
from people.rules import Role
from review.actions import answer_dispute
from review.models import Dispute
from review.pay_actions import pay_unreviewed
from review.states import Decision
from tests.scenes import Scene
from tests.visitors import queries, text_of, visitor
from tests.worlds import page as page_files
from tests.worlds import world
from web.submission_page import verdict_of
from work import actions, draft_actions
from work.models import Assignment, Submission
from work.states import Outcome as Conclusion
from work.states import TaskKind

pytestmark = pytest.mark.django_db
MINE = "/work/"


@pytest.fixture
def scene() -> Scene:
    return Scene(world(prompts=6, pay_refine=1500))


@pytest.fixture
def ana(scene: Scene) -> User:
    return scene.world.person("ana", Role.CONTRIBUTOR)


@pytest.fixture
def judge(scene: Scene) -> User:
    return scene.world.person("judge-judy", Role.REVIEWER)


def submission_page(user: User, sent: Submission) -> str:
    answer = visitor(user).get(reverse("work:submission", args=[sent.pk]))
    assert answer.status_code == 200
    return text_of(answer)


def test_nothing_sent_yet_is_explained(ana: User) -> None:
    assert "Nothing sent yet" in text_of(visitor(ana).get(MINE))
    assert "No reviews or votes yet" in text_of(visitor(ana).get(MINE, {"of": "judged"}))


def test_each_row_says_status_remark_and_pay(scene: Scene, ana: User, judge: User) -> None:
    scene.accepted(ana, judge)
    scene.rejected(ana, judge)
    scene.returned(ana)
    scene.check(scene.send(ana))
    page = text_of(visitor(ana).get(MINE))
    for words in (
        "Accepted",
        "Rejected",
        "Returned by a check",
        "Awaiting review",
        "1 error. First: The page is blank.",
    ):
        assert words in page
    assert "Rule G1: The page works on a phone." in page
    assert page.count('<span class="muted">none</span>') == 2
    assert "€15.00 if accepted" in page


def test_work_paid_while_it_waits_is_shown_as_paid_whatever_becomes_of_it(
    scene: Scene, ana: User, judge: User
) -> None:
    sent = scene.check(scene.send(ana))
    Submission.objects.update(submitted_at=F("submitted_at") - timedelta(days=30))
    assert pay_unreviewed() == 1
    assert '€15.00 <span class="small muted">paid while it waits' in text_of(visitor(ana).get(MINE))
    assert "paid while it waits for a review" in submission_page(ana, sent)
    assert "<dt>Awaiting a decision</dt> <dd>€0.00</dd>" in text_of(visitor(ana).get("/"))
    scene.decide(sent, judge, Decision.REQUEST_CHANGES, notes="Larger.")
    page = text_of(visitor(ana).get(MINE))
    assert "€15.00" in page
    assert '<span class="muted">none</span>' not in page
    assert "on your" in submission_page(ana, sent)

    seat = actions.claim_seat(by=ana, seat=Assignment.objects.get(reserved_for=ana))
    seat = Assignment.objects.select_related("project", "task").get(pk=seat.pk)
    rev = scene.save(seat, ana, "larger")
    again = scene.check(
        draft_actions.submit(by=ana, assignment=seat, rev=rev, outcome=Conclusion.REFINED, reason="")
    )
    assert "paid with round 1" in text_of(visitor(ana).get(MINE))
    assert "paid with round 1" in submission_page(ana, again)


def test_reviews_and_votes_have_a_list_of_their_own(scene: Scene, ana: User, judge: User) -> None:
    scene.accepted(ana, judge)
    page = text_of(visitor(judge).get(MINE, {"of": "judged"}))
    assert '<td data-label="Work">Review</td>' in page
    assert "€4.00" in page


def test_kept_drafts_can_be_taken_again_while_free(scene: Scene, ana: User) -> None:
    seat = scene.claim(ana, TaskKind.REFINE)
    scene.save(seat, ana)
    actions.release(by=ana, assignment=seat, reason="")
    fresh = Assignment.objects.get(task=seat.task_id, status="open")
    page = text_of(visitor(ana).get(MINE))
    assert "Drafts that are kept" in page
    assert reverse("work:resume", args=[fresh.pk]) in page
    Assignment.objects.filter(status="open").exclude(pk=fresh.pk).update(priority=2**31 - 1)
    scene.claim(scene.world.person("other", Role.CONTRIBUTOR), TaskKind.REFINE)
    page = text_of(visitor(ana).get(MINE))
    assert "Somebody else holds the task now" in page
    assert reverse("work:resume", args=[fresh.pk]) not in page


def test_a_draft_taken_up_again_is_no_longer_listed(scene: Scene, ana: User) -> None:
    seat = scene.claim(ana, TaskKind.REFINE)
    scene.save(seat, ana)
    actions.release(by=ana, assignment=seat, reason="")
    actions.claim_seat(by=ana, seat=Assignment.objects.get(task=seat.task_id, status="open"))
    assert "Drafts that are kept" not in text_of(visitor(ana).get(MINE))


def test_pages_of_twenty_and_steady_queries(scene: Scene, ana: User) -> None:
    scene.returned(ana)
    one = queries(visitor(ana), MINE)
    first = Submission.objects.get()
    seat = Assignment.objects.get(pk=first.assignment_id)
    for n in range(24):
        seat.pk, seat.round = None, n + 10
        seat.save(force_insert=True)
        first.pk, first.assignment = None, seat
        first.save(force_insert=True)
    assert queries(visitor(ana), MINE) == one
    page = text_of(visitor(ana).get(MINE))
    assert page.count("work-task") == 20
    assert "Page 1 of 2" in page
    assert text_of(visitor(ana).get(MINE, {"page": "2"})).count("work-task") == 5
    assert "Page 2 of 2" in text_of(visitor(ana).get(MINE, {"page": "999"}))


def test_a_rejection_names_rule_and_evidence_and_can_be_disputed(
    scene: Scene, ana: User, judge: User
) -> None:
    sent = scene.rejected(ana, judge)
    url = reverse("work:dispute", args=[sent.pk])
    page = submission_page(ana, sent)
    assert "Rule G1." in page
    assert "The menu is cut off at 375 pixels." in page
    short = visitor(ana).post(url, {"reason": "no <b>"})
    assert short.status_code == 400
    assert "Say why the rejection is wrong." in text_of(short)
    assert "no &lt;b&gt;</textarea>" in text_of(short)
    sent_page = visitor(ana).post(url, {"reason": "It is not cut off: see the screenshot."}, follow=True)
    assert "Your objection: open" in text_of(sent_page)
    assert "Send the objection" not in text_of(sent_page)
    second = scene.world.person("second", Role.LEAD)
    answer_dispute(by=second, dispute=Dispute.objects.get(), uphold=True, answer="The author is right.")
    page = submission_page(ana, sent)
    assert "The author is right." in page
    assert "Accepted" in page


def test_a_returned_submission_shows_findings_and_the_way_on(scene: Scene, ana: User) -> None:
    sent = scene.returned(ana)
    page = submission_page(ana, sent)
    assert "The page is blank." in page
    assert "Draw something." in page
    assert "index.html:3 at 375 px" in page
    assert reverse("work:resume", args=[Assignment.objects.get(reserved_for=ana).pk]) in page


def test_requested_changes_show_the_notes(scene: Scene, ana: User, judge: User) -> None:
    assert "Make the button larger." in submission_page(ana, scene.changes_requested(ana, judge))


def test_a_conclusion_without_files_needs_no_checks(scene: Scene, ana: User) -> None:
    page = submission_page(ana, scene.conclude(ana, Conclusion.ALREADY_BEATS))
    assert "Nothing to check: no files were sent." in page
    assert "The base already beats the rival" in page


def test_screenshots_are_shown_by_width(scene: Scene, ana: User) -> None:
    verdict = Verdict(Outcome.PASS, "Fine.", (), {"refined-375.png": b"\x89PNG"})
    sent = scene.check(scene.send(ana), {"render": verdict})
    assert 'alt="Your page at 375 pixels"' in submission_page(ana, sent)


def test_a_reviewers_fix_is_told_on_the_original(scene: Scene, ana: User, judge: User) -> None:
    sent = scene.check(scene.send(ana))
    scene.decide(sent, judge, Decision.FIX_ACCEPT, files=page_files("Refined", "mended"))
    fix = Submission.objects.get(supersedes=sent)
    assert "The reviewer mended the rest" in submission_page(ana, sent)
    moved = visitor(ana).get(reverse("work:submission", args=[fix.pk]))
    assert moved["Location"] == reverse("work:submission", args=[sent.pk])
    assert text_of(visitor(ana).get(MINE)).count("work-task") == 1


@pytest.mark.parametrize(
    ("won", "sentence"),
    [(True, "Voters preferred your page 3 : 0."), (False, "Voters preferred the rival’s page 3 : 0.")],
)
def test_the_verdict_is_told_in_words(scene: Scene, ana: User, judge: User, won: bool, sentence: str) -> None:
    pair = scene.decided(ana, judge, won=won)
    assert sentence in submission_page(ana, pair.submission)


@pytest.mark.parametrize(
    ("counts", "outcome", "sentence"),
    [
        ((4, 3, 0), "", "Voters could not agree: 4 : 3."),
        ((1, 1, 5), "tie", "Voters found both pages equal, 1 : 1, with 5 ties."),
        ((3, 1, 1), "refined", "Voters preferred your page 3 : 1, with 1 tie."),
    ],
)
def test_every_end_of_a_pair_has_its_sentence(
    counts: tuple[int, int, int], outcome: str, sentence: str
) -> None:
    wins, losses, ties = counts
    status = "decided" if outcome else "undecided"
    pair = Pair(wins=wins, losses=losses, ties=ties, outcome=outcome, status=status)
    assert verdict_of(pair).sentence == sentence


def test_before_the_verdict_no_count_is_told_and_never_a_name(scene: Scene, ana: User, judge: User) -> None:
    pair = scene.open_pair(scene.accepted(ana, judge, notes="Well done."))
    scene.vote(pair, scene.world.person("voter-victor", Role.CONTRIBUTOR))
    page = submission_page(ana, pair.submission)
    assert "Voters are comparing your page with the rival’s, blind." in page
    assert "1 : 0" not in page
    for name in ("judge-judy", "voter-victor", "target-model", "rival-model", "Vendor"):
        assert name not in page


def test_nobody_else_opens_it(scene: Scene, ana: User, judge: User) -> None:
    sent = scene.accepted(ana, judge)
    for user in (judge, scene.world.lead, scene.world.person("other", Role.CONTRIBUTOR)):
        assert visitor(user).get(reverse("work:submission", args=[sent.pk])).status_code == 404
