"""My work: what was sent and what came of it, rounds that wait, drafts that are kept."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from web import my_work
from work import kept_back, queue
from work.held import person

PAGE_SIZE = 20


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """One's own submissions, or with `?of=judged` one's reviews and votes; paged by `?page=`."""
    user = person(request)
    judging = request.GET.get("of") == "judged"
    listed = my_work.judged(user) if judging else my_work.submissions(user)
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    rounds, drafts = queue.reserved_for(user), my_work.kept_drafts(user)
    context = {
        "judging": judging,
        "page": page,
        "rows": [] if judging else my_work.rows(list(page.object_list)),  # type: ignore[arg-type]  # a page of submissions here
        "held": queue.held_by(user),
        "rounds": rounds,
        "drafts": drafts,
        "kept_back": kept_back.among([*(seat.pk for seat in rounds), *my_work.free_seats_of(drafts)]),
    }
    return render(request, "work/mine.html", context)
