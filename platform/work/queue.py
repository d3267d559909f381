"""Reading the queue: what a person may claim, what is held, and why there is nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from catalog.models import Acknowledgement, Guideline, Membership, Project
from catalog.states import ProjectStatus
from core import tally
from core.errors import NotAllowed
from people.models import Grant, Qualification
from people.rules import Permission, Role, allows
from work import kept_back
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

# Voters answer the criteria, of what they see; everybody else works by the guideline and has to have read it.
BY_GUIDELINE = frozenset({TaskKind.REFINE, TaskKind.WRITE, TaskKind.REVIEW})

# Which open seats a person may take (parameters: the person, twice): whoever judges (review, compare) must be new
# to the prompt's cluster, and nobody sits twice on one task. A seat reserved for the person is always theirs. Bench
# and review page tell the rival from the rest, so whoever ever held one of these does not vote, sent or not.
TAKEABLE = """
    seat.status = 'open'
      AND (seat.reserved_for_id IS NULL OR seat.reserved_for_id = %s)
      AND NOT EXISTS (
          SELECT 1 FROM work_assignment mine
          WHERE mine.assignee_id = %s AND mine.lineage = seat.lineage
            AND (mine.status IN ('active', 'submitted') OR seat.kind = 'compare' AND mine.kind <> 'compare')
            AND (seat.reserved_for_id IS NULL)
            AND (mine.task_id = seat.task_id OR seat.kind IN ('review', 'compare') OR mine.kind IN ('review', 'compare')))
"""
# Which of these are handed out: what names a model waits for a lead.
CLAIMABLE = f"{TAKEABLE} AND NOT {kept_back.TELLING}"


class Why(StrEnum):
    """The reasons for an empty queue."""

    NOTHING_OPEN = "nothing_open"
    ALL_LEASED = "all_leased"
    ALL_SEEN = "all_seen"
    DAILY_CAP = "daily_cap"
    NEEDS_QUALIFICATION = "needs_qualification"
    PROJECT_PAUSED = "project_paused"
    ON_HOLD = "on_hold"
    NEW_GUIDELINE = "new_guideline"
    KEPT_BACK = "kept_back"


@dataclass(frozen=True, slots=True)
class Empty:
    """Why nothing can be claimed, in a sentence and with what can be done. `frees_at`: when a lease may end."""

    kind: Why
    sentence: str
    frees_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person finds at one project's desk: the project, what bars them, if anything, and a guideline to read."""

    project: Project
    closed: Empty | None
    unread: Empty | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the queue page: a kind of work in a project, its pay, how much is open, and what bars the person.

    `closed` is None exactly when a claim can be tried.
    """

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


# Written out: building this through the ORM costs a claim more than asking it.
_PROJECT_AND_ROLES = """
    SELECT project.*, ARRAY(
        SELECT member.role FROM catalog_membership member
        WHERE member.project_id = project.id AND member.user_id = %s) AS my_roles, (
        SELECT newest.version FROM (
            SELECT id, version FROM catalog_guideline WHERE project_id = project.id ORDER BY version DESC LIMIT 1
        ) newest
        WHERE NOT EXISTS (
            SELECT 1 FROM catalog_acknowledgement mine
            WHERE mine.user_id = %s AND mine.guideline_id = newest.id)) AS unread
    FROM catalog_project project WHERE project.id = %s
"""


def standing(user: User, *, project_id: int, kind: TaskKind) -> Standing:
    """Project, roles and bars of `user`; one query, and one more for each bar that the project has.

    Raises NotAllowed when the person has no role for this kind of work in the project.
    """
    project = next(iter(Project.objects.raw(_PROJECT_AND_ROLES, [user.pk, user.pk, project_id])), None)
    roles: list[str] = getattr(project, "my_roles", [])
    if project is None:
        raise NotAllowed(_NO_ROLE)
    _demand_role(user, roles, kind)
    unread = {project.pk: version} if (version := getattr(project, "unread", None)) else {}
    bar = _bar(
        user, project, kind, _missing(user, [project], [kind]), _claimed_today(user, [project]), unread
    )
    to_read = _new_guideline(project, unread[project.pk]) if unread and kind in BY_GUIDELINE else None
    return Standing(project, bar, to_read)


_NO_ROLE = "You are not a member of this project with the role this work needs. Ask its lead."


def works_on(user: User, roles: Collection[str], kind: TaskKind) -> bool:
    """Whether the person's roles in one project carry a kind of work; an operator has every role.

    Who sees the evidence knows the sides, and does not vote.
    """
    held = Role.values if user.is_operator else roles
    sees = kind == TaskKind.COMPARE and allows(held, Permission.SEE_EVIDENCE)
    return allows(held, NEEDS[kind]) and not sees


def demand_role(user: User, *, project_id: int, kind: TaskKind) -> None:
    """Raise NotAllowed unless the person has, now, a role for a kind of work in a project."""
    roles = Membership.objects.filter(user=user, project=project_id).values_list("role", flat=True)
    _demand_role(user, list(roles), kind)


def _demand_role(user: User, roles: Collection[str], kind: TaskKind) -> None:
    if works_on(user, roles, kind):
        return
    if user.is_operator or allows(roles, NEEDS[kind]):
        why = "run this site" if user.is_operator else "lead this project"
        raise NotAllowed(f"You {why} and can see which page is whose, so other people compare them.")
    raise NotAllowed(_NO_ROLE)


def active_seat(user: User) -> Assignment | None:
    """The seat the person holds now, without its task."""
    return Assignment.objects.filter(assignee=user, status=AssignmentStatus.ACTIVE).first()


def _missing(user: User, projects: Iterable[Project], kinds: Iterable[TaskKind]) -> dict[int, Qualification]:
    """The qualifications that these projects ask for and the person lacks; no query when none is asked for."""
    kinds = list(kinds)
    asked = (needed_qualification_id(project, kind) for project in projects for kind in kinds)
    needed = {pk for pk in asked if pk is not None}
    held = Grant.objects.filter(user=user, qualification=OuterRef("pk"))
    return Qualification.objects.filter(~Exists(held), pk__in=needed).in_bulk() if needed else {}


def _claimed_today(user: User, projects: Iterable[Project]) -> dict[int, int]:
    """How much the person claimed today (in their zone) in the projects that have a cap, released seats aside."""
    capped = [project.pk for project in projects if project.daily_cap]
    if not capped:
        return {}
    counted = _claims_today(user).filter(project__in=capped).order_by().values_list("project")
    return dict(counted.annotate(Count("pk")).values_list("project", "pk__count"))


def _claims_today(user: User) -> QuerySet[Assignment]:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    claimed = Assignment.objects.filter(assignee=user, claimed_at__gte=midnight)
    return claimed.exclude(status=AssignmentStatus.RELEASED)


def bars_again(user: User, seat: Assignment, bar: Empty) -> bool:
    """Whether `bar` also keeps the person from a seat of a task they held before and let go."""
    if bar.kind == Why.DAILY_CAP:
        return not _claims_today(user).filter(task=seat.task_id).exists()
    return bar.kind == Why.NEEDS_QUALIFICATION


def _bar(
    user: User,
    project: Project,
    kind: TaskKind,
    missing: Mapping[int, Qualification],
    claimed: Mapping[int, int],
    unread: Mapping[int, int],
) -> Empty | None:
    if user.hold_reason:
        return Empty(Why.ON_HOLD, f"Your account is on hold: {user.hold_reason}")
    if project.status != ProjectStatus.ACTIVE:
        return Empty(
            Why.PROJECT_PAUSED,
            f"{project.name} is {project.get_status_display().lower()}: its lead has stopped handing out work.",
        )
    lacking = missing.get(needed_qualification_id(project, kind) or 0)
    if lacking is not None:
        return Empty(Why.NEEDS_QUALIFICATION, f"This needs the qualification “{lacking.name}”. {lacking.how}")
    if project.daily_cap and claimed.get(project.pk, 0) >= project.daily_cap:
        return Empty(
            Why.DAILY_CAP,
            f"You have claimed {project.daily_cap} tasks of {project.name} today, which is its cap for a day. "
            "It starts again at midnight in your time zone.",
        )
    return (
        _new_guideline(project, unread[project.pk]) if kind in BY_GUIDELINE and project.pk in unread else None
    )


def _new_guideline(project: Project, version: int) -> Empty:
    return Empty(
        Why.NEW_GUIDELINE,
        f"Read the guideline of {project.name} and acknowledge it first."
        if version == 1
        else f"The guideline of {project.name} has changed: read version {version} and acknowledge it first.",
    )


def _unread(user: User, projects: Iterable[Project]) -> dict[int, int]:
    """The version in force in the projects whose guideline the person has not acknowledged; one query."""
    newest = Guideline.objects.filter(project__in=[project.pk for project in projects])
    newest = newest.order_by("project_id", "-version").distinct("project_id")
    read = Acknowledgement.objects.filter(user=user, guideline=OuterRef("pk"))
    marked = newest.annotate(read=Exists(read)).values_list("project_id", "version", "read")
    return {project_id: version for project_id, version, was_read in marked if not was_read}


def why_none(user: User, *, project: Project, kind: TaskKind) -> Empty:
    """Why no seat could be given although nothing bars the person."""
    seats = Assignment.objects.filter(project=project, kind=kind)
    touched = Assignment.objects.filter(assignee=user, lineage=OuterRef("lineage"))
    if kept_back.wholly([(project.pk, kind.value)]):
        return _KEPT_BACK
    # An open seat the person never touched was locked by somebody's claim as we looked: that is "held".
    if seats.filter(Exists(touched), status=AssignmentStatus.OPEN).exists():
        return _ALL_SEEN
    taken = [AssignmentStatus.ACTIVE, AssignmentStatus.OPEN]
    held = seats.filter(status__in=taken)
    if held.exists():
        return _all_leased(held.aggregate(next=Min("lease_until"))["next"])
    return _nothing_open(project, kind)


_KEPT_BACK = Empty(
    Why.KEPT_BACK,
    "What is open now names a model or a vendor somewhere in its code. It is handed out once the project’s lead has "
    "taken the names out or let them stand.",
)

# Of a task the person has begun.
KEPT_BACK_AGAIN = Empty(
    Why.KEPT_BACK,
    "One of the pages of this task was found to name a model or a vendor somewhere in its code. Your draft is kept, and "
    "the task can be taken up again once the project’s lead has taken the names out or let them stand.",
)

_ALL_SEEN = Empty(
    Why.ALL_SEEN,
    "What is open now you have worked on already, in this or another role. "
    "Somebody new to a prompt has to judge it, so these wait for other people.",
)


def _all_leased(frees_at: datetime | None) -> Empty:
    return Empty(
        Why.ALL_LEASED,
        "Every open task is held by somebody. The next one frees up when it is given back.",
        frees_at,
    )


def _nothing_open(project: Project, kind: TaskKind) -> Empty:
    return Empty(
        Why.NOTHING_OPEN,
        f"Nothing of the kind “{TaskKind(kind).label}” is open in {project.name} at the moment.",
    )


def lines(user: User) -> list[Line]:
    """Every kind of work the person may do, project by project, with pay and open counts; a fixed number of queries."""
    mine: dict[int, set[str]] = defaultdict(set)
    for project_id, role in Membership.objects.filter(user=user).values_list("project_id", "role"):
        mine[project_id].add(role)
    working = set(NEEDS.values())
    ids = [pk for pk, roles in mine.items() if any(allows(roles, permission) for permission in working)]
    shown = list(
        Project.objects.filter(pk__in=ids).exclude(status=ProjectStatus.DRAFT).order_by("name", "pk")
    )
    offers = [(p, kind) for p in shown for kind in TaskKind if works_on(user, mine[p.pk], kind)]
    missing, claimed = _missing(user, shown, TaskKind), _claimed_today(user, shown)
    unread = _unread(user, shown)
    seats: dict[tuple[int, str, str], int] = {
        (count.project_id, count.kind, count.status): count.n
        for count in tally.counts([project.pk for project in shown], subject="assignment")
    }
    open_now = [
        (p, kind) for p, kind in offers if seats.get((p.pk, kind.value, AssignmentStatus.OPEN), 0) > 0
    ]
    claimable = _claimable(user, open_now)
    shut = [(p.pk, kind.value) for p, kind in open_now if (p.pk, kind.value) not in claimable]
    telling = kept_back.wholly(shut)
    frees = _frees_at([project.pk for project in shown])
    found: list[Line] = []
    for project, kind in offers:
        n = seats.get((project.pk, kind.value, AssignmentStatus.OPEN), 0)
        held = seats.get((project.pk, kind.value, AssignmentStatus.ACTIVE), 0)
        closed = _bar(user, project, kind, missing, claimed, unread)
        # What is not there needs no reading either: the emptiness is the reason then.
        readable = closed is None or closed.kind == Why.NEW_GUIDELINE
        if readable and (project.pk, kind.value) not in claimable:
            frees_at = frees.get((project.pk, kind.value))
            if (project.pk, kind.value) in telling:
                closed = _KEPT_BACK
            else:
                closed = _ALL_SEEN if n else _all_leased(frees_at) if held else _nothing_open(project, kind)
        found.append(Line(project, kind, pay_for(project, kind), n, closed))
    return found


def _claimable(user: User, offers: list[tuple[Project, TaskKind]]) -> set[tuple[int, str]]:
    """Of these (project, kind), the ones with a seat for the person; one query, each stopping at the first seat."""
    if not offers:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT offer.project_id, offer.kind FROM unnest(%s::bigint[], %s::text[]) AS offer (project_id, kind)"
            " WHERE EXISTS (SELECT 1 FROM work_assignment seat"
            f" WHERE seat.project_id = offer.project_id AND seat.kind = offer.kind AND {CLAIMABLE})",
            [[p.pk for p, _ in offers], [kind.value for _, kind in offers], user.pk, user.pk],
        )
        return set(cursor.fetchall())


def _frees_at(project_ids: list[int]) -> dict[tuple[int, str], datetime]:
    """When the first held seat of each project and kind runs out, unless its holder goes on."""
    active = Assignment.objects.filter(project__in=project_ids, status=AssignmentStatus.ACTIVE).order_by()
    grouped = active.values_list("project", "kind").annotate(first=Min("lease_until"))
    return {(project_id, kind): first for project_id, kind, first in grouped}


def held_by(user: User) -> Assignment | None:
    """The assignment the person holds."""
    held = Assignment.objects.filter(assignee=user, status=AssignmentStatus.ACTIVE)
    return held.select_related("task", "project", "task__prompt").first()


def reserved_for(user: User) -> list[Assignment]:
    """Next rounds that wait for the person."""
    seats = Assignment.objects.filter(reserved_for=user, status=AssignmentStatus.OPEN)
    return list(seats.select_related("task", "project", "task__prompt", "follows__submission").order_by("id"))


def takeable_by(user: User) -> QuerySet[Assignment]:
    """Open seats that are the person's to take by name: their reserved rounds, and what they held once."""
    once = Assignment.objects.filter(task=OuterRef("task"), assignee=user)
    mine = Q(reserved_for=user) | Q(Exists(once), reserved_for=None)
    return Assignment.objects.filter(mine, status=AssignmentStatus.OPEN).select_related(
        "task__prompt", "project"
    )
