"""Money: one piece of work is paid once, whoever asks how often at the same moment."""

from __future__ import annotations

import pytest

from arena import actions as arena
from arena.models import Vote
from catalog.models import Membership
from core.errors import HillclimbError, NotAllowed
from ledger.models import Entry
from people.models import User
from people.rules import Role
from review import actions as review
from review.models import Dispute, Review
from review.states import Decision
from tests import worlds
from tests.scenes import FAIL, Scene
from tests.security.hands import at_once
from work import draft_actions
from work.models import Submission
from work.states import Outcome, TaskKind


def earned(user: User) -> list[int]:
    return list(Entry.objects.filter(user=user).order_by("id").values_list("amount", flat=True))


def blocked_fix(scene: Scene, author: User, reviewer: User) -> Submission:
    """A reviewer's fix that a check holds back, so that another reviewer has to look at it."""
    sent = scene.check(scene.send(author))
    scene.decide(sent, reviewer, Decision.FIX_ACCEPT, files=worlds.page("Refined", "better still"))
    fix = Submission.objects.get(supersedes=sent)
    return scene.check(fix, {"render": FAIL})


@pytest.mark.django_db
@pytest.mark.parametrize("decision", [Decision.ACCEPT, Decision.FIX_ACCEPT])
def test_the_author_of_a_fixed_page_is_paid_once(decision: Decision) -> None:
    scene = Scene(worlds.world())
    author, reviewer = (
        scene.world.person("author", Role.CONTRIBUTOR),
        scene.world.person("reviewer", Role.REVIEWER),
    )
    fix = blocked_fix(scene, author, reviewer)
    assert len(earned(author)) == 1
    files = worlds.page("Refined", "best of all") if decision == Decision.FIX_ACCEPT else None
    scene.decide(fix, scene.world.person("second", Role.REVIEWER), decision, files=files)
    assert len(earned(author)) == 1


@pytest.mark.django_db
def test_an_author_is_not_paid_twice_by_disputing_what_became_of_a_fix() -> None:
    scene = Scene(worlds.world())
    author, reviewer = (
        scene.world.person("author", Role.CONTRIBUTOR),
        scene.world.person("reviewer", Role.REVIEWER),
    )
    fix = blocked_fix(scene, author, reviewer)
    second = scene.world.person("second", Role.REVIEWER)
    scene.decide(fix, second, Decision.REJECT, rule_code="G1", evidence="The fix cuts the menu off.")
    made: Dispute = review.dispute(by=author, submission=fix, reason="The fix was right as it was.")
    review.answer_dispute(by=scene.world.lead, dispute=made, uphold=True, answer="It is right indeed.")
    assert len(earned(author)) == 1


@pytest.mark.django_db
def test_nobody_decides_on_the_rejection_of_their_own_fix() -> None:
    scene = Scene(worlds.world())
    author, lead = scene.world.person("author", Role.CONTRIBUTOR), scene.world.lead
    Membership.objects.create(project=scene.world.project, user=lead, role=Role.REVIEWER)
    fix = blocked_fix(scene, author, lead)
    second = scene.world.person("second", Role.REVIEWER)
    scene.decide(fix, second, Decision.REJECT, rule_code="G1", evidence="The fix cuts the menu off.")
    made = review.dispute(by=author, submission=fix, reason="The fix was right as it was.")
    with pytest.raises(NotAllowed):
        review.answer_dispute(by=lead, dispute=made, uphold=True, answer="My fix is right indeed.")
    made.refresh_from_db()
    assert made.status == "open"


@pytest.mark.django_db
def test_a_round_after_a_held_back_fix_can_be_worked_on_and_is_not_paid_anew() -> None:
    scene = Scene(worlds.world())
    author, first = scene.world.person("author", Role.CONTRIBUTOR), scene.world.person("first", Role.REVIEWER)
    scene.changes_requested(author, first)
    fix = blocked_fix(scene, author, scene.world.person("second", Role.REVIEWER))
    assert fix.round == 2
    scene.decide(
        fix, scene.world.person("third", Role.REVIEWER), Decision.REQUEST_CHANGES, notes="The fix is blank."
    )
    sent = scene.check(scene.send(author, text="whole again"))
    assert sent.round == 3
    scene.decide(sent, scene.world.person("fourth", Role.REVIEWER), Decision.ACCEPT)
    assert len(earned(author)) == 1


@pytest.mark.django_db(transaction=True)
def test_one_rejection_disputed_four_times_at_once_is_one_dispute() -> None:
    scene = Scene(worlds.world())
    author = scene.world.person("author", Role.CONTRIBUTOR)
    sent = scene.rejected(author, scene.world.person("reviewer", Role.REVIEWER))

    def dispute() -> None:
        review.dispute(by=author, submission=Submission.objects.get(pk=sent.pk), reason="The menu is whole.")

    told = at_once(*[dispute] * 4)
    assert sum(error is None for error in told) == 1
    assert all(error is None or isinstance(error, HillclimbError) for error in told), told
    assert Dispute.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_each_thing_sent_four_times_at_once_happens_once() -> None:
    scene = Scene(worlds.world())
    author, reviewer = (
        scene.world.person("author", Role.CONTRIBUTOR),
        scene.world.person("reviewer", Role.REVIEWER),
    )
    voter = scene.world.person("voter", Role.CONTRIBUTOR)

    seat = scene.claim(author, TaskKind.REFINE)
    rev = scene.save(seat, author)

    def submit() -> None:
        draft_actions.submit(
            by=author, assignment=type(seat).objects.get(pk=seat.pk), rev=rev, outcome=Outcome.REFINED,
            reason="Clearer type and order.",
        )  # fmt: skip

    told = at_once(*[submit] * 4)
    assert sum(error is None for error in told) == 1
    assert all(error is None or isinstance(error, HillclimbError) for error in told), told
    sent = scene.check(Submission.objects.get())

    review.open_review(submission_id=sent.pk)
    judged = scene.claim(reviewer, TaskKind.REVIEW)

    def decide() -> None:
        held = type(seat).objects.select_related("task__submission").get(pk=judged.pk)
        review.decide(by=reviewer, assignment=held, decision=Decision.ACCEPT)

    told = at_once(*[decide] * 4)
    assert sum(error is None for error in told) == 1
    assert all(error is None or isinstance(error, HillclimbError) for error in told), told
    assert Review.objects.count() == 1

    sent.refresh_from_db()
    at_once(*[lambda: arena.open_pair(submission_id=sent.pk)] * 4)
    assert sent.pairs.count() == 1
    compared = scene.claim(voter, TaskKind.COMPARE)

    def vote() -> None:
        held = type(seat).objects.get(pk=compared.pk)
        arena.vote(by=voter, assignment=held, choice=1, both_bad=False, criteria={}, seconds=5)

    told = at_once(*[vote] * 4)
    assert sum(error is None for error in told) == 1
    assert all(error is None or isinstance(error, HillclimbError) for error in told), told
    assert Vote.objects.count() == 1
    assert [len(earned(user)) for user in (author, reviewer, voter)] == [1, 1, 1]
