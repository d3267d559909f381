"""What a reviewer is shown beside the work."""

from __future__ import annotations

import pytest
from django.urls import reverse

from people.rules import Role
from review import actions as review
from tests.scenes import Scene
from tests.visitors import text_of, visitor
from tests.worlds import world
from work import actions, draft_actions, queue
from work.models import Assignment
from work.states import Outcome, TaskKind

pytestmark = pytest.mark.django_db


def test_earlier_rounds_are_the_author_s_own_on_a_task_wanted_of_several() -> None:
    made = Scene(world(seats=2))
    ana, bo = (made.world.person(name, Role.CONTRIBUTOR) for name in ("ana", "bo"))
    made.changes_requested(ana, made.world.person("rex", Role.REVIEWER))
    sent = made.check(made.send(bo))
    review.open_review(submission_id=sent.pk)
    reviewer = made.world.person("rob", Role.REVIEWER)
    seat = made.claim(reviewer, TaskKind.REVIEW)
    page = text_of(visitor(reviewer).get(reverse("review:review", args=[seat.pk])))
    assert "Make the button larger." not in page, "it was said to ana"
    actions.release(by=reviewer, assignment=seat, reason="")

    (waiting,) = queue.reserved_for(ana)
    round_two = Assignment.objects.select_related("project", "task").get(
        pk=actions.resume_seat(by=ana, seat=waiting).pk
    )
    rev = made.save(round_two, ana, "larger")
    again = made.check(
        draft_actions.submit(
            by=ana, assignment=round_two, rev=rev, outcome=Outcome.REFINED, reason="Larger, as asked."
        )
    )
    review.open_review(submission_id=again.pk)
    other = made.world.person("rae", Role.REVIEWER)
    seats = Assignment.objects.filter(task__submission=again, status="open")
    Assignment.objects.filter(pk__in=seats).update(priority=-1)
    seat = made.claim(other, TaskKind.REVIEW)
    assert "Make the button larger." in text_of(visitor(other).get(reverse("review:review", args=[seat.pk])))
