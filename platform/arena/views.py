"""The blind comparison page and its vote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from arena import actions, sides
from arena.models import Pair
from catalog import guidelines
from core import idempotency
from core.errors import BadInput, Problem
from core.json_views import body, endpoint, mapping, reply, whole
from work.bench_views import beat, let_go
from work.held import (
    is_held,
    mine,
    mine_alone,
    mine_bare,
    person,
    preview_as_json,
    prompt_as_json,
    seat_as_json,
)
from work.models import Assignment
from work.states import TaskKind


@login_required
@require_safe
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one's own comparison; once it is over, the queue."""
    assignment = mine(request, pk, TaskKind.COMPARE)
    if not is_held(assignment):
        return redirect("work:queue")
    return render(request, "arena/compare.html", {"compare_data": _page(request, assignment)})


def _plain(files: Mapping[str, str]) -> dict[str, str]:
    """The files with lines ended in one way: whose editor wrote them is not to be seen."""
    return {path: text.replace("\r\n", "\n") for path, text in files.items()}


def _page(request: HttpRequest, assignment: Assignment) -> dict[str, Any]:
    """Two sides and nothing that tells which is which (I9): no names, no ids of their rows, equal shapes."""
    pair = Pair.objects.select_related("submission__fileset").get(task=assignment.task_id)
    refined, rival = pair.submission.fileset, assignment.task.rival
    assert refined is not None
    assert rival is not None
    is_a = actions.refined_is_a(pair, person(request))
    a, b = sides.lay_out(refined.files, rival.fileset.files, not is_a)
    return {
        "assignment": seat_as_json(assignment),
        "project": {"name": assignment.project.name},
        "prompt": prompt_as_json(assignment),
        "framework": assignment.task.prompt.framework,
        "a": {"files": _plain(a)},
        "b": {"files": _plain(b)},
        "criteria": guidelines.criteria(assignment.project),
        "preview": preview_as_json(),
        "urls": {
            **{
                name: reverse(f"arena:{name}", args=[assignment.pk])
                for name in ("vote", "heartbeat", "release")
            },
            "queue": reverse("work:queue"),
        },
    }


@endpoint("POST")
def heartbeat(request: HttpRequest, pk: int) -> HttpResponse:
    """Extend the lease."""
    return reply(beat(request, mine_bare(request, pk, TaskKind.COMPARE)))


@endpoint("POST")
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the comparison back."""
    return reply(let_go(request, mine_alone(request, pk, TaskKind.COMPARE)))


@endpoint("POST")
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Cast the vote; once for each Idempotency-Key."""

    def effect() -> idempotency.Answer:
        assignment = mine_alone(request, pk, TaskKind.COMPARE)
        data = body(request)
        both_bad = data.get("both_bad", False)
        if not isinstance(both_bad, bool):
            raise BadInput(
                "A field has the wrong type.", problems=[Problem("both_bad", "must be true or false", "")]
            )
        cast = actions.vote(
            by=person(request),
            assignment=assignment,
            choice=whole(data, "choice"),
            both_bad=both_bad,
            criteria=mapping(data, "criteria"),
            seconds=whole(data, "seconds"),
        )
        if cast is None:
            messages.info(
                request,
                "One of the two pages was found to name a model, so this comparison was not blind and does not count. "
                "You are paid for it all the same.",
            )
        return 201, {"url": reverse("work:queue")}

    status, answer = idempotency.once(request, effect)
    return reply(answer, status)
