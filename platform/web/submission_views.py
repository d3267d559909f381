"""A submission's page for its author, and disputing its rejection."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.errors import BadInput
from review import actions
from web.submission_page import page_of, progress_of
from work.held import person
from work.models import Submission
from work.states import SubmissionStatus

_WITH = ("task__prompt", "task__base__fileset", "task__rival__fileset", "project", "assignment", "fileset")


def _own(request: HttpRequest, pk: int) -> Submission:
    found = Submission.objects.filter(pk=pk, author=request.user.pk).select_related(*_WITH).first()
    if found is None:
        raise Http404("No such submission of yours.")
    return found


@login_required
@require_safe
def submission(request: HttpRequest, pk: int) -> HttpResponse:
    """What was sent, what the checks and the reviewer said, and the verdict once it is final."""
    found = _own(request, pk)
    if found.supersedes_id is not None:
        return redirect("work:submission", pk=found.supersedes_id)
    return render(request, "work/submission.html", {"page": page_of(found)})


@login_required
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the checks are, for a page that waits: 204 while it is as `seen` says, a reload once they are over."""
    found = _own(request, pk)
    if found.status != SubmissionStatus.CHECKING:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    progress = progress_of(found)
    if request.GET.get("seen") == progress.seen:
        return HttpResponse(status=204)
    return render(request, "work/_progress.html", {"progress": progress})


@login_required
@require_POST
def dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """Object to the rejection of one's own submission; what was written is kept when it does not do."""
    found = _own(request, pk)
    reason = request.POST.get("reason", "")
    try:
        actions.dispute(by=person(request), submission=found, reason=reason)
    except BadInput as error:
        context = {"page": page_of(found), "dispute_error": error, "reason": reason}
        return render(request, "work/submission.html", context, status=error.status)
    messages.success(request, "Your objection is sent. Somebody who has not judged it yet will decide.")
    return redirect("work:submission", pk=pk)
