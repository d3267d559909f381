"""A small world for tests: one project with people, prompts and outputs, its tasks opened by the real action."""

from __future__ import annotations

from dataclasses import dataclass, field

from catalog.models import CodeModel, Criterion, Generation, GuidelineRule, Membership, Project, Prompt, Use
from catalog.states import PROJECT
from core import filesets
from core.flow import created
from people.models import User
from people.rules import Role
from work import actions

PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{0}</title></head>'
    "<body><main><h1>{0}</h1><p>{1}</p></main></body></html>"
)


@dataclass
class World:
    """The rows that tests speak of."""

    project: Project
    lead: User
    people: dict[str, User] = field(default_factory=dict)
    prompts: list[Prompt] = field(default_factory=list)

    def person(self, name: str, *roles: Role) -> User:
        """A person with roles in the project, made when first named."""
        if name not in self.people:
            self.people[name] = person(name)
            for role in roles:
                Membership.objects.create(project=self.project, user=self.people[name], role=role)
        return self.people[name]


def person(name: str, **fields: object) -> User:
    """A person without any role."""
    return User.objects.create(username=name, email=f"{name}@example.com", **fields)


def page(title: str, text: str) -> dict[str, str]:
    """A one-file HTML page."""
    return {"index.html": PAGE.format(title, text)}


def world(*, prompts: int = 1, seats: int = 1, scratch: int = 0, **project: object) -> World:
    """A project with `prompts` refine tasks and `scratch` write tasks, `seats` seats each, active."""
    target = CodeModel.objects.create(name="target-model", vendor="Vendor T", use=Use.TRAIN)
    rival = CodeModel.objects.create(name="rival-model", vendor="Vendor R", use=Use.EVAL_ONLY)
    made = Project.objects.create(
        name="Test project", slug="test", target=target, rival=rival, seats_refine=seats, **project
    )
    lead = person("lead", is_staff=True)
    Membership.objects.create(project=made, user=lead, role=Role.LEAD)
    GuidelineRule.objects.create(project=made, code="G1", text="The page works on a phone.")
    Criterion.objects.create(project=made, slug="design", name="Design", question="Which looks better?")
    created(PROJECT, made, by=lead)
    PROJECT.move(made, "activate", by=lead)
    scene = World(made, lead)
    for n in range(prompts + scratch):
        prompt = Prompt.objects.create(
            project=made, key=f"p{n}", text=f"Make page {n}", framework="html", source="test", licence="CC0",
            cluster=f"p{n}", tags=["test"],
        )  # fmt: skip
        scene.prompts.append(prompt)
        if n < prompts:
            base = filesets.store(page(f"Base {n}", "plain"))
            Generation.objects.create(prompt=prompt, model=target, fileset=base, use=Use.TRAIN)
        files = filesets.store(page(f"Rival {n}", "rather good"))
        Generation.objects.create(prompt=prompt, model=rival, fileset=files, use=Use.EVAL_ONLY)
    actions.open_tasks(project=made, by=lead)
    return scene
