"""The queue: its page, claiming from it, resuming a round that waits, and asking to be told of work."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.models import Project
from core.errors import BadInput, Problem
from work import actions, queue, queue_notices
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
    return _claim(request, *_named(request))


def _named(request: HttpRequest) -> tuple[int, TaskKind]:
    """The project and kind that a form names. BadInput unless both can be."""
    project, kind = request.POST.get("project", ""), request.POST.get("kind", "")
    problems = []
    if not (project.isascii() and project.isdecimal() and len(project) < 19):
        problems.append(Problem("project", "is not the number of a project", "Claim from the queue page."))
    if kind not in TaskKind.values:
        problems.append(Problem("kind", f"must be one of {', '.join(TaskKind.values)}", ""))
    if problems:
        raise BadInput("This names no work.", problems=problems)
    return int(project), TaskKind(kind)


def _claim(request: HttpRequest, project_id: int, kind: TaskKind) -> HttpResponse:
    try:
        seat = actions.claim(by=person(request), project_id=project_id, kind=kind)
    except actions.AlreadyActive as already:
        return _to_held(request, already.assignment)
    except actions.NothingToClaim as nothing:
        return _nothing(request, nothing.reason, project_id)
    return redirect(page_of(seat.kind, seat.pk))


@login_required
@require_POST
def next_task(request: HttpRequest) -> HttpResponse:
    """Whatever comes next: what the person holds, their waiting round, else the first line with something to claim."""
    desk = desk_of(person(request))
    if desk.held is not None:
        return redirect(page_of(desk.held.kind, desk.held.pk))
    if desk.ready is not None:
        return _resume(request, desk.ready)
    if desk.first is not None:
        return _claim(request, desk.first.project.pk, desk.first.kind)
    if desk.to_read is not None and desk.to_read.closed is not None:
        return _nothing(request, desk.to_read.closed, desk.to_read.project.pk)
    messages.info(request, "There is nothing to claim right now. The reason stands beside each kind of work.")
    return redirect("work:queue")


@login_required
@require_POST
def watch(request: HttpRequest) -> HttpResponse:
    """Ask to be told when work opens."""
    project_id, kind = _named(request)
    queue_notices.watch(by=person(request), project_id=project_id, kind=kind)
    messages.success(request, "You will be told when this opens.")
    return redirect("work:queue")


@login_required
@require_POST
def unwatch(request: HttpRequest) -> HttpResponse:
    """Be told no more."""
    project_id, kind = _named(request)
    queue_notices.unwatch(by=person(request), project_id=project_id, kind=kind)
    messages.success(request, "You will not be told of this any more.")
    return redirect("work:queue")


@login_required
@require_POST
def dismiss(request: HttpRequest) -> HttpResponse:
    """Put away what was told so far."""
    queue_notices.dismiss(by=person(request))
    return redirect("work:queue")


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
    return _resume(request, seat)


def _resume(request: HttpRequest, seat: Assignment) -> HttpResponse:
    try:
        taken = actions.resume_seat(by=person(request), seat=seat)
    except actions.AlreadyActive as already:
        return _to_held(request, already.assignment)
    except actions.NothingToClaim as nothing:
        return _nothing(request, nothing.reason, seat.project_id)
    except actions.LeaseLost as lost:
        messages.warning(request, lost.detail)
        return redirect("work:mine")
    return redirect(page_of(taken.kind, taken.pk))


def _nothing(request: HttpRequest, reason: queue.Empty, project_id: int) -> HttpResponse:
    """Back to the queue with the reason, or on to the guideline that has to be read first."""
    if reason.kind == queue.Why.NEW_GUIDELINE:
        slug = Project.objects.values_list("slug", flat=True).get(pk=project_id)
        return redirect("work:guideline", slug=slug)
    messages.warning(request, reason.sentence)
    return redirect("work:queue")


def _to_held(request: HttpRequest, held: Assignment) -> HttpResponse:
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
