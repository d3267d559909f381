"""Reading the in-task model's side of a task: whether there is one, what is left of its limits, what it said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from catalog import telling
from catalog.models import Framework, Project
from core.errors import Problem
from core.models import FileSet
from work import assist_answer, assist_names, drafts, origins
from work.assist_answer import Proposal, Question
from work.assist_endpoints import Endpoint
from work.assist_names import Hidden, Nameless
from work.models import Assignment, AssistHunk, AssistTurn, DraftVersion
from work.states import ASSIST_OPEN, AssistFault, AssistStatus

# What reading an answer asks for.
WITH = (
    "fileset",
    "assignment__project__target",
    "assignment__task__prompt",
    "assignment__task__base__fileset",
    "assignment__task__rival__fileset",
)


@dataclass(frozen=True, slots=True)
class Left:
    """What a person may still ask on a task: requests and tokens."""

    requests: int
    tokens: int


def endpoint_for(project: Project) -> Endpoint | None:
    """Where this project's target model answers; None when the lead has it off or the operator named nothing."""
    endpoints: Mapping[str, Endpoint] = settings.ASSIST_ENDPOINTS
    # Most installations have none, and then the target's name is not even read.
    return endpoints.get(project.target.name) if project.assist_on and endpoints else None


def turns_of(*, task_id: int, person_id: int | None) -> QuerySet[AssistTurn]:
    """Every question of one person on one task, whatever the seat or round: limits and origins span them."""
    return AssistTurn.objects.filter(assignment__task=task_id, assignment__assignee=person_id)


def left(assignment: Assignment) -> Left:
    """What is left of the project's limits; an answer that failed outright counts as no request."""
    turns = turns_of(task_id=assignment.task_id, person_id=assignment.assignee_id)
    used = turns.aggregate(
        requests=Count("pk", filter=~Q(status=AssistStatus.FAILED)), tokens=Sum("tokens", default=0)
    )
    project = assignment.project
    return Left(
        requests=max(0, project.assist_requests - used["requests"]),
        tokens=max(0, project.assist_tokens - used["tokens"]),
    )


def question_of(turn: AssistTurn) -> Question:
    """What a question was about."""
    lines = None
    if turn.first_line is not None and turn.last_line is not None:
        lines = (turn.first_line, turn.last_line)
    return Question(turn.fileset.files, turn.path or None, lines)


def hidden_on(assignment: Assignment) -> Hidden:
    """The names by which answers on this task would tell which model speaks."""
    project, task = assignment.project, assignment.task
    pages = [side.fileset.files.values() for side in (task.base, task.rival) if side is not None]
    return Hidden.of(
        (*telling.own_of(project), *assist_names.of_endpoint(endpoint_for(project))),
        shown=[task.prompt.text, *(text for page in pages for text in page)],
    )


def nameless(turn: AssistTurn, hidden: Hidden) -> Nameless:
    """What takes the names out of its answer."""
    return Nameless(hidden, beside="\n".join(turn.fileset.files.values()))


def proposal_of(turn: AssistTurn, hidden: Hidden | None = None) -> Proposal:
    """The files that an answer comes to, as far as it came, without `hidden` names, by default those of its task."""
    blocks = assist_answer.read(turn.answer, whole=turn.status == AssistStatus.ANSWERED)
    named = nameless(turn, hidden or hidden_on(turn.assignment)).clear(blocks)
    proposal = assist_answer.propose(blocks, question_of(turn), max_bytes=turn.assignment.project.max_bytes)
    return replace(proposal, problems=(*proposal.problems, _NAMED)) if named else proposal


_NAMED = Problem("The answer", "named a model or a vendor", "Plain words stand in place of the names.")


def is_open(turn: AssistTurn) -> bool:
    """Whether an answer may still come."""
    return turn.status in ASSIST_OPEN and turn.lease_until > timezone.now()


def as_json(turn: AssistTurn) -> dict[str, Any]:
    """A question and its answer as the bench reads them: nothing of it names a model."""
    proposal = proposal_of(turn) if turn.status in (AssistStatus.ANSWERED, AssistStatus.CUT_OFF) else None
    stale = turn.status in ASSIST_OPEN and not is_open(turn)
    fault = AssistFault.LOST if stale else turn.fault
    return {
        "id": turn.pk,
        "status": AssistStatus.FAILED if stale else turn.status,
        "fault": fault or None,
        "said": AssistFault(fault).label if fault else "",
        "scope": turn.scope,
        "path": turn.path or None,
        "lines": [turn.first_line, turn.last_line] if turn.first_line else None,
        "instruction": turn.instruction,
        "files": [asdict(file) for file in proposal.files] if proposal else [],
        "problems": [problem.as_dict() for problem in proposal.problems] if proposal else [],
        "accepted": [[hunk.path, hunk.first_line] for hunk in turn.hunks.order_by("pk")],
    }


def state(assignment: Assignment) -> dict[str, Any]:
    """What the panel shows when the page opens: limits, and the newest question if it was not thrown away."""
    newest = assignment.turns.select_related(*WITH).order_by("-pk").first()
    shown = newest if newest and newest.status != AssistStatus.CANCELLED else None
    return {"left": asdict(left(assignment)), "turn": as_json(shown) if shown else None}


# Written out: building this through the ORM costs a submit more than asking it.
_NEWEST = """
    SELECT version.*, EXISTS (
        SELECT 1 FROM work_assistturn turn JOIN work_assignment seat ON seat.id = turn.assignment_id
        WHERE seat.task_id = %s AND seat.assignee_id = %s) AS asked
    FROM work_draftversion version WHERE version.assignment_id = %s ORDER BY version.rev DESC LIMIT 1
"""


def newest(assignment: Assignment) -> tuple[DraftVersion | None, bool]:
    """The newest saved version of a draft, and whether its author asked the model on this task; one query."""
    params = [assignment.task_id, assignment.assignee_id, assignment.pk]
    version = next(iter(DraftVersion.objects.raw(_NEWEST, params)), None)
    return version, bool(getattr(version, "asked", False))


def authorship(assignment: Assignment, fileset_id: int) -> dict[str, Any]:
    """The fields of a submission of these files that tell the model's share of what is new."""
    turns = list(
        turns_of(task_id=assignment.task_id, person_id=assignment.assignee_id)
        .filter(status__in=[AssistStatus.ANSWERED, AssistStatus.CUT_OFF, AssistStatus.CANCELLED])
        .select_related("fileset", "assignment__project")
        .order_by("pk")
    )
    if not turns:
        return {"model_share": 0.0, "origins": None}
    accepted = AssistHunk.objects.filter(turn__in=turns).values_list("text", flat=True)
    base, hidden = assignment.task.base, hidden_on(assignment)
    counted = origins.count(
        base=base.fileset.files if base else drafts.STARTERS[Framework(assignment.task.prompt.framework)],
        final=FileSet.objects.get(pk=fileset_id).files,
        accepted=list(accepted),
        offered=[text for turn in turns for text in _not_accepted(turn, hidden)],
    )
    return {"model_share": counted.share, "origins": counted.as_dict()}


def _not_accepted(turn: AssistTurn, hidden: Hidden) -> list[str]:
    """What an answer offered beyond the files it was asked about."""
    known = {line.strip() for text in turn.fileset.files.values() for line in text.split("\n")}
    return [
        "\n".join(line for line in file.text.split("\n") if line.strip() not in known)
        for file in proposal_of(turn, hidden).files
    ]
