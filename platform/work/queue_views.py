"""The queue: its page, claiming from it, and resuming a round that waits."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import BadInput, Problem
from work import actions, queue
from work.held import person
from work.models import Assignment
from work.queue_page import desk_of
from work.seat_pages import page_of
from work.states import TaskKind


@login_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What the person may claim, what they hold, and why there is nothing where there is nothing."""
    return render(request, "work/queue.html", {"desk": desk_of(person(request))})


@login_required
@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """Claim the next seat of `kind` in `project`; on to its page."""
    project, kind = request.POST.get("project", ""), request.POST.get("kind", "")
    problems = []
    if not (project.isascii() and project.isdecimal() and len(project) < 19):
        problems.append(Problem("project", "is not the number of a project", "Claim from the queue page."))
    if kind not in TaskKind.values:
        problems.append(Problem("kind", f"must be one of {', '.join(TaskKind.values)}", ""))
    if problems:
        raise BadInput("This claim names no work.", problems=problems)
    try:
        seat = actions.claim(by=person(request), project_id=int(project), kind=TaskKind(kind))
    except actions.AlreadyActive as already:
        return _to_held(request, already)
    except actions.NothingToClaim as nothing:
        messages.warning(request, nothing.detail)
        return redirect("work:queue")
    return redirect(page_of(seat.kind, seat.pk))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one very seat: the next round that waits for the person, or one whose lease they lost."""
    seat = queue.takeable_by(person(request)).filter(pk=pk).first()
    if seat is None:
        return _no_longer(request, pk)
    if request.method != "POST":
        return render(
            request,
            "work/resume.html",
            {"seat": seat, "pay": queue.pay_for(seat.project, TaskKind(seat.kind))},
        )
    try:
        taken = actions.claim_seat(by=person(request), seat=seat)
    except actions.AlreadyActive as already:
        return _to_held(request, already)
    except actions.LeaseLost as lost:
        messages.warning(request, lost.detail)
        return redirect("work:mine")
    return redirect(page_of(taken.kind, taken.pk))


def _to_held(request: HttpRequest, already: actions.AlreadyActive) -> HttpResponse:
    held = already.assignment
    messages.info(request, "You hold this task already. Finish or release it before you claim another.")
    return redirect(page_of(held.kind, held.pk))


def _no_longer(request: HttpRequest, pk: int) -> HttpResponse:
    """A seat that was the person's to take and is not any more: theirs already, or somebody else's."""
    seat = Assignment.objects.filter(pk=pk).first()
    if seat is not None and seat.assignee_id == request.user.pk:
        return redirect(page_of(seat.kind, seat.pk))
    if seat is not None and Assignment.objects.filter(task=seat.task_id, assignee=request.user.pk).exists():
        messages.warning(request, "Somebody else holds this task now. Your draft is kept.")
        return redirect("work:mine")
    raise Http404("No such seat of yours.")
