"""Gold pairs: marked once by a lead, told by nothing to voters, and what failing them does to a release."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from arena import gold, gold_actions
from arena.models import Pair, Vote
from core.errors import BadInput, Conflict, NotAllowed
from core.models import Event
from exports import candidates, selection
from people.rules import Role
from tests.exports import judged
from tests.exports.test_selection import choice
from tests.scenes import Scene
from tests.worlds import world

NOW = datetime(2026, 5, 1, tzinfo=UTC)
WHY = "The menu of the refined page does not open: anybody sees it."


def test_what_a_right_answer_is() -> None:
    assert gold.right("refined", 2)
    assert gold.right("rival", -1)
    assert gold.right("tie", 0)
    assert not gold.right("tie", 1)
    assert not gold.right("refined", 0)


def test_the_window_lies_around_the_vote_and_without_answers_nobody_fails() -> None:
    day = timedelta(days=1)
    assert not gold.fails([], NOW)
    assert gold.fails([(NOW - 7 * day, False)], NOW)
    assert gold.fails([(NOW + 7 * day, False)], NOW)
    assert not gold.fails([(NOW - 8 * day, False), (NOW + 8 * day, False)], NOW)
    assert not gold.fails([(NOW, False), *[(NOW, True)] * 3], NOW), "3 of 4 are enough"
    assert gold.fails([(NOW, False), *[(NOW, True)] * 2], NOW), "2 of 3 are not"


def fresh_pair(made: Scene) -> Pair:
    """A pair that nobody has voted on."""
    return made.open_pair(
        made.accepted(made.world.person("ada", Role.CONTRIBUTOR), made.world.person("rex", Role.REVIEWER))
    )


def marked_as_it_opened(made: Scene, pair: Pair, answer: str) -> None:
    """What a mark before the first vote would have left."""
    Pair.objects.filter(pk=pair.pk).update(gold=answer, gold_at=pair.opened_at, gold_by=made.world.lead)


@pytest.mark.django_db
def test_a_lead_marks_a_pair_once_and_for_good() -> None:
    made = Scene(world(prompts=1))
    pair = fresh_pair(made)
    lead = made.world.lead
    with pytest.raises(NotAllowed):
        gold_actions.mark(pair=pair, answer="rival", reason=WHY, by=made.world.people["rex"])
    with pytest.raises(BadInput):
        gold_actions.mark(pair=pair, answer="rival", reason="so", by=lead)
    with pytest.raises(BadInput):
        gold_actions.mark(pair=pair, answer="both", reason=WHY, by=lead)
    gold_actions.mark(pair=pair, answer="rival", reason=WHY, by=lead)
    assert (pair.gold, pair.gold_by) == ("rival", lead)
    assert Event.objects.get(verb="mark_gold").data == {"answer": "rival", "reason": WHY}
    with pytest.raises(Conflict):
        gold_actions.mark(pair=pair, answer="tie", reason=WHY, by=lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        Pair.objects.filter(pk=pair.pk).update(gold="")


@pytest.mark.django_db
def test_a_pair_that_somebody_voted_on_is_not_marked_any_more() -> None:
    made = Scene(world(prompts=1))
    pair = fresh_pair(made)
    made.vote(pair, made.world.person("v0", Role.CONTRIBUTOR), for_refined=False)
    with pytest.raises(Conflict, match="People have voted on this pair"):
        gold_actions.mark(pair=pair, answer="refined", reason=WHY, by=made.world.lead)
    pair.refresh_from_db()
    assert (pair.gold, Event.objects.filter(verb="mark_gold").count()) == ("", 0)
    client = Client()
    client.force_login(made.world.lead)
    assert (
        "Mark as gold" not in client.get(reverse("admin:arena_pair_change", args=[pair.pk])).content.decode()
    )


@pytest.mark.django_db
def test_a_gold_pair_wants_a_lead_of_three_and_looks_like_any_other() -> None:
    made = Scene(world(prompts=1))
    pair = fresh_pair(made)
    gold_actions.mark(pair=pair, answer="refined", reason=WHY, by=made.world.lead)
    made.vote(pair, made.world.person("v0", Role.CONTRIBUTOR), for_refined=False)
    for n in (1, 2, 3):
        made.vote(pair, made.world.person(f"v{n}", Role.CONTRIBUTOR))
    pair.refresh_from_db()
    assert pair.status == "open", "3 against 1 decides a usual pair, not this one"
    voter = made.world.person("v4", Role.CONTRIBUTOR)
    client = Client()
    client.force_login(voter)
    from work.states import TaskKind

    seat = made.claim(voter, TaskKind.COMPARE)
    page = client.get(reverse("arena:compare", args=[seat.pk])).content.decode()
    assert "gold" not in page.lower()


@pytest.mark.django_db
def test_the_desk_marks_a_pair() -> None:
    made = Scene(world(prompts=1))
    pair = fresh_pair(made)
    client = Client()
    client.force_login(made.world.lead)
    url = reverse("admin:arena_pair_change", args=[pair.pk])
    assert "Mark as gold: rival won" in client.get(url).content.decode()
    client.post(reverse("admin:arena_pair_do", args=[pair.pk, "gold_rival"]), {"reason": WHY})
    pair.refresh_from_db()
    assert pair.gold == "rival"
    page = client.get(url).content.decode()
    assert "said by lead" in page
    assert "Mark as gold" not in page


@pytest.mark.django_db
def test_votes_of_people_who_fail_gold_pairs_carry_no_row() -> None:
    """Four pairs, each by voter0 to voter2; pair 0 is gold, and voter0 alone was wrong on it."""
    made = judged.scene(4, authors=4)
    pairs = list(Pair.objects.order_by("id"))

    def reasons() -> dict[str, int]:
        return selection.select(choice(made)).dropped

    assert reasons() == {}
    wrong = Vote.objects.get(pair=pairs[0], voter=made.world.people["voter0"])
    Vote.objects.filter(pk=wrong.pk).update(choice=-wrong.choice)
    marked_as_it_opened(made, pairs[0], "refined")
    # Each pair is left with two sound votes.
    assert reasons() == {candidates.GOLD: 4}
    # More sound votes carry a pair again.
    for n in (3, 4):
        voter = made.world.person(f"voter{n}", Role.CONTRIBUTOR)
        template = Vote.objects.filter(pair=pairs[1]).order_by("id")[0]
        seat = template.assignment
        seat.pk, seat.assignee = None, voter
        seat.save()
        Vote.objects.create(
            pair=pairs[1],
            assignment=seat,
            voter=voter,
            refined_is_a=True,
            choice=-2,
            seconds=9,
            cast_at=template.cast_at,
        )
    Pair.objects.filter(pk=pairs[1].pk).update(wins=5)
    assert reasons() == {candidates.GOLD: 3}
    # A failure long before or after a vote says nothing of it; the failure itself stays one.
    Vote.objects.filter(pk=wrong.pk).update(cast_at=timezone.now() - timedelta(days=8))
    assert reasons() == {candidates.GOLD: 1}
    # What was marked after the release's moment does not change it.
    Vote.objects.filter(pk=wrong.pk).update(cast_at=wrong.cast_at)
    Pair.objects.filter(pk=pairs[0].pk).update(gold_at=timezone.now() + timedelta(hours=1))
    assert reasons() == {}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sql_judges_as_the_pure_rule_does(seed: int) -> None:
    import random

    made = judged.scene(8, authors=8)
    draw = random.Random(seed)
    for pair in Pair.objects.order_by("id")[:5]:
        marked_as_it_opened(made, pair, draw.choice(["refined", "rival", "tie"]))
    for vote in Vote.objects.all():
        vote.choice, vote.cast_at = draw.randint(-3, 3), vote.cast_at - timedelta(hours=draw.randint(0, 400))
        vote.save()
    selected = selection.select(choice(made, min_votes=1))
    answers: dict[int, list[tuple[datetime, bool]]] = {}
    for vote in Vote.objects.exclude(pair__gold="").select_related("pair"):
        score = -vote.choice if vote.refined_is_a else vote.choice
        answers.setdefault(vote.voter_id, []).append((vote.cast_at, gold.right(vote.pair.gold, score)))
    expected = 0
    for pair in Pair.objects.prefetch_related("votes"):
        failing = [v for v in pair.votes.all() if gold.fails(answers.get(v.voter_id, []), v.cast_at)]
        scores = [(-v.choice if v.refined_is_a else v.choice) for v in failing]
        left = [
            pair.wins - sum(score > 0 for score in scores),
            pair.losses - sum(score < 0 for score in scores),
            pair.ties - sum(score == 0 for score in scores),
        ]
        expected += bool(failing) and (sum(left) < 1 or left[0] - max(left[1:]) < 2)
    assert selected.dropped.get(candidates.GOLD, 0) == expected


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_fails_is_a_share(answers: list[bool]) -> None:
    assert gold.fails([(NOW, each) for each in answers], NOW) == (
        sum(answers) / len(answers) < gold.LEAST_RIGHT
    )
