"""The judging model on the lead's desk: how far it agrees with people, and what it may do."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from arena import judge_actions, judge_reading
from arena.judge_agreement import LABELS, Agreement
from catalog.admin_scope import telling
from catalog.models import Project
from catalog.rules import projects_where
from desk.site import alpine
from people.rules import Permission
from work.held import person
from work.states import AssistFault

NAMES = {"refined": "Refined", "rival": "Rival", "tie": "Tie"}


@alpine
@login_required
@require_safe
def judge(request: HttpRequest, slug: str) -> HttpResponse:
    """Its agreement with people, with itself and with length; and the two switches."""
    found = _led(request, slug)
    standing = judge_reading.of_project(found)
    agreement = standing.agreement
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Judging model in {found.name}",
        "project": found,
        "there_is_one": judge_actions.endpoint() is not None,
        "agreement": agreement,
        "seen": standing.mark,
        "least": judge_actions.LEAST_PAIRS,
        "enough": agreement.n >= judge_actions.LEAST_PAIRS,
        "shares": _shares(agreement),
        "labels": [NAMES[label] for label in LABELS],
        "table": [(NAMES[label], row) for label, row in zip(LABELS, agreement.table, strict=True)],
        "faults": [(_sentence(fault), n) for fault, n in standing.faults],
    }
    return render(request, "desk/judge.html", context)


@require_POST
@login_required
def switch(request: HttpRequest, slug: str) -> HttpResponse:
    """On or off."""
    found, on = _led(request, slug), request.POST.get("on") == "1"
    said = "It looks at submissions from now on." if on else "It is off, and orders nothing."
    with telling(request, said):
        judge_actions.switch(project=found, on=on, by=person(request))
    return redirect("desk:judge", slug=slug)


@require_POST
@login_required
def order(request: HttpRequest, slug: str) -> HttpResponse:
    """Let it order the review queue, or not any more."""
    found, wanted = _led(request, slug), request.POST.get("on") == "1"
    said = (
        "It orders the review queue from now on." if wanted else "The review queue is in random order again."
    )
    with telling(request, said):
        if wanted:
            judge_actions.let_order(project=found, seen=request.POST.get("seen", ""), by=person(request))
        else:
            judge_actions.stop_ordering(project=found, by=person(request))
    return redirect("desk:judge", slug=slug)


def _led(request: HttpRequest, slug: str) -> Project:
    return get_object_or_404(projects_where(person(request), Permission.LEAD), slug=slug)


def _sentence(fault: str) -> str:
    """What happened, without the advice that a contributor is given after it."""
    return f"{AssistFault(fault).label.split('. ')[0].rstrip('.')}."


def _shares(agreement: Agreement) -> list[dict[str, Any]]:
    rows = [
        ("Same verdict as people", "Refined, rival or tie", agreement.same),
        ("Same answer with sides swapped", "Else its answer counts as a tie", agreement.consistent),
        (
            "Chose the page shown first",
            "Of those where the side decided; 50 % is no bias",
            agreement.first_side,
        ),
        ("Chose the longer page", "Of its verdicts with a winner", agreement.longer_model),
        ("People chose the longer page", "For comparison", agreement.longer_people),
    ]
    return [{"name": name, "what": what, "share": share} for name, what, share in rows]
