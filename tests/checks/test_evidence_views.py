"""Evidence is shown as pictures, to those concerned and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from checks import actions as checks
from checks.models import CheckRun
from checks.reading import runs_as_json
from checks.verdict import Outcome, Verdict
from people.models import User
from people.rules import Role
from review import actions as review
from tests.desk.scene import PICTURE, checked, claim, submitted
from tests.worlds import World, page, person, world
from work import draft_actions
from work.states import TaskKind

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield


@pytest.fixture
def scene() -> World:
    return world(prompts=2)


@pytest.fixture
def run(scene: World) -> CheckRun:
    done = checked(submitted(scene, scene.person("author", Role.CONTRIBUTOR)))
    return CheckRun.objects.get(submission=done, check_name="render")


def status(user: User | None, run: CheckRun, name: str = "refined-375.png") -> int:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.get(reverse("checks:blob", args=[run.pk, name])).status_code


def test_those_concerned_see_it(scene: World, run: CheckRun) -> None:
    reviewer = scene.person("reviewer", Role.REVIEWER)
    assert run.submission is not None
    assert status(reviewer, run) == 404  # not before holding the review
    review.open_review(submission_id=run.submission_id)
    claim(scene, reviewer, TaskKind.REVIEW)
    assert status(reviewer, run) == 200
    assert status(run.submission.author, run) == 200
    assert status(scene.lead, run) == 200
    assert status(person("operator", is_superuser=True), run) == 200


def test_everybody_else_learns_nothing(scene: World, run: CheckRun) -> None:
    assert status(person("stranger"), run) == 404
    assert status(scene.person("colleague", Role.CONTRIBUTOR), run) == 404
    assert status(scene.person("other reviewer", Role.REVIEWER), run) == 404
    assert status(scene.person("ml", Role.ML), run) == 404
    assert status(None, run) == 302


def test_a_picture_and_nothing_but_a_picture(scene: World, run: CheckRun) -> None:
    client = Client()
    client.force_login(scene.lead)
    answer = client.get(reverse("checks:blob", args=[run.pk, "base-1280.png"]))
    assert b"".join(answer.streaming_content) == PICTURE  # type: ignore[arg-type]  # a file response
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "name", ["refined-376.png", "refined-375.html", "..%2f..%2fsecret", "%00.png", "x" * 300]
)
def test_no_other_name_is_answered(scene: World, run: CheckRun, name: str) -> None:
    client = Client()
    client.force_login(scene.lead)
    assert client.get(f"/checks/{run.pk}/{name}").status_code == 404


def test_a_page_among_the_evidence_is_not_served(scene: World, run: CheckRun) -> None:
    CheckRun.objects.filter(pk=run.pk).update(evidence={"page.html": next(iter(run.evidence.values()))})
    assert status(scene.lead, run, "page.html") == 404


def test_evidence_of_a_draft_is_its_authors_and_the_leads(scene: World) -> None:
    author = scene.person("author", Role.CONTRIBUTOR)
    seat = claim(scene, author, TaskKind.REFINE)
    version = draft_actions.save(
        by=author, assignment=seat, rev=0, files=page("Draft", "half"), rationale="", ratings={}
    )
    runs = checks.check_draft(version=version, by=author)
    run = next(run for run in runs if run.check_name == "render")
    taken = checks.take(run_id=run.pk)
    assert taken is not None
    checks.finish(run=taken, verdict=Verdict(Outcome.PASS, "Fine.", (), {"refined-375.png": PICTURE}))
    assert status(author, run) == 200
    assert status(scene.lead, run) == 200
    assert status(scene.person("reviewer", Role.REVIEWER), run) == 404


def test_runs_as_json_names_screenshots_by_width_and_role(run: CheckRun) -> None:
    [shown] = runs_as_json([run])
    assert shown["outcome"] == "pass"
    shots = shown["evidence"]["screenshots"]
    assert list(shots) == ["375", "1280"]
    assert shots["375"]["rival"] == f"/checks/{run.pk}/rival-375.png"
