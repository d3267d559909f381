"""A check's new version over old submissions: looked at, then applied or discarded; nothing decided moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from checks import actions as checks
from checks import rerun_actions, running
from checks.models import CheckRun, Rerun
from checks.reading import may_see_evidence, runs_as_json
from checks.rerun_reading import changes
from checks.verdict import Finding, Outcome, Severity, Verdict
from core.errors import BadInput, Conflict, WrongState
from people.rules import Role
from review.actions import _blocked
from tests.desk.scene import checked, submitted
from tests.worlds import World, world
from web import my_work
from work.models import Submission

pytestmark = pytest.mark.django_db

BAD = Verdict(
    Outcome.FAIL, "1 error.", (Finding("new_rule", Severity.ERROR, "It breaks the new rule.", "Mend it."),)
)


@pytest.fixture(autouse=True)
def _own_media(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield


@pytest.fixture
def scene() -> World:
    return world(prompts=3)


@pytest.fixture
def old(scene: World) -> list[Submission]:
    """Three submissions that version 0 of the render check passed."""
    sent = [checked(submitted(scene, scene.person(f"author{n}", Role.CONTRIBUTOR))) for n in range(3)]
    CheckRun.objects.filter(check_name="render").update(version=0)
    return sent


def judge(rerun: Rerun, verdict: Verdict, *only: Submission) -> None:
    """What a worker does, with this verdict."""
    for run in CheckRun.objects.filter(retrial__rerun=rerun, retrial__submission__in=only):
        taken = checks.take(run_id=run.pk)
        assert taken is not None
        checks.finish(run=taken, verdict=verdict)


def start(scene: World, limit: int = 50) -> Rerun:
    return rerun_actions.start(project=scene.project, check="render", by=scene.lead, limit=limit)


def test_it_looks_without_touching_anything(scene: World, old: list[Submission]) -> None:
    before = [(each.status, runs_as_json(each.check_runs.standing().order_by("id"))) for each in old]
    rerun = start(scene)
    judge(rerun, BAD, old[0])
    judge(rerun, Verdict(Outcome.PASS, "Fine."), old[1])
    for each in old:
        each.refresh_from_db()
    assert [(each.status, runs_as_json(each.check_runs.standing().order_by("id"))) for each in old] == before
    first, *others = changes(rerun)
    assert (first.submission, first.meaning) == (old[0], "would be sent back, were it handed in today")
    assert [(each.submission, each.differs, each.waits) for each in others] == [
        (old[1], False, False),
        (old[2], False, True),
    ]


def test_applied_the_new_verdict_stands_and_no_state_moves(scene: World, old: list[Submission]) -> None:
    rerun = start(scene)
    with pytest.raises(Conflict):
        rerun_actions.apply(rerun=rerun, by=scene.lead)
    judge(rerun, BAD, *old)
    assert rerun_actions.apply(rerun=rerun, by=scene.lead) == 3
    for each in old:
        was = each.status
        each.refresh_from_db()
        assert each.status == was == "awaiting_review"
        (shown,) = [
            run for run in runs_as_json(each.check_runs.standing().order_by("id")) if run["check"] == "render"
        ]
        assert (shown["outcome"], shown["summary"]) == ("fail", "1 error.")
    with pytest.raises(WrongState):
        rerun_actions.discard(rerun=rerun, by=scene.lead)
    with pytest.raises(BadInput):
        start(scene)


def test_discarded_the_old_verdict_stands_and_it_can_be_run_again(
    scene: World, old: list[Submission]
) -> None:
    rerun = start(scene, limit=2)
    assert [change.submission for change in changes(rerun)] == [old[2], old[1]]
    with pytest.raises(Conflict):
        start(scene)
    judge(rerun, BAD, old[2])
    rerun_actions.discard(rerun=rerun, by=scene.lead)
    # Nobody works off what still waited.
    dropped = CheckRun.objects.get(retrial__rerun=rerun, retrial__submission=old[1])
    assert (dropped.status, checks.take(run_id=dropped.pk)) == ("dropped", None)
    assert [(each.differs, each.waits, each.seen) for each in changes(rerun)] == [
        (True, False, True),
        (False, False, False),
    ]
    assert {
        run["outcome"] for run in runs_as_json(old[2].check_runs.standing()) if run["check"] == "render"
    } == {"pass"}
    assert start(scene).pk != rerun.pk


def test_submissions_go_first(scene: World, old: list[Submission], monkeypatch: pytest.MonkeyPatch) -> None:
    CheckRun.objects.filter(check_name="effort").update(version=0)
    start(scene)
    # Later than the rerun's: a run that somebody waits for.
    waiting = CheckRun.objects.create(
        submission=old[0], check_name="effort", version=9, queue="chromium", policy="block"
    )
    CheckRun.objects.update(queued_at="2020-01-01T00:00Z")
    rung: list[int] = []
    monkeypatch.setattr(checks, "ring", lambda run: rung.append(run.pk))
    assert checks.ring_overdue(queue="chromium", limit=2) == 2
    assert rung[0] == waiting.pk


def test_a_rerun_sees_what_was_there_then(scene: World, old: list[Submission]) -> None:
    rerun = start(scene)
    run = CheckRun.objects.get(retrial__rerun=rerun, retrial__submission=old[0])
    subject = running.subject_of(run)
    assert old[0].fileset is not None
    assert subject.refined == old[0].fileset.files
    assert subject.base is not None
    assert subject.siblings == []
    assert may_see_evidence(scene.lead, run)
    assert not may_see_evidence(old[0].author, run)


def test_a_lead_sees_it_and_others_do_not(scene: World, old: list[Submission]) -> None:
    client = Client()
    client.force_login(scene.lead)
    answer = client.post(
        reverse("admin:checks_rerun_add"),
        {"project": scene.project.pk, "check_name": "render", "limit": 2},
    )
    rerun = Rerun.objects.get()
    assert answer.status_code == 302
    judge(rerun, BAD, *old)
    page = client.get(reverse("admin:checks_rerun_change", args=[rerun.pk])).content.decode()
    assert "2 verdicts of 2 would change." in page
    assert "would be sent back" in page
    client.post(reverse("admin:checks_rerun_do", args=[rerun.pk, "apply"]))
    rerun.refresh_from_db()
    assert rerun.status == "applied"
    answer = client.post(
        reverse("admin:checks_rerun_add"), {"project": scene.project.pk, "check_name": "static", "limit": 2}
    )
    assert "Every submission of this project was judged by this version" in answer.content.decode()


def test_a_run_that_is_lost_after_its_rerun_was_discarded_is_not_tried_again(
    scene: World, old: list[Submission]
) -> None:
    rerun = start(scene, limit=1)
    taken = checks.take(run_id=CheckRun.objects.get(retrial__rerun=rerun).pk)
    assert taken is not None
    rerun_actions.discard(rerun=rerun, by=scene.lead)
    lost = CheckRun.objects.get(pk=taken.pk)
    assert lost.status == "running"
    checks.lose(run=lost, why="the worker died")
    assert lost.status == "infra_error"


def test_what_people_read_and_what_blocks_is_the_newest_verdict(scene: World, old: list[Submission]) -> None:
    CheckRun.objects.filter(submission=old[0], check_name="render").update(
        status="failed", summary="Broken by the old rules."
    )
    (row,) = my_work.rows([old[0]])
    assert row.remark == "Broken by the old rules."
    assert _blocked(old[0])
    rerun = start(scene)
    judge(rerun, Verdict(Outcome.PASS, "Fine."), *old)
    rerun_actions.apply(rerun=rerun, by=scene.lead)
    (row,) = my_work.rows([old[0]])
    assert row.remark == ""
    assert not _blocked(old[0])
