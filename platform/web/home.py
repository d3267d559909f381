"""What the home page tells each role; every part in a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from catalog.models import Project
from catalog.rules import projects_where
from core import tally
from exports.models import Release
from exports.states import ReleaseStatus
from ledger import statements
from people.rules import Permission
from web.work_pay import pay_of
from work.models import Submission
from work.queue_page import Desk, desk_of
from work.states import SubmissionStatus, TaskStatus

if TYPE_CHECKING:
    from people.models import User

UNDECIDED = (SubmissionStatus.CHECKING, SubmissionStatus.AWAITING_REVIEW)
NEWEST_RELEASES = 5


@dataclass(frozen=True, slots=True)
class Pay:
    """Pay in one currency, in its minor units: earned since Monday, and quoted for work that awaits its decision."""

    currency: str
    this_week: int
    awaiting: int


@dataclass(frozen=True, slots=True)
class Work:
    """What somebody who works finds: the desk of the queue, and their pay."""

    desk: Desk
    pay: list[Pay]


@dataclass(frozen=True, slots=True)
class Led:
    """A project that the person leads, with open tasks and submissions that await review."""

    project: Project
    open_tasks: int
    awaiting_review: int


def work_of(user: User) -> Work:
    """The working part of the page."""
    return Work(desk_of(user), _pay(user))


def _pay(user: User) -> list[Pay]:
    week = dict(statements.sums(statements.items(user, since=statements.monday(timezone.now()))))
    undecided = Submission.objects.filter(author=user, fixed_by=None, status__in=UNDECIDED)
    sent = list(undecided.select_related("assignment").defer("rationale"))
    posted = pay_of(sent)
    awaiting: Counter[str] = Counter()
    for one in sent:
        # What was paid while it waits is among what was earned.
        if posted[one.pk].pending:
            awaiting[one.assignment.currency] += one.assignment.quote or 0
    return [
        Pay(currency, week.get(currency, 0), awaiting[currency])
        for currency in sorted(week.keys() | awaiting.keys())
    ]


def led_by(user: User) -> list[Led]:
    """The projects the person leads, by name, with kept counts."""
    projects = list(projects_where(user, Permission.LEAD).order_by("name", "pk"))
    counted: Counter[tuple[int, str, str]] = Counter()
    for count in tally.counts([project.pk for project in projects]):
        counted[count.project_id, count.subject, count.status] += count.n
    return [
        Led(
            project,
            counted[project.pk, "task", TaskStatus.OPEN],
            counted[project.pk, "submission", SubmissionStatus.AWAITING_REVIEW],
        )
        for project in projects
    ]


def releases_for(user: User) -> list[Release]:
    """The newest published releases that the person may download."""
    mine = projects_where(user, Permission.DOWNLOAD).values("pk")
    published = Release.objects.filter(project__in=mine, status=ReleaseStatus.PUBLISHED)
    return list(published.select_related("recipe", "project").order_by("-published_at")[:NEWEST_RELEASES])
