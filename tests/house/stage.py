"""One of everything, made by real actions: what the access sweep opens, who owns it, and whose eyes look."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Model
from django.test import override_settings
from django.utils import timezone

from arena.models import Judgement
from catalog import actions as catalog
from catalog import import_actions
from catalog.models import Generation, Membership, Prompt
from checks import actions as checks
from checks import quarantine_actions
from checks.models import CheckRun, Likeness, Rerun
from checks.states import LIKENESS
from checks.verdict import Outcome, Verdict
from core import blobs, filesets
from exports import actions as exports
from exports import building, rescanning, rights_actions, token_actions
from ledger.models import Payout
from people.models import Qualification, User
from people.rules import Role
from protect.actions import register_set
from protect.set_files import Item
from review import actions as review
from tests.exports import judged
from tests.factories import ProjectFactory
from tests.scenes import Scene
from tests.worlds import person, world
from webhooks import actions as webhooks
from webhooks import targets
from webhooks.sending import Answer
from webhooks.states import TOLD
from work import queue_notices
from work.models import Assignment, Submission
from work.states import TaskKind

EYES = ("anonymous", "outsider", "contributor", "reviewer", "lead", "ml", "operator", "other_lead", "owner")
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Stage:
    """`things` by name, and `owners` of those that belong to one person; `people` by eye."""

    scene: Scene
    people: dict[str, User | None] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)
    owners: dict[str, User] = field(default_factory=dict)

    def put(self, name: str, thing: Any, owner: User | None = None) -> None:
        """Name a thing, and whose it is."""
        self.things[name] = thing
        if owner is not None:
            self.owners[name] = owner


def build() -> Stage:
    """The stage. Needs a real (committing) database: a release is built from one snapshot."""
    scene = Scene(world(prompts=8))
    stage = Stage(scene)
    _people(stage)
    _work(stage)
    _protect(stage, "1", Item("p1", "Make a page that nobody else may train on, please."))
    _webhook(stage)
    _release(stage)
    # The registry grows, and what is out is asked again.
    _protect(stage, "2", Item("p1", "Make page 0"))
    assert rescanning.rescan(release_id=stage.things["release"].pk) is not None
    _desk(stage)
    _guideline(stage)
    _robots(stage)
    return stage


def _people(stage: Stage) -> None:
    named = stage.scene.world.person
    stage.people = {
        "anonymous": None,
        "outsider": person("outsider"),
        "contributor": named("contributor", Role.CONTRIBUTOR),
        "reviewer": named("reviewer", Role.REVIEWER),
        "lead": stage.scene.world.lead,
        "ml": named("ml", Role.ML),
        "operator": person("operator", is_staff=True, is_superuser=True),
        "other_lead": person("other_lead", is_staff=True),
    }
    other = ProjectFactory()
    Membership.objects.create(project=other, user=stage.people["other_lead"], role=Role.LEAD)


def _work(stage: Stage) -> None:
    scene, named = stage.scene, stage.scene.world.person
    author = named("author", Role.CONTRIBUTOR)

    def judge(n: int) -> User:
        """A reviewer new to every prompt: a rejected one goes to the next contributor."""
        return named(f"judge{n}", Role.REVIEWER)

    decided = scene.decided(author, judge(0))
    stage.put("submission", decided.submission, author)
    stage.put("rejected", scene.rejected(named("rejected", Role.CONTRIBUTOR), judge(1)), named("rejected"))

    disputed = scene.rejected(named("disputing", Role.CONTRIBUTOR), judge(2))
    stage.put(
        "dispute", review.dispute(by=named("disputing"), submission=disputed, reason="It is not cut off.")
    )

    returned = scene.returned(named("returned", Role.CONTRIBUTOR))
    stage.put("round", Assignment.objects.get(reserved_for=returned.author), returned.author)

    holder = named("holder", Role.CONTRIBUTOR)
    seat = scene.claim(holder, TaskKind.REFINE)
    scene.save(seat, holder)
    stage.put("held", seat, holder)

    stage.put("evidence", _evidence(scene, named("seen", Role.CONTRIBUTOR)), named("seen"))
    stage.put("reviewing", scene.claim(named("judging", Role.REVIEWER), TaskKind.REVIEW), named("judging"))
    scene.open_pair(scene.accepted(author, judge(3)))
    stage.put(
        "comparing", scene.claim(named("comparing", Role.CONTRIBUTOR), TaskKind.COMPARE), named("comparing")
    )


def _guideline(stage: Stage) -> None:
    """Two versions: the first read by the contributor, so that there are changes to read; and work that was told."""
    project, lead, reader = stage.scene.world.project, stage.scene.world.lead, stage.people["contributor"]
    assert reader is not None
    text = "# What counts\n\nThe page works on a phone.\n\nNothing is cut off.\n\nKeep what is good.\n"
    catalog.publish_guideline(project=project, text=text, by=lead)
    catalog.acknowledge(project=project, version=1, by=reader)
    newer = text.replace("a phone", "a phone of 375 pixels").replace(
        "Keep what is good.", "Say what you changed."
    )
    catalog.publish_guideline(project=project, text=newer, by=lead)
    queue_notices.watch(by=reader, project_id=project.pk, kind=TaskKind.COMPARE)
    queue_notices.watch(by=reader, project_id=project.pk, kind=TaskKind.REFINE)
    assert queue_notices.look() > 0


def _evidence(scene: Scene, author: User) -> CheckRun:
    """A run with a screenshot, of a submission whose review is then opened."""
    sent = scene.send(author)
    checks.plan(submission_id=sent.pk)
    for run in CheckRun.objects.filter(submission=sent):
        taken = checks.take(run_id=run.pk)
        assert taken is not None
        shot = {"refined-375.png": PNG} if run.check_name == "render" else {}
        checks.finish(run=taken, verdict=Verdict(Outcome.PASS, "Fine.", (), shot))
    review.open_review(submission_id=sent.pk)
    return CheckRun.objects.get(submission=sent, check_name="render")


def _protect(stage: Stage, version: str, *items: Item) -> None:
    """A version of a protected set, of prompts and code."""
    operator = stage.people["operator"]
    assert operator is not None
    code = Item("c1", files={"index.html": "<script>const speed = 3; spin(speed, 'left');</script>"})
    made = register_set(
        slug="bench",
        version=version,
        name="Bench",
        source="test",
        licence="CC0",
        items=[*items, code],
        by=operator,
    )
    stage.put("protected", made)


def _release(stage: Stage) -> None:
    world_ = stage.scene.world
    release = exports.start_release(recipe=judged.recipe(world_), by=world_.lead)
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "published", release.error
    stage.put("release", release)
    stage.put("recipe", release.recipe)
    stage.put(
        "override",
        rights_actions.override(
            project=world_.project,
            model=world_.project.rival,
            reason="Agreement 7 of May allows training.",
            by=world_.lead,
        ),
    )
    fetching = world_.person("fetching", Role.ML)
    token, _ = token_actions.make_token(by=fetching, project=world_.project, name="notebook", days=7)
    stage.put("token", token, fetching)


def _webhook(stage: Stage) -> None:
    """A receiver, told of what its project does from now on, and what it answered to one message."""
    world_ = stage.scene.world
    with override_settings(WEBHOOK_TARGETS=targets.parse_allowed("https://hooks.example.org/")):
        endpoint = webhooks.add_endpoint(
            project=world_.project, url="https://hooks.example.org/train", events=TOLD, by=world_.lead
        )
    webhooks.send_test(endpoint=endpoint, by=world_.lead)
    taken = webhooks.take(endpoint_id=endpoint.pk)
    assert taken is not None
    delivery = webhooks.next_due(taken)
    assert delivery is not None
    webhooks.keep_body(delivery=delivery, body='{"type":"webhook.test"}')
    webhooks.record(endpoint=taken, delivery=delivery, answer=Answer(204, "", 31))
    webhooks.give_back(endpoint=taken)
    stage.put("webhook", endpoint)
    stage.put("delivery", delivery)


def _desk(stage: Stage) -> None:
    """Rows that only the admin shows."""
    world_, operator = stage.scene.world, stage.people["operator"]
    assert operator is not None
    stage.put("qualification", Qualification.objects.create(slug="react", name="React", how="Ask."))
    stage.put("address", EmailAddress.objects.create(user=operator, email=operator.email, primary=True))
    stage.put("authenticator", Authenticator.objects.create(user=operator, type="totp", data={"secret": "x"}))
    stage.put(
        "rerun",
        Rerun.objects.create(project=world_.project, check_name="render", version=2, created_by=world_.lead),
    )
    stage.put(
        "payout", Payout.objects.create(user=world_.lead, currency="EUR", amount=100, until=timezone.now())
    )
    stage.put(
        "import",
        import_actions.request_import(
            project=world_.project, chunks=[b"{}\n"], file_name="prompts.jsonl", update=False, by=world_.lead
        ),
    )


def _robots(stage: Stage) -> None:
    """What the robots leave to a person: near work, an output that names a model, what a judging model said."""
    project, sent = stage.scene.world.project, stage.things["submission"]
    newer = (
        Submission.objects.filter(project=project, pk__gt=sent.pk)
        .exclude(author=sent.author)
        .order_by("pk")[0]
    )
    near = Likeness(project=project, newer=newer, older=sent, share=0.73)
    LIKENESS.create(near, by=None)
    stage.put("likeness", near)
    passage = {
        "path": "index.html", "first": 3, "last": 9, "other_path": "js/chart.js", "other_first": 12, "other_last": 18,
        "tokens": 84, "text": "const bars = data.map(draw);\n" * 4, "other_text": "const bars = rows.map(draw);\n" * 4,
    }  # fmt: skip
    near_to = {
        "rival": {"share": 0.41, "base_share": 0.06, "passages": [passage]},
        "submission": {
            "number": newer.pk, "share": 0.73, "whole": 0.88, "same_prompt": False, "others": [[newer.pk, 0.52]],
            "passages": [passage, passage],
        },
    }  # fmt: skip
    blob = blobs.put(json.dumps(near_to).encode())
    judged = [sent.pk, stage.things["reviewing"].task.submission_id]
    CheckRun.objects.filter(submission__in=judged, check_name="originality").update(
        evidence={"matches.json": blob}
    )
    prompt = Prompt.objects.create(
        project=project,
        key="telling",
        text="Make a page.",
        framework="html",
        source="test",
        licence="CC0",
        cluster="t",
    )
    fileset = filesets.store(
        {"index.html": "<!doctype html><title>t</title><p class='gpt-5-card'>Made with ChatGPT</p>"}
    )
    row = Generation.objects.create(prompt=prompt, model=project.target, fileset=fileset, use="train")
    list(quarantine_actions.lint(project))
    stage.put("output", row)
    for refined_is_a in (True, False):
        Judgement.objects.create(submission=sent, refined_is_a=refined_is_a, better="refined")
    Judgement.objects.create(submission=newer, refined_is_a=True, fault="slow")


def newest(model: type[Model], stage: Stage) -> Model:
    """A row of `model` on this stage, of the first project where rows have one."""
    row = model._default_manager.order_by("pk").last()
    assert row is not None, f"the stage has no {model._meta.label}: add one to tests/house/stage.py"
    if model is type(stage.scene.world.project):
        return stage.scene.world.project
    if model._meta.label == "catalog.Membership":
        return Membership.objects.filter(project=stage.scene.world.project).order_by("pk")[0]
    if model is Submission:
        return stage.things["submission"]
    if model._meta.label == "webhooks.Delivery":
        return stage.things["delivery"]
    return row
