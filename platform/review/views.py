"""The review page and its decision."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog import guidelines
from checks.reading import runs_as_json
from core import idempotency
from core.errors import BadInput, Problem
from core.json_views import body, endpoint, mapping, reply, text
from review import actions
from review.models import Review
from review.states import Decision
from work import kept_back, origins
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
    side_as_json,
)
from work.models import Assignment
from work.states import TaskKind


@login_required
@require_safe
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one's own review; once it is over, the queue."""
    assignment = mine(request, pk, TaskKind.REVIEW)
    if not is_held(assignment):
        return redirect("work:queue")
    context = {"review_data": _page(assignment), "kept_back": bool(kept_back.among([assignment.pk]))}
    return render(request, "review/review.html", context)


def _page(assignment: Assignment) -> dict[str, Any]:
    submission = assignment.task.submission
    assert submission is not None
    # Of this author: a task may have been wanted of several people.
    earlier = Review.objects.filter(
        submission__task=submission.task_id, submission__author=submission.author_id
    ).order_by("pk")
    return {
        "assignment": seat_as_json(assignment),
        "project": {"name": assignment.project.name},
        "submission": {
            "id": submission.pk,
            "outcome": submission.outcome,
            "outcome_label": submission.get_outcome_display(),
            "rationale": submission.rationale,
            "ratings": submission.ratings,
            "round": submission.round,
            "origins": origins.said(submission.origins) if submission.origins else "",
        },
        "prompt": prompt_as_json(assignment),
        "base": side_as_json(assignment.task.base),
        "rival": side_as_json(assignment.task.rival),
        "refined": {"files": submission.fileset.files} if submission.fileset else None,
        "checks": runs_as_json(submission.check_runs.standing().order_by("id"), for_judges=True),
        "earlier": [{"decision": each.get_decision_display(), "notes": each.notes} for each in earlier],
        "guideline": guidelines.in_force(assignment.project),
        "rules": guidelines.rules(assignment.project),
        "criteria": guidelines.criteria(assignment.project),
        "preview": preview_as_json(),
        "urls": {
            **{
                name: reverse(f"review:{name}", args=[assignment.pk])
                for name in ("decide", "heartbeat", "release")
            },
            "queue": reverse("work:queue"),
        },
    }


@endpoint("POST")
def heartbeat(request: HttpRequest, pk: int) -> HttpResponse:
    """Extend the lease."""
    return reply(beat(request, mine_bare(request, pk, TaskKind.REVIEW)))


@endpoint("POST")
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the review back."""
    return reply(let_go(request, mine_alone(request, pk, TaskKind.REVIEW)))


@endpoint("POST")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the decision; once for each Idempotency-Key."""

    def effect() -> idempotency.Answer:
        assignment = mine(request, pk, TaskKind.REVIEW)
        data = body(request)
        decision = text(data, "decision")
        if decision not in Decision.values:
            known = ", ".join(Decision.values)
            raise BadInput(
                "Choose a decision.", problems=[Problem("decision", f"must be one of {known}", "")]
            )
        decided = actions.decide(
            by=person(request),
            assignment=assignment,
            decision=Decision(decision),
            notes=text(data, "notes"),
            rule_code=text(data, "rule"),
            evidence=text(data, "evidence"),
            scores=mapping(data, "scores"),
            files=data.get("files"),
        )
        return 201, {"url": reverse("work:queue"), "review": decided.pk}

    status, answer = idempotency.once(request, effect)
    return reply(answer, status)
