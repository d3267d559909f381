"""A published release, its people, and where its files are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client

from catalog.models import CodeModel, Membership, Project, Use
from exports import token_actions
from exports.building import folder_of
from exports.models import Release, Token
from people.models import User
from people.rules import Role
from tests.exports import judged
from tests.worlds import World, person, world


@dataclass
class Shelf:
    """One published release and a person who may download it."""

    world: World
    release: Release
    user: User

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return folder_of(self.release)

    def token(self, **given: Any) -> tuple[Token, str]:
        """A token of the person for the release's project."""
        fields = {"by": self.user, "project": self.world.project, "name": "node", "days": 30, **given}
        return token_actions.make_token(**fields)

    def signed_in(self, who: User | None = None) -> Client:
        """A browser in which the person is signed in."""
        client = Client()
        client.force_login(who or self.user)
        return client

    def bearer(self, secret: str) -> Client:
        """A program that sends a token."""
        return Client(headers={"authorization": f"Bearer {secret}"})


def bare(slug: str = "bare") -> Shelf:
    """A project without any release, and its ML user."""
    models = [CodeModel.objects.create(name=f"{slug}-{n}", vendor="Vendor", use=Use.TRAIN) for n in range(2)]
    project = Project.objects.create(name=slug, slug=slug, target=models[0], rival=models[1])
    made = World(project, person(f"lead-{slug}"))
    user = person(f"ml-{slug}")
    Membership.objects.create(project=project, user=user, role=Role.ML)
    return Shelf(made, Release(), user)


def other_project(shelf: Shelf) -> Project:
    """Another project of the same two models."""
    ours = shelf.world.project
    return Project.objects.create(name="Other", slug="other", target=ours.target, rival=ours.rival)


def filled(releases: Path, settings: Any) -> Shelf:
    """A published release with two small files, below `releases`."""
    settings.RELEASE_ROOT = releases
    made = world(prompts=0)
    return Shelf(made, judged.published(made), made.person("mila", Role.ML))
