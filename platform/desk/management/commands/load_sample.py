"""Load the sample project: people, models, prompts, and its tasks. Loading it again changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

import catalog
from catalog import actions, import_actions, import_files, sample_logins
from catalog.models import CodeModel, Criterion, GuidelineRule, Project
from catalog.sample_logins import Login
from catalog.states import ImportStatus, ProjectStatus
from people.models import User
from work.actions import open_tasks

FOLDER = Path(catalog.__file__).parent / "sample"


class Command(BaseCommand):
    """`manage.py load_sample`."""

    help = "Load the sample project unless it is there."

    def handle(self, *args: Any, **options: Any) -> None:
        """Each step leaves alone what it finds, so that an interrupted loading is taken up again."""
        sample = json.loads((FOLDER / "project.json").read_text())
        project = _project(sample)
        if project.status != ProjectStatus.DRAFT and _people_are_there(sample):
            return
        _people(sample, project)
        _import(project)
        if project.status == ProjectStatus.DRAFT:
            actions.activate(project=project, by=None)
        opened = open_tasks(project=project, by=None)
        self.stdout.write(f"Loaded {project.name}: {opened}.")


@transaction.atomic
def _project(sample: dict[str, Any]) -> Project:
    """The sample project with guideline, rules and criteria."""
    project = Project.objects.filter(slug=sample["slug"]).first()
    if project is not None:
        return project
    models = {}
    for side, fields in sample["models"].items():
        models[side], _ = CodeModel.objects.get_or_create(name=fields["name"], defaults=fields)
    project = actions.create_project(
        name=sample["name"], slug=sample["slug"], purpose=sample["purpose"], by=None,
        target=models["target"], rival=models["rival"],
    )  # fmt: skip
    actions.publish_guideline(project=project, text=(FOLDER / "guideline.md").read_text(), by=None)
    GuidelineRule.objects.bulk_create(
        GuidelineRule(project=project, code=code, text=text) for code, text in sample["rules"].items()
    )
    Criterion.objects.bulk_create(
        Criterion(project=project, position=place, **fields)
        for place, fields in enumerate(sample["criteria"])
    )
    actions.note_setup(project=project, changed=["rules", "criteria"], by=None)
    return project


def _people_are_there(sample: dict[str, Any]) -> bool:
    names = {person["username"] for person in sample["people"]}
    return names == {login["username"] for login in sample_logins.load()}


def _people(sample: dict[str, Any], project: Project) -> None:
    """People with passwords made here. Those whose password nobody kept get a new one."""
    known = {login["username"]: login for login in sample_logins.load()}
    logins: list[Login] = []
    shared = [login["password"] for login in known.values() if login.get("voter")]
    for_voters = shared[0] if shared else sample_logins.new_password()
    for person in sample["people"]:
        name = person["username"]
        user = User.objects.filter(username=name).first()
        login = known.get(name) if user else None
        if login is None:
            login = Login(username=name, password=sample_logins.new_password(), shown=person["shown"])
        if person.get("voter"):
            login = Login(username=name, password=for_voters, shown=person["shown"], voter=True)
        logins.append(login)
    # Kept before they are set: a crash in between leaves passwords that are set on the next loading.
    sample_logins.save(logins)
    for person, login in zip(sample["people"], logins, strict=True):
        user, _ = User.objects.get_or_create(
            username=login["username"], defaults={"email": f"{login['username']}@sample.invalid"}
        )
        if not user.check_password(login["password"]):
            user.set_password(login["password"])
            user.is_superuser = user.is_staff = bool(person.get("operator"))
            user.save()
        for role in person["roles"]:
            actions.add_member(project=project, user=user, role=role, by=None)


def _import(project: Project) -> None:
    """The prompts with their outputs, by the same import that everybody uses."""
    row = import_actions.request_import(
        project=project, chunks=import_files.chunks(FOLDER / "prompts.jsonl"), file_name="sample prompts.jsonl",
        update=False, by=None,
    )  # fmt: skip
    ran = import_actions.run(row.pk) or import_actions.wait(row.pk)
    if ran.status == ImportStatus.REFUSED:
        raise CommandError(f"The sample's prompts were refused: {ran.problems}")
