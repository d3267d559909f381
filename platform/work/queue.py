"""Reading the queue: what a person may claim, what is held, and why there is nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, Min, OuterRef
from django.utils import timezone

from catalog.models import Membership, Project
from catalog.states import ProjectStatus
from core import tally
from core.errors import NotAllowed
from people.models import Grant, Qualification
from people.rules import Permission, allows
from work.models import Assignment
from work.states import AssignmentStatus, TaskKind

if TYPE_CHECKING:
    from people.models import User

NEEDS: dict[TaskKind, Permission] = {
    TaskKind.REFINE: Permission.REFINE,
    TaskKind.WRITE: Permission.REFINE,
    TaskKind.REVIEW: Permission.REVIEW,
    TaskKind.COMPARE: Permission.COMPARE,
}


class Why(StrEnum):
    """The reasons for an empty queue."""

    NOTHING_OPEN = "nothing_open"
    ALL_LEASED = "all_leased"
    ALL_SEEN = "all_seen"
    DAILY_CAP = "daily_cap"
    NEEDS_QUALIFICATION = "needs_qualification"
    PROJECT_PAUSED = "project_paused"
    ON_HOLD = "on_hold"


@dataclass(frozen=True, slots=True)
class Empty:
    """Why nothing can be claimed, in a sentence and with what can be done. `frees_at`: when a lease may end."""

    kind: Why
    sentence: str
    frees_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person finds at one project's desk: what they hold, and what bars them, if anything."""

    project: Project
    active: Assignment | None
    closed: Empty | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the queue page: a kind of work in a project, its pay, and how much is open."""

    project: Project
    kind: TaskKind
    pay: int
    open: int
    closed: Empty | None


def pay_for(project: Project, kind: TaskKind) -> int:
    """What a project pays for one piece of a kind, in minor units."""
    return {
        TaskKind.REFINE: project.pay_refine,
        TaskKind.WRITE: project.pay_write,
        TaskKind.REVIEW: project.pay_review,
        TaskKind.COMPARE: project.pay_compare,
    }[kind]


def needed_qualification_id(project: Project, kind: TaskKind) -> int | None:
    """The qualification a kind of work needs in a project."""
    return {
        TaskKind.REFINE: project.refine_needs_id,
        TaskKind.WRITE: project.refine_needs_id,
        TaskKind.REVIEW: project.review_needs_id,
        TaskKind.COMPARE: project.compare_needs_id,
    }[kind]


def standing(user: User, *, project_id: int, kind: TaskKind) -> Standing:
    """Project, roles and bars of `user`, in two or three indexed queries.

    Raises NotAllowed when the person has no role for this kind of work in the project.
    """
    roles = Membership.objects.filter(project=OuterRef("pk"), user=user).order_by().values("project")
    project = (
        Project.objects.filter(pk=project_id)
        .annotate(my_roles=roles.annotate(all=ArrayAgg("role")).values("all"))
        .first()
    )
    if project is None or not (user.is_operator or allows(project.my_roles or [], NEEDS[kind])):
        raise NotAllowed("You are not a member of this project with the role this work needs. Ask its lead.")
    active = Assignment.objects.filter(assignee=user, status=AssignmentStatus.ACTIVE).first()
    return Standing(project, active, _bar(user, project, kind))


def _bar(user: User, project: Project, kind: TaskKind) -> Empty | None:
    if user.hold_reason:
        return Empty(Why.ON_HOLD, f"Your account is on hold: {user.hold_reason}")
    if project.status != ProjectStatus.ACTIVE:
        return Empty(
            Why.PROJECT_PAUSED,
            f"{project.name} is {project.get_status_display().lower()}: its lead has stopped handing out work.",
        )
    needed = needed_qualification_id(project, kind)
    if needed is not None and not Grant.objects.filter(user=user, qualification=needed).exists():
        qualification = Qualification.objects.get(pk=needed)
        return Empty(
            Why.NEEDS_QUALIFICATION,
            f"This needs the qualification “{qualification.name}”. {qualification.how}",
        )
    if project.daily_cap:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        claimed = Assignment.objects.filter(assignee=user, claimed_at__gte=midnight, project=project)
        if claimed.exclude(status=AssignmentStatus.RELEASED).count() >= project.daily_cap:
            return Empty(
                Why.DAILY_CAP,
                f"You have claimed {project.daily_cap} tasks of {project.name} today, which is its cap for a day. "
                "It starts again at midnight in your time zone.",
            )
    return None


def why_none(user: User, *, project: Project, kind: TaskKind) -> Empty:
    """Why no seat could be given although nothing bars the person."""
    seats = Assignment.objects.filter(project=project, kind=kind)
    touched = Assignment.objects.filter(assignee=user, lineage=OuterRef("lineage"))
    # An open seat the person never touched was locked by somebody's claim as we looked: that is "held".
    if seats.filter(Exists(touched), status=AssignmentStatus.OPEN).exists():
        return Empty(
            Why.ALL_SEEN,
            "What is open now you have worked on already, in this or another role. "
            "Somebody new to a prompt has to judge it, so these wait for other people.",
        )
    taken = [AssignmentStatus.ACTIVE, AssignmentStatus.OPEN]
    held = seats.filter(status__in=taken)
    if held.exists():
        return Empty(
            Why.ALL_LEASED,
            "Every open task is held by somebody. The next one frees up when it is given back.",
            held.aggregate(next=Min("lease_until"))["next"],
        )
    return Empty(
        Why.NOTHING_OPEN, f"{project.name} has no open {TaskKind(kind).label.lower()} tasks at the moment."
    )


def lines(user: User) -> list[Line]:
    """Every kind of work the person may do, project by project, with pay and open counts; a fixed number of queries."""
    mine: dict[int, set[str]] = defaultdict(set)
    for project_id, role in Membership.objects.filter(user=user).values_list("project_id", "role"):
        mine[project_id].add(role)
    working = set(NEEDS.values())
    ids = [pk for pk, roles in mine.items() if any(allows(roles, permission) for permission in working)]
    open_seats = {
        (count.project_id, count.kind): count.n
        for count in tally.counts(ids, subject="assignment")
        if count.status == AssignmentStatus.OPEN
    }
    found: list[Line] = []
    shown = Project.objects.filter(pk__in=ids).exclude(status=ProjectStatus.DRAFT).order_by("name")
    for project in shown:
        for kind in TaskKind:
            if not allows(mine[project.pk], NEEDS[kind]):
                continue
            n = open_seats.get((project.pk, kind.value), 0)
            found.append(Line(project, kind, pay_for(project, kind), n, _bar(user, project, kind)))
    return found


def held_by(user: User) -> Assignment | None:
    """The assignment the person holds."""
    held = Assignment.objects.filter(assignee=user, status=AssignmentStatus.ACTIVE)
    return held.select_related("task", "project", "task__prompt").first()


def reserved_for(user: User) -> list[Assignment]:
    """Next rounds that wait for the person."""
    seats = Assignment.objects.filter(reserved_for=user, status=AssignmentStatus.OPEN)
    return list(seats.select_related("task", "project", "task__prompt", "follows__submission").order_by("id"))
