"""Submissions through the real pipeline: Celery workers, Valkey, PostgreSQL and Chromium, as `make run` starts them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalog.models import Membership
from checks import actions as checks
from checks.models import CheckRun
from core import blobs
from people.rules import Role
from review import actions as review
from tests.pipeline.stage import BASE, HEAD, RIVAL, Stage, refined
from tests.pipeline.yard import WORKERS, Yard
from work import actions, draft_actions
from work.models import Assignment
from work.states import Outcome, TaskKind

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def stage(yard: Yard) -> Iterator[Stage]:
    yard.start(*WORKERS, "beat")
    made = Stage(yard)
    yield made
    assert made.faults() == []


def codes(run: CheckRun) -> set[str]:
    return {finding["code"] for finding in run.findings}


def test_good_work_passes_every_check_and_finds_its_reviewer(stage: Stage) -> None:
    sent = stage.settled(stage.send(refined("in the morning")))
    assert sent.status == "awaiting_review"
    assert stage.results(sent) == dict.fromkeys(
        ("static", "render", "accessibility", "effort", "originality"), "passed"
    )
    render = sent.check_runs.get(check_name="render")
    assert set(render.evidence) == {"log.json", "interaction.json", "looks.json"} | {
        f"{side}-{width}.png" for side in ("refined", "base", "rival") for width in (1280, 768, 375)
    }
    for name, digest in render.evidence.items():
        with blobs.open(digest) as file:
            data = file.read()
        if name.endswith(".png"):
            assert data.startswith(b"\x89PNG")
            assert int.from_bytes(data[16:20]) == int(name.removesuffix(".png").rsplit("-")[-1])
    assert set(sent.check_runs.get(check_name="accessibility").evidence) == {"axe.json"}
    # The review task is real: somebody else can claim it, the author cannot.
    Membership.objects.create(project=stage.world.project, user=sent.author, role=Role.REVIEWER)
    with pytest.raises(actions.NothingToClaim):
        actions.claim(by=sent.author, project_id=stage.world.project.pk, kind=TaskKind.REVIEW)
    reviewer = stage.world.person("reviewer", Role.REVIEWER)
    held = actions.claim(by=reviewer, project_id=stage.world.project.pk, kind=TaskKind.REVIEW)
    assert sent.follow_ups.get(kind=TaskKind.REVIEW).assignments.get().pk == held.pk


def test_broken_work_comes_back_with_its_reasons(stage: Stage) -> None:
    page = HEAD + "<title>x</title></head><body><script>\n\nmissing.thing()</script></body></html>"
    sent = stage.settled(stage.send({"index.html": page}))
    assert sent.status == "returned"
    render = sent.check_runs.get(check_name="render")
    assert render.status == "failed"
    assert {"uncaught_error", "blank"} <= codes(render)
    # A further round waits for its author, with what to mend.
    seat = sent.task.assignments.get(status="open")
    assert (seat.round, seat.reserved_for_id) == (2, sent.author_id)
    assert {"uncaught_error", "blank"} <= {each["code"] for each in seat.feedback["findings"]}
    # Mended, it passes.
    again = actions.claim_seat(by=sent.author, seat=seat)
    held = Assignment.objects.select_related("project", "task").get(pk=again.pk)
    rev = stage.save(held, sent.author, refined("mended"))
    second = draft_actions.submit(
        by=sent.author, assignment=held, rev=rev, outcome=Outcome.REFINED, reason="Mended the script."
    )
    assert stage.settled(second).status == "awaiting_review"


def test_no_change_is_sent_back_and_a_copy_of_the_rival_is_flagged(stage: Stage) -> None:
    same = stage.send({"index.html": BASE["index.html"] + "<!-- better -->\n"})
    copy = stage.send(RIVAL)
    assert stage.settled(same).status == "returned"
    assert same.check_runs.get(check_name="effort").metrics["no_op"] is True
    # A copy is for a person to judge: the flag warns, and does not send it back.
    assert stage.settled(copy).status == "awaiting_review"
    originality = copy.check_runs.get(check_name="originality")
    assert originality.status in ("warned", "failed")
    assert any("rival" in finding["message"] for finding in originality.findings)


def test_a_draft_is_checked_on_demand(stage: Stage) -> None:
    seat, author = stage.seat()
    stage.save(
        seat, author, {"index.html": HEAD + "<title>x</title></head><body><h1>x</h1><script>no()</script>"}
    )
    version = seat.versions.get()
    runs = checks.check_draft(version=version, by=author)
    assert checks.check_draft(version=version, by=author) == runs
    stage.yard.wait(
        lambda: all(run.status not in ("queued", "running") for run in version.check_runs.all()), "checks"
    )
    render = version.check_runs.get(check_name="render")
    assert render.status == "failed"
    uncaught = [found for found in render.findings if found["code"] == "uncaught_error"]
    assert [(found["path"], found["line"]) for found in uncaught] == [("index.html", HEAD.count("\n") + 1)]
    # Nothing happens to the seat by it.
    seat.refresh_from_db()
    assert seat.status == "active"
    draft_actions.submit(
        by=author, assignment=seat, rev=1, outcome=Outcome.CANNOT_BEAT, reason="It cannot be beaten."
    )


def test_a_paid_outcome_without_files_needs_no_robot(stage: Stage) -> None:
    seat, author = stage.seat()
    sent = draft_actions.submit(
        by=author, assignment=seat, rev=0, outcome=Outcome.ALREADY_BEATS, reason="The base works on a phone."
    )
    assert stage.settled(sent).status == "awaiting_review"
    assert stage.results(sent) == {}
    review.open_review(submission_id=sent.pk)
    assert sent.follow_ups.filter(kind=TaskKind.REVIEW).count() == 1
