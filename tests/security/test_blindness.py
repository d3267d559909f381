"""I9: a voter is never told which side is which, and nobody who makes or reviews is told a model's name."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.test import Client

from arena import actions as arena
from catalog.models import Membership
from core.errors import HillclimbError, NotAllowed
from people.models import User
from people.rules import Role
from review.states import Decision
from tests import worlds
from tests.scenes import FAIL, Scene
from tests.worlds import World
from work import actions, queue
from work.models import Assignment
from work.states import Outcome, TaskKind

pytestmark = pytest.mark.django_db

NAMES = ("target-model", "rival-model", "Vendor T", "Vendor R")


@pytest.fixture
def scene() -> Scene:
    """One prompt, wanted twice; everyone here has every working role."""
    return Scene(worlds.world(seats=2))


def worker(world: World, name: str) -> User:
    return world.person(name, Role.CONTRIBUTOR, Role.REVIEWER)


def let_go(scene: Scene, by: User, kind: TaskKind) -> Assignment:
    """Look at a seat's page and give it back."""
    seat = scene.claim(by, kind)
    actions.release(by=by, assignment=seat, reason="Not for me.")
    return seat


def test_who_saw_the_rival_named_on_the_bench_does_not_vote_on_it(scene: Scene) -> None:
    world = scene.world
    peeker = worker(world, "peeker")
    let_go(scene, peeker, TaskKind.REFINE)
    scene.open_pair(scene.accepted(worker(world, "author"), worker(world, "reviewer")))
    with pytest.raises(actions.NothingToClaim):
        scene.claim(peeker, TaskKind.COMPARE)


def test_who_saw_the_sides_named_in_a_review_does_not_vote_on_them(scene: Scene) -> None:
    world = scene.world
    peeker = worker(world, "peeker")
    sent = scene.check(scene.send(worker(world, "author")))
    from review import actions as review

    review.open_review(submission_id=sent.pk)
    let_go(scene, peeker, TaskKind.REVIEW)
    scene.decide(sent, worker(world, "reviewer"), Decision.ACCEPT)
    scene.open_pair(sent)
    with pytest.raises(actions.NothingToClaim):
        scene.claim(peeker, TaskKind.COMPARE)


def test_a_comparison_once_held_is_not_resumed_after_the_rival_was_seen(scene: Scene) -> None:
    world = scene.world
    peeker = worker(world, "peeker")
    pair = scene.open_pair(scene.accepted(worker(world, "author"), worker(world, "reviewer")))
    let_go(scene, peeker, TaskKind.COMPARE)
    let_go(scene, peeker, TaskKind.REFINE)
    seat = pair.task.assignments.filter(status="open").order_by("-pk")[0]
    with pytest.raises(HillclimbError):
        actions.claim_seat(by=peeker, seat=seat)


def test_who_can_read_on_the_desk_whose_page_is_whose_does_not_vote(scene: Scene) -> None:
    world = scene.world
    pair = scene.open_pair(scene.accepted(worker(world, "author"), worker(world, "reviewer")))
    Membership.objects.create(project=world.project, user=world.lead, role=Role.REVIEWER)
    client = Client()
    client.force_login(world.lead)
    assert b"Refined" in client.get(f"/desk/submissions/{pair.submission_id}/").content
    with pytest.raises(NotAllowed):
        scene.claim(world.lead, TaskKind.COMPARE)
    assert TaskKind.COMPARE not in {line.kind for line in queue.lines(world.lead)}

    voter = worker(world, "voter")
    seat = scene.claim(voter, TaskKind.COMPARE)
    Membership.objects.create(project=world.project, user=voter, role=Role.LEAD)
    with pytest.raises(NotAllowed):
        arena.vote(by=voter, assignment=seat, choice=1, both_bad=False, criteria={}, seconds=5)
    assert not pair.votes.exists()


def test_who_runs_the_site_sees_every_desk_and_votes_nowhere(scene: Scene) -> None:
    world = scene.world
    pair = scene.open_pair(scene.accepted(worker(world, "author"), worker(world, "reviewer")))
    operator = worker(world, "operator")
    seat = scene.claim(operator, TaskKind.COMPARE)
    User.objects.filter(pk=operator.pk).update(is_superuser=True)
    operator.refresh_from_db()
    with pytest.raises(NotAllowed, match="You run this site"):
        arena.vote(by=operator, assignment=seat, choice=1, both_bad=False, criteria={}, seconds=5)
    assert not pair.votes.exists()
    assert TaskKind.COMPARE not in {line.kind for line in queue.lines(operator)}
    actions.release(by=operator, assignment=seat, reason="")
    with pytest.raises(NotAllowed, match="other people compare them"):
        scene.claim(operator, TaskKind.COMPARE)


def pages_of(client: Client, *paths: str) -> Iterator[tuple[str, str]]:
    for path in paths:
        answer = client.get(path, follow=True)
        assert answer.status_code == 200, path
        yield path, b"".join(answer).decode()


def test_no_page_of_contributor_or_reviewer_names_a_model(scene: Scene) -> None:
    world = scene.world
    author, reviewer = worker(world, "author"), worker(world, "reviewer")
    client = Client()
    client.force_login(author)
    seat = scene.claim(author, TaskKind.REFINE)
    seen = dict(pages_of(client, "/", "/queue/", "/work/", "/statement/", "/account/", f"/bench/{seat.pk}/",
                         f"/bench/{seat.pk}/draft"))  # fmt: skip
    scene.save(seat, author)
    from work import draft_actions

    sent = draft_actions.submit(
        by=author, assignment=seat, rev=1, outcome=Outcome.REFINED, reason="Clearer type and order."
    )
    sent = scene.check(sent, {"accessibility": FAIL})
    from review import actions as review

    review.open_review(submission_id=sent.pk)
    held = scene.claim(reviewer, TaskKind.REVIEW)
    client.force_login(reviewer)
    seen |= {
        f"reviewer {path}": text for path, text in pages_of(client, "/", "/queue/", f"/review/{held.pk}/")
    }
    review.decide(by=reviewer, assignment=held, decision=Decision.ACCEPT)
    sent.refresh_from_db()
    pair = scene.open_pair(sent)
    voter = worker(world, "voter")
    compared = scene.claim(voter, TaskKind.COMPARE)
    client.force_login(voter)
    seen |= {f"voter {path}": text for path, text in pages_of(client, "/queue/", f"/compare/{compared.pk}/")}
    arena.vote(by=voter, assignment=compared, choice=1, both_bad=False, criteria={}, seconds=9)
    seen |= {
        f"voted {path}": text for path, text in pages_of(client, "/work/?of=judged", "/statement/entries.csv")
    }
    client.force_login(author)
    seen |= {
        f"author {path}": text
        for path, text in pages_of(client, f"/work/{sent.pk}/", "/statement/entries.csv")
    }
    for path, text in seen.items():
        for name in NAMES:
            assert name not in text, f"{path} names {name}"
        assert "author" not in text or "voter" not in path, path
    assert pair.status == "open"


def test_both_sides_of_a_comparison_have_one_shape(scene: Scene) -> None:
    world = scene.world
    scene.open_pair(scene.accepted(worker(world, "author"), worker(world, "reviewer")))
    for n in range(3):
        voter = worker(world, f"voter{n}")
        seat = scene.claim(voter, TaskKind.COMPARE)
        client = Client()
        client.force_login(voter)
        answer = client.get(f"/compare/{seat.pk}/")
        text = answer.content.decode()
        data = json.loads(text.split('id="compare-data" type="application/json">')[1].split("</script>")[0])
        assert list(data["a"]) == list(data["b"]) == ["files"]
        assert set(data["assignment"]) == {
            "id",
            "kind",
            "status",
            "lease_until",
            "quote_minor",
            "currency",
            "round",
        }
        outside = text.split('<script id="compare-data"')[0].lower()
        for word in ("refined", "rival", "base version", "contributor"):
            assert word not in outside, word


def test_evidence_that_names_the_sides_is_not_for_voters(scene: Scene) -> None:
    world = scene.world
    sent = scene.accepted(worker(world, "author"), worker(world, "reviewer"))
    scene.open_pair(sent)
    voter = worker(world, "voter")
    scene.claim(voter, TaskKind.COMPARE)
    client = Client()
    client.force_login(voter)
    run = sent.check_runs.all()[0]
    run.evidence = {"refined-375.png": "0" * 64}
    run.save(update_fields=["evidence"])
    for path in (f"/checks/{run.pk}/refined-375.png", f"/work/{sent.pk}/", f"/desk/submissions/{sent.pk}/",
                 f"/admin/work/submission/{sent.pk}/change/"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code in (302, 403, 404), path
        assert (
            answer.status_code != 302
            or "/accounts/login" in answer["Location"]
            or "/admin/login" in answer["Location"]
        )
