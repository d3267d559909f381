"""The history of a draft, as the bench reads it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from core.errors import BadInput, Problem
from core.json_views import endpoint, reply
from work import drafts
from work import versions as history
from work.held import mine_bare
from work.states import AUTHORING


@endpoint("GET")
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """The saved versions of one's own draft, newest first, a page at a time: `?before=` a revision goes on from there."""
    assignment = mine_bare(request, pk, *AUTHORING)
    asked = request.GET.get("before")
    if asked is not None and not (
        asked.isascii() and asked.isdecimal() and len(asked) < 11 and 0 < int(asked) < 2**31
    ):
        problem = Problem("before", "is not a revision", "Follow the `next` of the page before.")
        raise BadInput("There is no such page of the history.", problems=[problem])
    page = history.page_of(assignment, before=int(asked) if asked else None)
    more = len(page) == history.PAGE and page[-1]["rev"] > 1
    here = reverse("work:versions", args=[assignment.pk])
    return reply({"versions": page, "next": f"{here}?before={page[-1]['rev']}" if more else None})


@endpoint("GET")
def version(request: HttpRequest, pk: int, rev: int) -> HttpResponse:
    """One saved version of one's own draft, whole; 404 when it was never saved or is kept no longer."""
    assignment = mine_bare(request, pk, *AUTHORING)
    found = assignment.versions.select_related("fileset").filter(rev=rev).first() if rev < 2**31 else None
    if found is None:
        raise Http404("No such version of this draft.")
    return reply(drafts.as_json(found))
