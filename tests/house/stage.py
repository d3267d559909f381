"""One of everything, made by real actions: what the access sweep opens, who owns it, and whose eyes look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Model
from django.utils import timezone

from catalog import import_actions
from catalog.models import Membership
from checks import actions as checks
from checks.models import CheckRun
from checks.verdict import Outcome, Verdict
from exports import actions as exports
from exports import building
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
    _release(stage)
    _desk(stage)
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


def _release(stage: Stage) -> None:
    world_ = stage.scene.world
    release = exports.start_release(recipe=judged.recipe(world_), by=world_.lead)
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "published", release.error
    stage.put("release", release)
    fetching = world_.person("fetching", Role.ML)
    token, _ = exports.make_token(by=fetching, project=world_.project, name="notebook", days=7)
    stage.put("token", token, fetching)


def _desk(stage: Stage) -> None:
    """Rows that only the admin shows."""
    world_, operator = stage.scene.world, stage.people["operator"]
    assert operator is not None
    stage.put("qualification", Qualification.objects.create(slug="react", name="React", how="Ask."))
    stage.put("address", EmailAddress.objects.create(user=operator, email=operator.email, primary=True))
    stage.put("authenticator", Authenticator.objects.create(user=operator, type="totp", data={"secret": "x"}))
    stage.put(
        "protected",
        register_set(
            slug="bench", version="1", name="Bench", source="test", licence="CC0",
            items=[Item("p1", "Make a page that nobody else may train on, please.", {})], by=operator,
        ),
    )  # fmt: skip
    stage.put(
        "payout", Payout.objects.create(user=world_.lead, currency="EUR", amount=100, until=timezone.now())
    )
    stage.put(
        "import",
        import_actions.request_import(
            project=world_.project, chunks=[b"{}\n"], file_name="prompts.jsonl", update=False, by=world_.lead
        ),
    )


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
    return row
