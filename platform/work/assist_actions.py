"""Writes around the in-task model: ask, stream, keep, end, cancel, accept.

Limits are counted from rows under the seat's lock, so that they hold over processes and restarts: a question sets its
tokens aside before it is sent, and gives back what it did not cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core import filesets
from core.errors import BadInput, Conflict, HillclimbError, Problem
from core.flow import NOW, DatabaseNow
from core.models import FileSet
from work import assist, assist_prompt, drafts
from work.actions import LeaseLost
from work.assist_answer import Question
from work.assist_endpoints import Endpoint
from work.models import Assignment, AssistHunk, AssistTurn
from work.states import ASSIST, ASSIST_OPEN, AssignmentStatus, AssistFault, AssistScope, AssistStatus

if TYPE_CHECKING:
    from people.models import User

MAX_INSTRUCTION = 4_000
MAX_HUNKS = 500  # of one answer
LEAST_ANSWER = 256  # tokens; with fewer left there is no sense in asking
ASKED_SECONDS = 30  # between the question and the page's coming for its answer
STREAM_SECONDS = 30  # a stream renews its lease every few seconds


class NotAtHand(Conflict):
    """There is no in-task model here, or no more."""

    code = "assist_off"
    title = "There is no model to ask"


class StillAsking(Conflict):
    """The seat has an open question."""

    code = "assist_open"
    title = "A question is open already"


class LimitReached(HillclimbError):
    """The task's limit of questions or tokens, or the rate of questions, is reached."""

    status = 429
    code = "assist_limit"
    title = "No more questions for now"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks: about what, with which words."""

    scope: AssistScope
    path: str
    lines: tuple[int, int] | None
    instruction: str


def endpoint_of(assignment: Assignment) -> Endpoint:
    """The endpoint of a seat's project. Raises NotAtHand."""
    endpoint = assist.endpoint_for(assignment.project)
    if endpoint is None:
        raise NotAtHand("This project has no model to ask at the moment. Everything else works as before.")
    return endpoint


@transaction.atomic
def ask(*, by: User, assignment: Assignment, rev: int, asked: Asked) -> AssistTurn:
    """Take down a question about the draft at `rev`, within the limits; its answer is fetched by `begin`.

    Raises NotAtHand, LeaseLost, Conflict when the draft moved on, StillAsking, LimitReached, or BadInput.
    """
    endpoint = endpoint_of(assignment)
    _hold(by, assignment)
    fileset = _draft(assignment, rev)
    question = _question(fileset.files, asked)
    _demand_no_other(assignment)
    tokens = _allowance(assignment, endpoint, assist_prompt.tokens_of(_prompt(assignment, question, asked)))
    turn = AssistTurn(
        assignment=assignment,
        scope=asked.scope,
        path=question.path or "",
        first_line=question.lines[0] if question.lines else None,
        last_line=question.lines[1] if question.lines else None,
        instruction=asked.instruction,
        fileset=fileset,
        tokens=tokens,
        lease_until=timezone.now() + timedelta(seconds=ASKED_SECONDS),
    )
    ASSIST.create(turn, by=by)
    return turn


def _hold(by: User, assignment: Assignment) -> None:
    """The seat's row, locked until we commit: the limits are counted by one question at a time."""
    held = Assignment.objects.select_for_update(no_key=True).filter(
        pk=assignment.pk, assignee=by, status=AssignmentStatus.ACTIVE
    )
    if not held.values_list("pk"):
        raise LeaseLost("The lease of this task has ended, so the model is not asked for it.")


def _draft(assignment: Assignment, rev: int) -> FileSet:
    newest = drafts.newest(assignment)
    if (newest.rev if newest else 0) != rev:
        raise Conflict("The draft was saved elsewhere since. Reload the page, then ask again.")
    return newest.fileset if newest else filesets.store(drafts.opening(assignment)["files"])


def _question(files: Mapping[str, str], asked: Asked) -> Question:
    problems = []
    if len(asked.instruction) > MAX_INSTRUCTION or "\x00" in asked.instruction:
        problems.append(Problem("instruction", f"must be text of at most {MAX_INSTRUCTION:,} characters", "Shorten it."))  # fmt: skip
    if asked.scope != AssistScope.FRESH and not asked.instruction.strip():
        problems.append(Problem("instruction", "is empty", "Say what to change."))
    about_file = asked.scope in (AssistScope.FILE, AssistScope.SELECTION)
    if about_file and asked.path not in files:
        problems.append(Problem("path", "is no file of the draft", "Open the file, then ask."))
    lines = asked.lines if asked.scope == AssistScope.SELECTION else None
    if asked.scope == AssistScope.SELECTION and asked.path in files:
        count = files[asked.path].count("\n") + 1
        if lines is None or not 1 <= lines[0] <= lines[1] <= count:
            problems.append(Problem("lines", f"must be a first and a last line from 1 to {count}", "Select again."))  # fmt: skip
    if problems:
        raise BadInput("The question cannot be asked like this.", problems=problems)
    return Question(files, asked.path if about_file else None, lines)


def _prompt(assignment: Assignment, question: Question, asked: Asked) -> str:
    said = assist_prompt.messages(
        task_of(assignment), question, scope=asked.scope, instruction=asked.instruction
    )
    return "\n".join(message["content"] for message in said)


def task_of(assignment: Assignment) -> assist_prompt.Task:
    """What the page of a seat is for."""
    prompt = assignment.task.prompt
    return assist_prompt.Task(prompt.text, prompt.framework)


def _demand_no_other(assignment: Assignment) -> None:
    _end_overdue([assignment.pk])
    if (other := assignment.turns.filter(status__in=ASSIST_OPEN).first()) is not None:
        raise StillAsking(
            "The model is still at your last question, asked on another page or before this one was loaded.",
            extra={"turn": other.pk},
        )


def _allowance(assignment: Assignment, endpoint: Endpoint, prompt_tokens: int) -> int:
    """Tokens to set aside for a question and the longest answer that the limits leave room for."""
    minute = timezone.now() - timedelta(minutes=1)
    turns = assist.turns_of(task_id=assignment.task_id, person_id=assignment.assignee_id)
    recent = list(
        turns.filter(created_at__gt=minute).order_by("created_at").values_list("created_at", flat=True)
    )
    if len(recent) >= settings.ASSIST_PER_MINUTE:
        wait = max(1, round((recent[-settings.ASSIST_PER_MINUTE] - minute).total_seconds()))
        raise LimitReached(
            f"That is {len(recent)} questions within a minute. Ask again in {wait} s.",
            extra={"retry_after": wait},
        )
    left = assist.left(assignment)
    if left.requests < 1:
        allowed = assignment.project.assist_requests
        all_ = "The one question" if allowed == 1 else f"All {allowed} questions"
        raise LimitReached(f"{all_} of this task {'is' if allowed == 1 else 'are'} used up.")
    answer = min(endpoint.max_tokens, left.tokens - prompt_tokens)
    if answer < LEAST_ANSWER:
        raise LimitReached(
            f"This question alone is about {prompt_tokens:,} tokens long, and {left.tokens:,} are left for this task. "
            "Ask about one file or a selection."
        )
    return prompt_tokens + answer


def begin(*, by: User, turn: AssistTurn) -> None:
    """Start to fetch the answer. Raises WrongState when it is fetched already or over."""
    ASSIST.move(turn, "stream", by=by, lease_until=DatabaseNow(STREAM_SECONDS))


def keep(*, turn: AssistTurn, answer: str) -> bool:
    """Keep what came so far; False when nobody wants the rest: it was cancelled, or is overdue."""
    renewed = AssistTurn.objects.filter(pk=turn.pk, status=AssistStatus.STREAMING).update(
        answer=answer, lease_until=timezone.now() + timedelta(seconds=STREAM_SECONDS)
    )
    return bool(renewed)


def end(*, by: User, turn: AssistTurn, answer: str, fault: AssistFault | None, tokens: int) -> None:
    """End a stream: answered, broken off with what came, or failed. Raises WrongState when it was ended before."""
    verb = "answer" if fault is None else "cut_off" if answer else "fail"
    ASSIST.move(turn, verb, by=by, answer=answer, fault=fault or "", tokens=tokens, ended_at=NOW)


def cancel(*, by: User, turn: AssistTurn, answer: str | None = None, tokens: int | None = None) -> None:
    """End an open question because the person wants no more of it; what came stays on record, for the origins."""
    ASSIST.move(
        turn,
        "cancel",
        by=by,
        ended_at=NOW,
        answer=turn.answer if answer is None else answer,
        tokens=turn.tokens if tokens is None else tokens,
    )


def expire_due(*, limit: int = 100) -> int:
    """End questions whose stream died with its process; returns how many."""
    return _end_overdue(None, limit=limit)


@transaction.atomic
def _end_overdue(assignments: Sequence[int] | None, *, limit: int = 10) -> int:
    """What came stays usable; what was set aside counts as spent where anything came, since nobody knows better."""
    due = AssistTurn.objects.filter(status__in=ASSIST_OPEN, lease_until__lt=timezone.now())
    if assignments is not None:
        due = due.filter(assignment__in=assignments)
    rows = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("lease_until")[:limit])
    for turn in rows:
        verb = "cut_off" if turn.answer and turn.status == AssistStatus.STREAMING else "fail"
        spent = turn.tokens if verb == "cut_off" else 0
        ASSIST.move(turn, verb, by=None, fault=AssistFault.LOST, tokens=spent, ended_at=NOW)
    return len(rows)


@transaction.atomic
def accept(
    *, by: User, assignment: Assignment, turn: AssistTurn, hunks: Sequence[tuple[str, int, int]]
) -> int:
    """Note which pieces of an answer were taken: path, first line and number of lines in the answer's file.

    The text is cut from the answer here, never taken from the page. Taking a piece again changes nothing. Returns how
    many were new. Raises LeaseLost, or BadInput for what is no piece of the answer.
    """
    _hold(by, assignment)
    lines = {file.path: file.text.split("\n") for file in assist.proposal_of(turn).files}
    if not hunks or len(hunks) > MAX_HUNKS or not all(
        path in lines and 1 <= first <= first + count <= len(lines[path]) + 1 and count >= 0
        for path, first, count in hunks
    ):  # fmt: skip
        raise BadInput(
            "These are no pieces of the answer.",
            problems=[Problem("hunks", "do not fit the answer", "Reload the page.")],
        )
    made = AssistHunk.objects.bulk_create(
        [
            AssistHunk(
                turn=turn, path=path, first_line=first, line_count=count,
                text="\n".join(lines[path][first - 1 : first - 1 + count]),
            )
            for path, first, count in hunks
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return len(made)
