"""The bench: its page, and what it asks for while somebody works there."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog import guidelines
from core import filesets, idempotency
from core.errors import BadInput, Problem
from core.json_views import body, endpoint, reply, text, whole
from work import actions, assist_views, draft_actions, drafts, kept_back
from work.held import (
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
from work.states import AUTHORING, AssignmentStatus, Outcome

_ENDPOINTS = ("draft", "versions", "heartbeat", "release", "submit")


@login_required
@require_safe
def bench(request: HttpRequest, pk: int) -> HttpResponse:
    """The bench of one's own assignment; once it was sent, the submission's page."""
    assignment = mine(request, pk, *AUTHORING)
    if assignment.status == AssignmentStatus.SUBMITTED:
        return redirect("work:submission", pk=assignment.submission.pk)
    context = {"bench_data": _page(assignment), "kept_back": bool(kept_back.among([assignment.pk]))}
    return render(request, "work/bench.html", context)


def _page(assignment: Assignment) -> dict[str, Any]:
    newest = drafts.newest(assignment)
    draft = drafts.as_json(newest) if newest else drafts.opening(assignment)
    return {
        "assignment": seat_as_json(assignment),
        "project": {"name": assignment.project.name},
        "terms": {
            "task": assignment.task_id,
            "lease_minutes": assignment.project.lease_minutes,
            "pay_after_days": assignment.project.pay_after_days,
        },
        "prompt": prompt_as_json(assignment),
        "guideline": guidelines.in_force(assignment.project),
        "rules": guidelines.rules(assignment.project),
        "criteria": guidelines.criteria(assignment.project),
        "base": side_as_json(assignment.task.base),
        "rival": side_as_json(assignment.task.rival),
        "feedback": assignment.feedback,
        "draft": draft,
        "limits": {"files": filesets.MAX_FILES, "bytes": assignment.project.max_bytes},
        "preview": preview_as_json(),
        "assist": assist_views.bench_data(assignment),
        "urls": {
            **{name: reverse(f"work:{name}", args=[assignment.pk]) for name in _ENDPOINTS},
            "checks": reverse("checks:draft", args=[assignment.pk]),
            "queue": reverse("work:queue"),
        },
    }


@endpoint("GET", "PUT")
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the newest draft, or save the version that follows `rev`."""
    assignment = mine_bare(request, pk, *AUTHORING)
    if request.method == "GET":
        newest = drafts.newest(assignment)
        return reply(
            {"draft": drafts.as_json(newest) if newest else None, "assignment": seat_as_json(assignment)}
        )
    data = body(request)
    try:
        saved = draft_actions.save(
            by=person(request),
            assignment=assignment,
            rev=whole(data, "rev"),
            files=data.get("files"),
            rationale=data.get("rationale", ""),
            ratings=data.get("ratings", {}),
        )
    except actions.LeaseLost as lost:
        lost.extra["take_again_url"] = _take_again_url(assignment)
        raise
    assignment.refresh_from_db(fields=["lease_until"])
    lease = assignment.lease_until
    return reply(
        {
            "rev": saved.rev,
            "saved_at": saved.saved_at.isoformat(),
            "lease_until": lease.isoformat() if lease else None,
        }
    )


def _take_again_url(assignment: Assignment) -> str | None:
    seat = drafts.free_seats(assignment.task_id, assignment.assignee_id).first()
    return reverse("work:resume", args=[seat.pk]) if seat else None


@endpoint("POST")
def heartbeat(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that the person is still there; extends the lease."""
    assignment = mine_bare(request, pk, *AUTHORING)
    return reply(beat(request, assignment))


def beat(request: HttpRequest, assignment: Assignment) -> dict[str, Any]:
    """One heartbeat of any kind of assignment: the new end of the lease, and the server's time."""
    extended = actions.heartbeat(by=person(request), assignment=assignment)
    lease = extended.lease_until
    return {"lease_until": lease.isoformat() if lease else None, "now": timezone.now().isoformat()}


@endpoint("POST")
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the task back."""
    return reply(let_go(request, mine_alone(request, pk, *AUTHORING)))


def let_go(request: HttpRequest, assignment: Assignment) -> dict[str, Any]:
    """Release any kind of assignment; answers where to go next."""
    actions.release(by=person(request), assignment=assignment, reason=text(body(request), "reason").strip())
    return {"url": reverse("work:queue")}


@endpoint("POST")
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the draft at `rev`; once for each Idempotency-Key."""

    def effect() -> idempotency.Answer:
        assignment = mine_alone(request, pk, *AUTHORING)
        data = body(request)
        outcome = text(data, "outcome")
        if outcome not in Outcome.values:
            known = ", ".join(Outcome.values)
            raise BadInput("Choose an outcome.", problems=[Problem("outcome", f"must be one of {known}", "")])
        sent = draft_actions.submit(
            by=person(request),
            assignment=assignment,
            rev=whole(data, "rev"),
            outcome=Outcome(outcome),
            reason=text(data, "reason"),
        )
        return 201, {"url": reverse("work:submission", args=[sent.pk]), "submission": sent.pk}

    status, answer = idempotency.once(request, effect)
    return reply(answer, status)
