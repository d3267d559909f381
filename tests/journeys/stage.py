"""The stage of a journey: a project, its models and its people, set up by actions. All else goes over HTTP."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import catalog
from catalog import actions
from catalog.models import CodeModel, Criterion, GuidelineRule, Project, Use
from people.models import User
from people.rules import Role

REAL = Path(__file__).parents[3] / "shared" / "data" / "frontend-pairs" / "prompts.jsonl"
SAMPLE = Path(catalog.__file__).parent / "sample" / "prompts.jsonl"
CONTRIBUTORS = 10
REVIEWERS = 4


@dataclass(frozen=True, slots=True)
class Stage:
    """What the simulated people need to know: their project, names, one password, and the file to import."""

    project: Project
    password: str
    lead: str
    ml: str
    contributors: list[str]
    reviewers: list[str]
    file: Path
    prompts: int
    # Keys of the prompts whose tasks stay open; none named: all.
    only: frozenset[str]


def choose_file() -> Path:
    """The real outputs where they are, else the sample's."""
    return REAL if REAL.is_file() else SAMPLE


def models_of(file: Path) -> tuple[str, str, int]:
    """Target, rival and number of prompts of an import file.

    The rival is the model with the most outputs, so that every prompt can be judged; the target is the other: where
    it has no output, the page is written from scratch.
    """
    rows = [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
    counts: dict[str, int] = {}
    for row in rows:
        for generation in row["generations"]:
            counts[generation["model"]] = counts.get(generation["model"], 0) + 1
    rival, target = sorted(counts, key=lambda model: (-counts[model], model))[:2]
    return target, rival, len(rows)


def build(name: str, file: Path, only: frozenset[str] = frozenset()) -> Stage:
    """Set the stage for a journey called `name`; of the prompts of `file` it works on those in `only`, or on all."""
    target, rival, prompts = models_of(file)
    terms = "Published under the licence that the import file names for each prompt."
    rows: list[Any] = [
        CodeModel.objects.get_or_create(
            name=model, defaults={"vendor": "see source", "use": Use.TRAIN, "terms": terms}
        )[0]
        for model in (target, rival)
    ]
    project = actions.create_project(
        name=f"Journey {name}", slug=f"journey-{name}", purpose="Simulated people, real pages.",
        target=rows[0], rival=rows[1], by=None,
    )  # fmt: skip
    actions.publish_guideline(project=project, text="# Journey\n\nMake it clearly better to use.", by=None)
    GuidelineRule.objects.create(project=project, code="G1", text="Nothing is cut off at 375 px.")
    for slug, question in (("design", "Which looks better?"), ("use", "Which is easier to use?")):
        Criterion.objects.create(project=project, slug=slug, name=slug.title(), question=question)
    password = secrets.token_urlsafe(12)
    people = {
        Role.CONTRIBUTOR: [f"{name}-c{n}" for n in range(CONTRIBUTORS)],
        Role.REVIEWER: [f"{name}-r{n}" for n in range(REVIEWERS)],
        Role.LEAD: [f"{name}-lead"],
        Role.ML: [f"{name}-ml"],
    }
    hashed = ""
    for role, names in people.items():
        for username in names:
            user = User(username=username, email=f"{username}@example.com", is_staff=role == Role.LEAD)
            if not hashed:
                user.set_password(password)
                hashed = user.password
            user.password = hashed
            user.save()
            actions.add_member(project=project, user=user, role=role, by=None)
    actions.activate(project=project, by=None)
    return Stage(
        project, password, people[Role.LEAD][0], people[Role.ML][0], people[Role.CONTRIBUTOR], people[Role.REVIEWER],
        file, prompts, only,
    )  # fmt: skip
