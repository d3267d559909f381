"""What names a model is shown to nobody until a lead has looked: outputs and submissions, from import to vote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse

from catalog import import_actions
from catalog.models import Generation, Project
from checks import actions as checks
from checks import names, quarantine_actions, running
from checks.models import CheckRun, Signature
from core.errors import BadInput, Conflict, NotAllowed
from core.models import Event
from ledger.models import Entry
from people.models import User
from people.rules import Role
from protect import identity
from review import actions as review
from review.states import Decision
from tests.factories import json_lines, line
from tests.scenes import PASS, Scene
from tests.visitors import text_of, visitor
from tests.worlds import World, world
from work import actions as work
from work import draft_actions
from work.actions import NothingToClaim
from work.models import Assignment, Submission, Task
from work.queue import Why, lines
from work.states import Outcome, TaskKind

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield


@pytest.fixture
def place() -> World:
    return world(prompts=1)


def imported(project: Project, *rows: dict[str, object], update: bool = False) -> dict[str, int]:
    row = import_actions.request_import(
        project=project, chunks=[json_lines(rows)], file_name="a.jsonl", update=update, by=None
    )
    done = import_actions.run(row.pk)
    assert done is not None
    assert done.status == "done", done.problems
    return done.counts


def output(key: str, model: str = "target-model") -> Generation:
    return Generation.objects.get(prompt__key=key, model__name=model)


TELLING = line("told", target="<p class='gpt-5-card'>Made with ChatGPT</p>", rival="<p>rather good</p>")


def test_an_import_keeps_outputs_that_name_a_model_from_work(place: World) -> None:
    counts = imported(
        place.project,
        TELLING,
        line("own", rival="<p>I am rival-model</p>"),
        line("asked", text="A page about ChatGPT", target="<p>ChatGPT</p>"),
        line("both", target="<i>by OpenAI</i>", rival="<b>by OpenAI</b>"),
        line("plain"),
    )
    assert counts["outputs_quarantined"] == 2
    told = output("told").quarantine
    assert "“gpt-5” in index.html:1" in told
    assert "“chatgpt”" in told
    assert "rival-model" in output("own", "rival-model").quarantine
    assert not output("told", "rival-model").quarantine
    assert not output("asked").quarantine
    assert not output("both").quarantine
    opened = work.open_tasks(project=place.project, by=place.lead)
    assert (opened.refine, opened.write, opened.telling) == (3, 0, 2)
    assert not Task.objects.filter(prompt__key__in=["told", "own"]).exists()


def test_a_lead_takes_the_names_out_and_the_work_begins(place: World) -> None:
    imported(place.project, TELLING)
    row = output("told")
    before = row.fileset
    with pytest.raises(NotAllowed):
        quarantine_actions.take_out(row=row, by=place.person("c", Role.CONTRIBUTOR))
    client = visitor(place.lead)
    url = reverse("desk:names_look", args=["output", row.pk])
    assert "“chatgpt” in index.html:1" in text_of(client.get(url))
    client.post(reverse("desk:take_names_out", args=["output", row.pk]))
    row.refresh_from_db()
    assert (row.quarantine, row.imported) == ("", before)
    assert not identity.names_in(row.fileset.files)
    event = Event.objects.get(machine="catalog.generation", object_id=row.pk, verb="take_names_out")
    assert event.actor_id == place.lead.pk
    assert (event.data["before"], event.data["after"]) == (before.digest, row.fileset.digest)
    assert work.open_tasks(project=place.project, by=place.lead).refine == 1
    with pytest.raises(Conflict):
        quarantine_actions.take_out(row=row, by=place.lead)
    # The same file again is the same import, and brings the names back nowhere.
    counts = imported(place.project, TELLING)
    assert (counts["outputs_unchanged"], counts["outputs_new"]) == (2, 0)
    assert output("told").fileset_id == row.fileset_id


def test_a_lead_lets_names_stand_with_a_reason(place: World) -> None:
    imported(place.project, TELLING)
    row = output("told")
    url = reverse("desk:let_names_stand", args=["output", row.pk])
    client = visitor(place.lead)
    assert "Say why" in text_of(client.post(url, {"reason": "ok"}, follow=True))
    row.refresh_from_db()
    assert row.quarantine
    client.post(url, {"reason": "The brief was a parody of it."})
    row.refresh_from_db()
    assert (row.quarantine, row.names_accepted) == ("", True)
    event = Event.objects.get(machine="catalog.generation", object_id=row.pk, verb="accept_names")
    assert event.data["reason"] == "The brief was a parody of it."
    assert "chatgpt" in event.data["names"]
    assert list(quarantine_actions.lint(place.project)) == [], "what may stand is not taken up again"
    assert names.let_stand(row) >= {"gpt-5", "chatgpt"}


def test_names_that_cannot_be_taken_out_are_told_with_their_place(place: World) -> None:
    row = line("told")
    row["generations"][0]["files"] = {
        "index.html": "<script src='a.js'></script>",
        "a.js": 'import "openai";',
    }
    imported(place.project, row)
    with pytest.raises(BadInput) as refused:
        quarantine_actions.take_out(row=output("told"), by=place.lead)
    assert refused.value.problems[0].where == "a.js:1"
    shown = text_of(visitor(place.lead).get(reverse("desk:names_look", args=["output", output("told").pk])))
    assert "cannot be taken out without breaking the code" in shown


def test_open_tasks_whose_output_is_found_later_are_not_claimed(place: World) -> None:
    base = Generation.objects.get(model__name="target-model")
    by = place.person("c", Role.CONTRIBUTOR)
    Generation.objects.filter(pk=base.pk).update(quarantine="“gpt-5” in index.html:1")
    with pytest.raises(NothingToClaim) as refused:
        work.claim(by=by, project_id=place.project.pk, kind=TaskKind.REFINE)
    assert refused.value.reason.kind == Why.KEPT_BACK
    (line_,) = [each for each in lines(by) if each.kind == TaskKind.REFINE]
    assert line_.closed is not None
    assert line_.closed.kind == Why.KEPT_BACK
    call_command("lint_outputs", place.project.slug)
    base.refresh_from_db()
    assert base.quarantine == "", "it tells no name any more"
    work.claim(by=by, project_id=place.project.pk, kind=TaskKind.REFINE)


FOUND = "“gpt-5” in index.html:1"


def found_later(model: str = "target-model") -> None:
    """A name is found in every output of a model, while people hold seats on them."""
    Generation.objects.filter(model__name=model).update(quarantine=FOUND)


def test_whoever_holds_a_seat_when_a_name_is_found_is_told_goes_on_and_is_paid(place: World) -> None:
    scene, author = Scene(place), place.person("c", Role.CONTRIBUTOR)
    place.project.pay_after_days = 7
    place.project.save()
    seat = scene.claim(author, TaskKind.REFINE)
    scene.save(seat, author)
    page_ = reverse("work:bench", args=[seat.pk])
    client = visitor(author)
    assert "your pay stands" not in text_of(client.get(page_))
    found_later()
    assert "your pay stands" in text_of(client.get(page_))
    rev = scene.save(seat, author, "better still")
    sent = draft_actions.submit(
        by=author, assignment=seat, rev=rev, outcome=Outcome.REFINED, reason="Clearer type and order."
    )
    sent = scene.check(sent)
    review.open_review(submission_id=sent.pk)
    assert "after 7 days even if nobody has" in text_of(
        client.get(reverse("work:submission", args=[sent.pk]))
    )
    judge = place.person("j", Role.REVIEWER)
    with pytest.raises(NothingToClaim):
        scene.claim(judge, TaskKind.REVIEW)
    Generation.objects.update(quarantine="")
    reviewing = scene.claim(judge, TaskKind.REVIEW)
    found_later()
    shown = text_of(visitor(judge).get(reverse("review:review", args=[reviewing.pk])))
    assert "you are paid for it" in shown
    review.decide(by=judge, assignment=reviewing, decision=Decision.ACCEPT)
    assert Entry.objects.filter(user__in=[author, judge]).count() == 2


def test_work_is_sent_late_but_not_begun_again_while_a_name_waits_for_the_lead(place: World) -> None:
    scene, author = Scene(place), place.person("c", Role.CONTRIBUTOR)
    seat = scene.claim(author, TaskKind.REFINE)
    scene.save(seat, author)
    Assignment.objects.filter(pk=seat.pk).update(lease_until="2020-01-01T00:00Z")
    work.expire_due()
    found_later()
    free = Assignment.objects.get(task=seat.task_id, status="open")
    client = visitor(author)
    assert "waits for the project’s lead" in text_of(client.get(reverse("work:mine")))
    refused = client.post(reverse("work:resume", args=[free.pk]), follow=True)
    assert "Your draft is kept" in text_of(refused)
    seat.refresh_from_db()
    sent = draft_actions.submit(
        by=author, assignment=seat, rev=1, outcome=Outcome.REFINED, reason="Clearer type and order."
    )
    assert sent.assignment_id == free.pk


def test_a_round_that_waits_for_the_lead_bars_no_other_work() -> None:
    place = world(prompts=2)
    scene, author = Scene(place), place.person("c", Role.CONTRIBUTOR)
    sent = scene.changes_requested(author, place.person("j", Role.REVIEWER))
    Generation.objects.filter(prompt=sent.task.prompt).update(quarantine=FOUND)
    client = visitor(author)
    assert "it waits for the project’s lead, and stays yours" in text_of(client.get(reverse("work:queue")))
    client.post(reverse("work:next"))
    held = Assignment.objects.get(assignee=author, status="active")
    assert held.task_id != sent.task_id
    work.release(by=author, assignment=held, reason="")
    Generation.objects.update(quarantine="")
    client.post(reverse("work:next"))
    assert Assignment.objects.get(assignee=author, status="active").round == 2


def test_a_vote_on_a_page_that_was_found_to_tell_is_paid_and_not_counted(place: World) -> None:
    scene = Scene(place)
    pair = scene.open_pair(
        scene.accepted(place.person("c", Role.CONTRIBUTOR), place.person("j", Role.REVIEWER))
    )
    voter = place.person("v", Role.CONTRIBUTOR)
    seat = scene.claim(voter, TaskKind.COMPARE)
    found_later("rival-model")
    client = visitor(voter)
    data = {"choice": 2, "both_bad": False, "criteria": {}, "seconds": 9}
    answer = client.post(
        reverse("arena:vote", args=[seat.pk]),
        data,
        content_type="application/json",
        headers={"Idempotency-Key": "k"},
    )
    assert answer.status_code == 201
    assert "does not count. You are paid" in text_of(client.get(reverse("work:queue")))
    pair.refresh_from_db()
    assert (pair.votes.count(), pair.wins + pair.losses) == (0, 0)
    assert Entry.objects.get(user=voter).amount == seat.quote
    standing = pair.task.assignments.filter(status__in=["open", "active", "submitted"]).count()
    assert (standing, Task.objects.get(pk=pair.task_id).seats) == (4, 4), "one more is asked"
    Generation.objects.update(quarantine="")
    with pytest.raises(NothingToClaim):
        scene.claim(voter, TaskKind.COMPARE)
    for n in range(3):
        scene.vote(pair, place.person(f"w{n}", Role.CONTRIBUTOR))
    pair.refresh_from_db()
    assert (pair.status, pair.wins) == ("decided", 3)


def send(scene: Scene, by: User, text: str) -> Submission:
    seat = scene.claim(by, TaskKind.REFINE)
    rev = scene.save(seat, by, text)
    return draft_actions.submit(
        by=by, assignment=seat, rev=rev, outcome=Outcome.REFINED, reason="Clearer type and order."
    )


def test_a_telling_submission_reaches_neither_reviewer_nor_voter_until_a_lead_decides(place: World) -> None:
    scene = Scene(place)
    sent = send(scene, place.person("c", Role.CONTRIBUTOR), "Built with ChatGPT")
    sent = scene.check(sent, {"static": PASS})
    assert "“chatgpt” in index.html" in sent.quarantine
    review.open_review(submission_id=sent.pk)
    judge = place.person("j", Role.REVIEWER)
    with pytest.raises(NothingToClaim) as refused:
        scene.claim(judge, TaskKind.REVIEW)
    assert refused.value.reason.kind == Why.KEPT_BACK
    original, signature = sent.fileset, Signature.objects.get(submission=sent).pk
    client = visitor(place.lead)
    assert f"Submission #{sent.pk}" in text_of(client.get(reverse("desk:names", args=[place.project.slug])))
    client.post(reverse("desk:take_names_out", args=["submission", sent.pk]))
    sent.refresh_from_db()
    assert (sent.quarantine, sent.sent) == ("", original)
    assert sent.fileset is not None
    assert "ChatGPT" not in sent.fileset.files["index.html"]
    assert Signature.objects.get(submission=sent).pk != signature
    assert scene.claim(judge, TaskKind.REVIEW).task.submission_id == sent.pk


def test_voters_are_not_shown_what_tells(place: World) -> None:
    scene = Scene(place)
    pair = scene.open_pair(
        scene.accepted(place.person("c", Role.CONTRIBUTOR), place.person("j", Role.REVIEWER))
    )
    Generation.objects.filter(model__name="rival-model").update(quarantine="“gpt-5” in index.html:1")
    voter = place.person("v", Role.CONTRIBUTOR)
    with pytest.raises(NothingToClaim):
        scene.claim(voter, TaskKind.COMPARE)
    Generation.objects.update(quarantine="")
    assert scene.claim(voter, TaskKind.COMPARE).task_id == pair.task_id


def test_what_a_lead_lets_stand_in_the_base_is_no_fault_of_the_author(place: World) -> None:
    row = line("told", target="<!doctype html><title>t</title><p>Made with ChatGPT</p>")
    imported(place.project, row)
    quarantine_actions.accept(row=output("told"), reason="A parody of it was asked for.", by=place.lead)
    work.open_tasks(project=place.project, by=place.lead)
    scene = Scene(place)
    for n in range(2):
        sent = send(scene, place.person(f"c{n}", Role.CONTRIBUTOR), "Made with ChatGPT, and better")
        checks.plan(submission_id=sent.pk)
        run = CheckRun.objects.get(submission=sent, check_name="static")
        running.run(run.pk)
        run.refresh_from_db()
        sent.refresh_from_db()
        severities = {each["severity"] for each in run.findings if each["code"] == "identity_word"}
        own = sent.task.prompt.key == "told"
        assert severities == ({"warning"} if own else {"error"})
        assert bool(sent.quarantine) is not own
