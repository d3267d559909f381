"""What a lead sees of a project in numbers, from kept counters: one query, whatever the project's size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Q, Sum

from arena.states import PairOutcome, PairStatus
from core.models import Tally
from review.states import Decision
from work.states import AUTHORING, AssignmentStatus, SubmissionStatus, TaskKind, TaskStatus

Counts = Mapping[tuple[str, str], int]
PACE_DAYS = 28

_PASSED = (
    SubmissionStatus.AWAITING_REVIEW,
    SubmissionStatus.ACCEPTED,
    SubmissionStatus.CHANGES_REQUESTED,
    SubmissionStatus.REJECTED,
)
_EVER_CLAIMED = (
    AssignmentStatus.ACTIVE,
    AssignmentStatus.SUBMITTED,
    AssignmentStatus.RELEASED,
    AssignmentStatus.EXPIRED,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel: how many, and of what."""

    name: str
    n: int
    what: str


@dataclass(frozen=True, slots=True)
class Day:
    """What was done on one day (UTC)."""

    date: date
    submitted: int
    accepted: int
    voted: int


@dataclass(frozen=True)
class Figures:
    """The counters of one project, by subject, then (kind, status)."""

    subjects: Mapping[str, Counts] = field(default_factory=dict)

    def n(
        self, subject: str, *, kinds: Collection[str] | None = None, statuses: Collection[str] | None = None
    ) -> int:
        """The sum over kinds and statuses; None stands for all."""
        return sum(
            n
            for (kind, status), n in self.subjects.get(subject, {}).items()
            if (kinds is None or kind in kinds) and (statuses is None or status in statuses)
        )

    @property
    def prompts(self) -> int:
        """Prompts that work may be made of."""
        return self.n("prompt", statuses=["open"])

    @property
    def quarantined(self) -> int:
        """Prompts kept from work."""
        return self.n("prompt", statuses=["quarantined"])

    @property
    def tasks(self) -> int:
        """Authoring tasks that count: withdrawn ones left out."""
        return self.n("task", kinds=AUTHORING, statuses=[TaskStatus.OPEN, TaskStatus.SETTLED])

    @property
    def settled(self) -> int:
        """Authoring tasks that are done."""
        return self.n("task", kinds=AUTHORING, statuses=[TaskStatus.SETTLED])

    @property
    def open_seats(self) -> dict[str, int]:
        """Seats that wait for somebody, by kind of work."""
        return {
            kind.label: self.n("assignment", kinds=[kind], statuses=[AssignmentStatus.OPEN])
            for kind in TaskKind
        }

    @property
    def held(self) -> int:
        """Seats that somebody holds now."""
        return self.n("assignment", statuses=[AssignmentStatus.ACTIVE])

    @property
    def accepted(self) -> int:
        """Accepted submissions; a reviewer's fix counts once, in place of what it fixed."""
        return self.n("submission", statuses=[SubmissionStatus.ACCEPTED])

    @property
    def verdicts(self) -> int:
        """Pairs whose voting is over."""
        return self.won + self.lost + self.tied

    @property
    def won(self) -> int:
        """Pairs that the refined page won."""
        return self.n("pair", statuses=[PairOutcome.REFINED])

    @property
    def lost(self) -> int:
        """Pairs that the rival won."""
        return self.n("pair", statuses=[PairOutcome.RIVAL])

    @property
    def tied(self) -> int:
        """Pairs decided as a tie, or undecided at the cap of votes."""
        return self.n("pair", statuses=[PairOutcome.TIE, PairStatus.UNDECIDED])

    @property
    def votes(self) -> int:
        """Votes cast."""
        return self.n("day", statuses=["voted"])

    def funnel(self) -> list[Step]:
        """From prompts to verdicts."""
        claims = self.n("assignment", kinds=AUTHORING, statuses=_EVER_CLAIMED)
        sent = self.n("submission") - self.n("submission", statuses=[SubmissionStatus.SUPERSEDED])
        return [
            Step("Prompts", self.prompts, "imported and not quarantined"),
            Step("Tasks", self.tasks, "opened to refine or write, not withdrawn"),
            Step("Claimed", claims, "claims of those tasks, also those given back"),
            Step("Submitted", sent, "submissions, each round counted"),
            Step("Passed checks", self.n("submission", statuses=_PASSED), "not sent back by a check"),
            Step("Accepted", self.accepted, "by a reviewer, or after a dispute"),
            Step("Verdict", self.verdicts, "blind pairs whose voting is over"),
        ]

    def reviews(self) -> list[tuple[str, str, int]]:
        """(status, label, n) of every decision."""
        return [(each.value, each.label, self.n("review", statuses=[each])) for each in Decision]

    def checks(self) -> list[tuple[str, dict[str, int]]]:
        """(check, outcome to n), by name of the check."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for (check, status), n in self.subjects.get("check", {}).items():
            found[check][status] = n
        return sorted(found.items())

    def spend(self) -> list[tuple[str, str, int]]:
        """(kind, currency, minor units) owed to people so far."""
        return sorted(
            (kind, currency, n) for (kind, currency), n in self.subjects.get("spend", {}).items() if n
        )

    def spent(self) -> list[tuple[str, int]]:
        """(currency, minor units) owed so far, in all."""
        total: dict[str, int] = defaultdict(int)
        for _, currency, n in self.spend():
            total[currency] += n
        return sorted(total.items())

    def pace(self, today: date, days: int = PACE_DAYS) -> list[Day]:
        """The last `days` days, oldest first, quiet ones too."""
        counted = self.subjects.get("day", {})
        dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
        return [
            Day(
                day, *(counted.get((day.isoformat(), what), 0) for what in ("submitted", "accepted", "voted"))
            )
            for day in dates
        ]


def of_projects(project_ids: Collection[int]) -> dict[int, Figures]:
    """Figures of projects, all in one query. Days are summed up to what `votes` needs, so no pace can be drawn."""
    rows = Tally.objects.filter(project_id__in=project_ids).filter(~Q(subject="day") | Q(status="voted"))
    found: dict[int, dict[str, dict[tuple[str, str], int]]] = {pk: defaultdict(dict) for pk in project_ids}
    grouped = rows.values_list("project_id", "subject", "kind", "status").annotate(total=Sum("n")).order_by()
    for project_id, subject, kind, status, n in grouped:
        found[project_id][subject][kind, status] = n
    return {pk: Figures(subjects) for pk, subjects in found.items()}


def of_project(project_id: int) -> Figures:
    """Figures of one project, days among them."""
    found: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    rows = Tally.objects.filter(project_id=project_id).values_list("subject", "kind", "status")
    for subject, kind, status, n in rows.annotate(total=Sum("n")).order_by():
        found[subject][kind, status] = n
    return Figures(found)
