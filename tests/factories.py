"""Rows for tests, made the short way. What has a history is made by its real actions, in the part that needs it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import factory
from django.contrib.auth.hashers import make_password

from catalog.models import CodeModel, Criterion, Guideline, GuidelineRule, Membership, Project, Prompt, Use
from people.models import Qualification, User
from people.rules import Role

# --- People ---------------------------------------------------------------------------------------

PASSWORD = "a long enough pass phrase"


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A person without any role, who can sign in with PASSWORD."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"person{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    password = factory.LazyFunction(lambda: make_password(PASSWORD, hasher="pbkdf2_sha256"))

    class Params:
        operator = factory.Trait(is_staff=True, is_superuser=True)


class QualificationFactory(factory.django.DjangoModelFactory[Qualification]):
    """Something one can be qualified for."""

    class Meta:
        model = Qualification

    slug = factory.Sequence(lambda n: f"qualification-{n}")
    name = factory.LazyAttribute(lambda row: row.slug.replace("-", " "))
    how = "Pass the test tasks."


# --- Catalogue ------------------------------------------------------------------------------------


class CodeModelFactory(factory.django.DjangoModelFactory[CodeModel]):
    """A registered model; two calls with one name give one row."""

    class Meta:
        model = CodeModel
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"model-{n}")
    vendor = "A vendor"
    use = Use.EVAL_ONLY


class ProjectFactory(factory.django.DjangoModelFactory[Project]):
    """A draft project of target-model against rival-model; `ready=True` gives what activation asks for."""

    class Meta:
        model = Project
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Project {n}")
    slug = factory.Sequence(lambda n: f"project-{n}")
    target = factory.SubFactory(CodeModelFactory, name="target-model", use=Use.TRAIN)
    rival = factory.SubFactory(CodeModelFactory, name="rival-model")

    @factory.post_generation
    def ready(self: Project, create: bool, wanted: object, **_: Any) -> None:
        """Guideline, one rule, one criterion."""
        if wanted:
            Guideline.objects.create(project=self, version=1, text="Make it better.")
            GuidelineRule.objects.create(project=self, code="G1", text="It works on a phone.")
            Criterion.objects.create(project=self, slug="looks", name="Looks", question="Which looks better?")


class PromptFactory(factory.django.DjangoModelFactory[Prompt]):
    """A prompt without outputs."""

    class Meta:
        model = Prompt

    project = factory.SubFactory(ProjectFactory)
    key = factory.Sequence(lambda n: f"prompt-{n}")
    text = factory.LazyAttribute(lambda row: f"Make the page {row.key}.")
    framework = "html"
    source = "test"
    licence = "CC0-1.0"
    cluster = factory.SelfAttribute("key")


def member(project: Project, role: Role, **fields: Any) -> User:
    """A new person with a role in `project`."""
    user = UserFactory(is_staff=role == Role.LEAD, **fields)
    Membership.objects.create(project=project, user=user, role=role)
    return user


def line(
    key: str, *, target: str | None = "<p>base</p>", rival: str | None = "<p>rival</p>", **fields: Any
) -> dict[str, Any]:
    """One line of an import file, as values: outputs of target-model and rival-model unless None."""
    outputs = [("target-model", target), ("rival-model", rival)]
    return {
        "key": key, "text": f"Make the page {key}.", "tags": ["test"], "framework": "html", "source": "test",
        "license": "CC0-1.0",
        "generations": [{"model": name, "files": {"index.html": f"<!-- {key} -->{html}"}} for name, html in outputs if html],
        **fields,
    }  # fmt: skip


def json_lines(values: Iterable[object]) -> bytes:
    """Values as the bytes of an import file."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)
