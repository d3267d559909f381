"""Near work from its arrival to the lead's desk: signatures, the search, the finding, the case, the page."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse

from checks import actions as checks
from checks import likeness_actions, originality, running, signatures
from checks.models import CheckRun, Likeness, Signature
from checks.reading import runs_as_json
from core.errors import BadInput, NotAllowed, WrongState
from core.models import Event
from people.models import User
from people.rules import Role
from tests.scenes import Scene
from tests.visitors import text_of, visitor
from tests.worlds import page, world
from work import draft_actions
from work.models import Submission
from work.states import Outcome, TaskKind

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield


@pytest.fixture
def scene() -> Scene:
    return Scene(world(prompts=3, seats=4))


def script(seed: str, lines: int = 40) -> str:
    """Code like no other seed's."""
    rng = random.Random(seed)
    return "\n".join(
        f"const {seed}{n} = draw({rng.random():.6f}, '{seed} {rng.randint(0, 10**6)}');" for n in range(lines)
    )


def files(*parts: str) -> dict[str, str]:
    return {**page("Refined", "much better"), "app.js": "\n".join(parts)}


def send(scene: Scene, by: User, refined: dict[str, str]) -> Submission:
    """Claim, save these files, submit, and plan the checks."""
    seat = scene.claim(by, TaskKind.REFINE)
    saved = draft_actions.save(by=by, assignment=seat, rev=0, files=refined, rationale="", ratings={})
    sent = draft_actions.submit(
        by=by, assignment=seat, rev=saved.rev, outcome=Outcome.REFINED, reason="Drawn by a script now."
    )
    checks.plan(submission_id=sent.pk)
    return sent


def look(sent: Submission) -> CheckRun:
    """Run the real originality check of a submission."""
    run = CheckRun.objects.get(submission=sent, check_name="originality")
    running.run(run.pk)
    run.refresh_from_db()
    return run


def author(scene: Scene, name: str) -> User:
    return scene.world.person(name, Role.CONTRIBUTOR)


def copied(scene: Scene) -> tuple[Submission, Submission, CheckRun]:
    """A submission, and another person's that has three quarters of it, after both were looked at."""
    first = send(scene, author(scene, "ann"), files(script("a", 30), script("own", 10)))
    look(first)
    second = send(scene, author(scene, "ben"), files(script("a", 30), script("other", 5)))
    return first, second, look(second)


def test_a_signature_is_kept_when_work_arrives_and_only_once(scene: Scene) -> None:
    sent = send(scene, author(scene, "ann"), files(script("a")))
    kept = Signature.objects.get(submission=sent)
    assert (kept.project_id, kept.author_id, kept.prompt_id) == (
        sent.project_id,
        sent.author_id,
        sent.task.prompt_id,
    )
    assert len(kept.shingles) == 4 * kept.size
    assert kept.size > originality.MIN_SHINGLES
    assert len(kept.bands) == 20
    likeness_actions.sign(sent)
    assert Signature.objects.count() == 1


def test_work_from_before_signatures_is_signed_by_the_command(scene: Scene) -> None:
    sent = send(scene, author(scene, "ann"), files(script("a")))
    made = Signature.objects.values("size", "shingles", "bands").get()
    Signature.objects.all().delete()
    other = send(scene, author(scene, "ben"), files(script("b")))
    Signature.objects.filter(submission=other).update(format=0, size=1, bands=[])
    call_command("sign_submissions")
    assert Signature.objects.filter(format=signatures.FORMAT).count() == 2
    assert Signature.objects.values("size", "shingles", "bands").get(submission=sent) == made


@pytest.mark.parametrize("limit", [50_000, 0], ids=["exhaustive", "lsh"])
def test_a_copy_is_found_named_and_shown_to_judges_alone(
    scene: Scene, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "EXHAUSTIVE", limit)
    first, second, run = copied(scene)
    assert run.metrics["search"] == ("exhaustive" if limit else "lsh")
    assert run.status == "warned"
    assert run.metrics["near_duplicate_of"] == first.pk
    (finding,) = run.findings
    assert (finding["code"], finding["path"], finding["line"]) == ("near_duplicate", "app.js", 1)
    told = json.dumps(runs_as_json([run]))
    assert f"ubmission {first.pk}" not in finding["message"]
    assert "matches" not in told, "an author is not shown other people's code"
    assert "own3" not in told
    (judged,) = runs_as_json([run], for_judges=True)
    match = judged["evidence"]["matches"]["submission"]
    assert match["number"] == first.pk
    longest = match["passages"][0]
    assert (longest["path"], longest["first"], longest["other_path"]) == ("app.js", 1, "app.js")
    # Lines that differ in a name and a number only are near enough to belong to it.
    assert 29 <= longest["last"] <= 36
    case = Likeness.objects.get()
    assert (case.older_id, case.newer_id, case.status) == (first.pk, second.pk, "open")
    assert case.share == pytest.approx(run.metrics["sibling_similarity"], abs=1e-4)
    assert 0.5 <= case.share < 1


def test_only_other_peoples_earlier_work_counts(scene: Scene) -> None:
    first, second, run = copied(scene)
    running_first = CheckRun.objects.get(submission=first, check_name="originality")
    assert running_first.metrics["near"] == [], "what came later cannot have been copied"
    subject = running.subject_of(running_first)
    assert subject.siblings == []
    # The same person on another prompt, with the same code.
    again = send(scene, second.author, files(script("a", 30), script("other", 5)))
    assert look(again).metrics["near"] == [[first.pk, run.metrics["sibling_similarity"]]]


@pytest.mark.parametrize("limit", [50_000, 0], ids=["exhaustive", "lsh"])
def test_another_prompts_work_is_found_too(scene: Scene, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "EXHAUSTIVE", limit)
    ann = author(scene, "ann")
    here, there = (send(scene, ann, files(script(f"a{n}"))) for n in range(2))
    copy = send(scene, author(scene, "ben"), files(script("a1")))
    assert copy.task_id == here.task_id != there.task_id
    run = look(copy)
    (judged,) = runs_as_json([run], for_judges=True)
    match = judged["evidence"]["matches"]["submission"]
    assert (match["number"], match["same_prompt"]) == (there.pk, False)
    assert "for another prompt" in run.summary


def test_a_draft_is_told_before_it_is_sent_and_opens_no_case(scene: Scene) -> None:
    first = send(scene, author(scene, "ann"), files(script("a")))
    ben = author(scene, "ben")
    seat = scene.claim(ben, TaskKind.REFINE)
    draft_actions.save(by=ben, assignment=seat, rev=0, files=files(script("a")), rationale="", ratings={})
    runs = checks.check_draft(version=seat.versions.get(), by=ben)
    run = next(each for each in runs if each.check_name == "originality")
    running.run(run.pk)
    run.refresh_from_db()
    assert run.metrics["near_duplicate_of"] == first.pk
    assert not Likeness.objects.exists()


def test_a_lead_closes_a_case_with_a_reason_and_nothing_else_moves(scene: Scene) -> None:
    _, second, _ = copied(scene)
    before = list(Submission.objects.order_by("pk").values())
    case = Likeness.objects.get()
    with pytest.raises(BadInput):
        likeness_actions.judge(likeness=case, copied=True, reason="no", by=scene.world.lead)
    with pytest.raises(NotAllowed):
        likeness_actions.judge(likeness=case, copied=True, reason="It is the same.", by=second.author)
    client = visitor(scene.world.lead)
    url = reverse("admin:checks_likeness_do", args=[case.pk, "confirm"])
    client.post(url, {"reason": "The manual has no such chart."})
    case.refresh_from_db()
    assert (case.status, case.decided_by, case.reason) == (
        "confirmed", scene.world.lead, "The manual has no such chart.",
    )  # fmt: skip
    assert list(Submission.objects.order_by("pk").values()) == before
    likeness_actions.judge(
        likeness=case, copied=False, reason="It is in the new manual.", by=scene.world.lead
    )
    assert case.status == "explained"
    with pytest.raises(WrongState):
        likeness_actions.judge(likeness=case, copied=True, reason="Once more the same.", by=scene.world.lead)
    said = Event.objects.filter(machine="checks.likeness", object_id=case.pk).order_by("pk")
    lead = scene.world.lead.pk
    assert [(each.verb, each.actor_id) for each in said] == [
        ("create", None),
        ("confirm", lead),
        ("explain", lead),
    ]


def test_the_desk_shows_clusters_and_says_what_they_are(scene: Scene) -> None:
    copied(scene)
    third = send(scene, author(scene, "cleo"), files(script("a", 30), script("third", 4)))
    look(third)
    client = visitor(scene.world.lead)
    url = reverse("desk:likeness", args=[scene.world.project.slug])
    shown = text_of(client.get(url))
    assert "ann, ben, cleo" in shown
    assert "rejects nobody" in shown
    assert shown.count("hc-node") == 3
    assert visitor(third.author).get(url).status_code == 404
    case = Likeness.objects.order_by("pk")[0]
    assert "Both" in text_of(client.get(reverse("admin:work_submission_change", args=[third.pk])))
    for row in Likeness.objects.all():
        likeness_actions.judge(
            likeness=row, copied=False, reason="An exercise of one class.", by=scene.world.lead
        )
    shown = text_of(client.get(url))
    assert "Every case was found to have an honest reason." in shown
    assert f"#{case.pk}" not in shown
