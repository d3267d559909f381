"""What the bench's Ask panel asks for: where things stand, a question, its answer as a stream, cancel, accept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse

from core import idempotency
from core.errors import BadInput, Problem
from core.json_views import body, endpoint, reply, text, whole
from work import assist, assist_actions
from work.assist_actions import Asked
from work.assist_relay import Relay
from work.held import mine_bare, person
from work.models import Assignment, AssistTurn
from work.states import AUTHORING, AssistScope

_ENDPOINTS = ("assist", "assist_stream", "assist_cancel", "assist_accept")


def bench_data(assignment: Assignment) -> dict[str, str] | None:
    """The panel's addresses for the bench; None where there is no model to ask, and then no panel."""
    if assist.endpoint_for(assignment.project) is None:
        return None
    return {name: reverse(f"work:{name}", args=[assignment.pk]) for name in _ENDPOINTS}


@endpoint("GET", "POST")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: limits and the newest question. POST: ask one; once for each Idempotency-Key."""
    if request.method == "GET":
        return reply(assist.state(mine_bare(request, pk, *AUTHORING)))

    def effect() -> idempotency.Answer:
        assignment = mine_bare(request, pk, *AUTHORING)
        data = body(request)
        turn = assist_actions.ask(
            by=person(request), assignment=assignment, rev=whole(data, "rev"), asked=_asked(data)
        )
        return 201, {"turn": turn.pk, "left": asdict(assist.left(assignment))}

    status, answer = idempotency.once(request, effect)
    return reply(answer, status)


def _asked(data: Mapping[str, Any]) -> Asked:
    scope = text(data, "scope")
    if scope not in AssistScope.values:
        known = ", ".join(AssistScope.values)
        raise BadInput("Say what it is about.", problems=[Problem("scope", f"must be one of {known}", "")])
    lines = data.get("lines")
    if lines is not None and not (isinstance(lines, list) and len(lines) == 2 and all(map(_is_whole, lines))):
        raise BadInput(
            "A field has the wrong type.", problems=[Problem("lines", "must be two whole numbers", "")]
        )
    return Asked(
        scope=AssistScope(scope),
        path=text(data, "path"),
        lines=(lines[0], lines[1]) if lines else None,
        instruction=text(data, "instruction").strip(),
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


@endpoint("POST")
def stream(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The answer to an asked question, as it comes."""
    assignment = mine_bare(request, pk, *AUTHORING)
    turn = _turn(assignment, body(request))
    relay = Relay(by=person(request), turn=turn, endpoint=assist_actions.endpoint_of(assignment))
    return StreamingHttpResponse(
        relay,
        content_type="text/event-stream",
        # Proxies pass it on as it comes.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@endpoint("POST")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """The person wants no more of an answer."""
    assignment = mine_bare(request, pk, *AUTHORING)
    assist_actions.cancel(by=person(request), turn=_turn(assignment, body(request)))
    return reply({"left": asdict(assist.left(assignment))})


@endpoint("POST")
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Note which pieces of an answer were taken into the draft."""
    assignment = mine_bare(request, pk, *AUTHORING)
    data = body(request)
    hunks = data.get("hunks")
    if not isinstance(hunks, list) or not all(map(_is_hunk, hunks)):
        raise BadInput(
            "A field has the wrong type.",
            problems=[Problem("hunks", "must be a list of [path, first line, number of lines]", "")],
        )
    made = assist_actions.accept(
        by=person(request), assignment=assignment, turn=_turn(assignment, data), hunks=[tuple(each) for each in hunks]
    )  # fmt: skip
    return reply({"accepted": made})


def _is_hunk(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and all(map(_is_whole, value[1:]))  # fmt: skip


def _turn(assignment: Assignment, data: Mapping[str, Any]) -> AssistTurn:
    """One of the seat's own questions. Raises BadInput."""
    asked = whole(data, "turn")
    found = assignment.turns.select_related(*assist.WITH).filter(pk=asked if 0 < asked < 2**63 else 0)
    if (turn := found.first()) is None:
        raise BadInput("There is no such question.", problems=[Problem("turn", "is none of this task", "Reload the page.")])  # fmt: skip
    return turn
