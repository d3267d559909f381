"""Writes of the catalogue but imports: projects, their people, their guideline."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from catalog.models import Acknowledgement, CodeModel, Guideline, Membership, Project
from catalog.rules import demand, may_anywhere
from catalog.states import PROJECT
from core import audit
from core.errors import BadInput, Conflict, NotAllowed, Problem
from core.flow import created
from people.models import User
from people.rules import Permission, Role


@transaction.atomic
def create_project(
    *, name: str, slug: str, target: CodeModel, rival: CodeModel, by: User | None, **terms: object
) -> Project:
    """Set a project up as a draft; `terms` are its other fields. Whoever creates it and is no operator leads it.

    Raises NotAllowed unless `by` leads a project or is an operator, BadInput if target and rival are one model,
    Conflict if the slug is taken.
    """
    if by is not None and not may_anywhere(by, Permission.LEAD):
        raise NotAllowed("Only leads and operators set projects up.")
    if target.pk == rival.pk:
        problem = Problem("rival", "is the target itself", "Choose another model to beat.")
        raise BadInput("A model cannot be its own rival.", problems=[problem])
    try:
        with transaction.atomic():
            project = Project.objects.create(name=name, slug=slug, target=target, rival=rival, **terms)
    except IntegrityError:
        # Asked afterwards: somebody else may be creating it in this very moment.
        if not Project.objects.filter(slug=slug).exists():
            raise
        raise Conflict(f"There is a project “{slug}” already.") from None
    set_up(project=project, by=by)
    return project


@transaction.atomic
def set_up(*, project: Project, by: User | None) -> None:
    """What belongs to the birth of a project row: its event, and its first lead."""
    created(PROJECT, project, by=by, slug=project.slug)
    if by is not None and not by.is_operator:
        Membership.objects.create(project=project, user=by, role=Role.LEAD)
        audit.record("catalog.project", "add_member", project.pk, by=by, user=by.pk, role=Role.LEAD)


@transaction.atomic
def activate(*, project: Project, by: User | None) -> None:
    """Open a draft project for work. Raises BadInput that lists what is still missing."""
    _demand(by, project)
    missing: list[Problem] = []
    if not project.guidelines.exists():
        missing.append(Problem("guideline", "is not written", "Write it: contributors work by it."))
    if not project.rules.exists():
        missing.append(Problem("rules", "has none", "Add at least one: a rejection must name a rule."))
    if not project.criteria.exists():
        missing.append(Problem("criteria", "has none", "Add at least one: voters answer them."))
    if missing:
        raise BadInput("The project is not ready to be activated.", problems=missing)
    PROJECT.move(project, "activate", by=by)


def pause(*, project: Project, by: User | None) -> None:
    """Hand out no more work; what is claimed may be finished."""
    _demand(by, project)
    PROJECT.move(project, "pause", by=by)


def resume(*, project: Project, by: User | None) -> None:
    """Hand out work again."""
    _demand(by, project)
    PROJECT.move(project, "resume", by=by)


def close(*, project: Project, by: User | None) -> None:
    """End the project for good."""
    _demand(by, project)
    PROJECT.move(project, "close", by=by)


@transaction.atomic
def add_member(*, project: Project, user: User, role: str, by: User | None) -> Membership:
    """Give a person a role in a project; a lead may then see the admin site. Twice changes nothing."""
    _demand(by, project)
    if role not in Role.values:
        problem = Problem("role", "is unknown", f"Use {', '.join(Role.values)}.")
        raise BadInput("There is no such role.", problems=[problem])
    row, new = Membership.objects.get_or_create(project=project, user=user, role=role)
    if new:
        audit.record("catalog.project", "add_member", project.pk, by=by, user=user.pk, role=role)
    if role == Role.LEAD and not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    return row


@transaction.atomic
def remove_member(*, project: Project, user: User, role: str, by: User | None) -> None:
    """Take a role away; what was done in it stays. Raises Conflict for the last lead of a project.

    Who leads nothing any more loses the admin site.
    """
    _demand(by, project)
    roles = Membership.objects.filter(project=project, role=role)
    # Locked, so that two leads cannot remove each other at once.
    holders = set(roles.select_for_update().values_list("user_id", flat=True))
    if user.pk not in holders:
        return
    if role == Role.LEAD and len(holders) == 1 and (by is None or not by.is_operator):
        raise Conflict("The last lead of a project stays: name another lead first.")
    roles.filter(user=user).delete()
    audit.record("catalog.project", "remove_member", project.pk, by=by, user=user.pk, role=role)
    if role == Role.LEAD and not user.is_operator and not may_anywhere(user, Permission.LEAD):
        user.is_staff = False
        user.save(update_fields=["is_staff"])


@transaction.atomic
def publish_guideline(*, project: Project, text: str, by: User | None) -> Guideline:
    """Put a new version of the guideline in force; the same text again changes nothing. Markdown."""
    _demand(by, project)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        problem = Problem("guideline", "is empty", "Write what contributors should do and avoid.")
        raise BadInput("The guideline is empty.", problems=[problem])
    newest = Guideline.objects.filter(project=project).order_by("-version").first()
    if newest is not None and newest.text == text:
        return newest
    try:
        with transaction.atomic():
            row = Guideline.objects.create(
                project=project, version=newest.version + 1 if newest else 1, text=text
            )
    except IntegrityError:
        raise Conflict("Somebody has just published another version. Reload, and look at it first.") from None
    audit.record("catalog.guideline", "publish", row.pk, by=by, project=project.pk, version=row.version)
    return row


@transaction.atomic
def acknowledge(*, project: Project, version: int, by: User) -> Acknowledgement:
    """Note that `by` has read a version of the guideline; once more changes nothing.

    Raises NotAllowed for who has no role in the project, Conflict when the version is not the one in force.
    """
    if not by.is_operator and not Membership.objects.filter(project=project, user=by).exists():
        raise NotAllowed("Only members of the project acknowledge its guideline.")
    newest = Guideline.objects.filter(project=project).order_by("-version").first()
    if newest is None or newest.version != version:
        raise Conflict(
            "Another version has been published meanwhile. Read what changed, then acknowledge it."
        )
    row, new = Acknowledgement.objects.get_or_create(guideline=newest, user=by)
    if new:
        audit.record(
            "catalog.guideline", "acknowledge", newest.pk, by=by, project=project.pk, version=newest.version
        )
    return row


def note_setup(*, project: Project, changed: Sequence[str], by: User | None) -> None:
    """Append to the audit trail which settings of a project were changed; nothing for none."""
    if changed:
        audit.record("catalog.project", "set_up", project.pk, by=by, changed=sorted(changed))


def _demand(by: User | None, project: Project) -> None:
    if by is not None:
        demand(by, Permission.LEAD, project.pk)
