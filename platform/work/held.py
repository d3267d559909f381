"""Finding the assignment a page is about, and the parts of page data that bench, review and compare share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404, HttpRequest

from work.models import Assignment
from work.states import AssignmentStatus

if TYPE_CHECKING:
    from catalog.models import Generation
    from people.models import User


def mine(request: HttpRequest, pk: int, *kinds: str) -> Assignment:
    """The person's own assignment of one of `kinds`, with all that its page shows; 404 for anybody else's.

    The 404 tells nothing of whether there is such an assignment.
    """
    shown = (
        "task__prompt",
        "task__base__fileset",
        "task__rival__fileset",
        "task__submission__fileset",
        "project",
    )
    return _mine(request, pk, kinds, shown)


def mine_bare(request: HttpRequest, pk: int, *kinds: str) -> Assignment:
    """As `mine`, without reading prompt and outputs: for what is asked for all the time and shows nothing."""
    return _mine(request, pk, kinds, ("task", "project"))


def mine_alone(request: HttpRequest, pk: int, *kinds: str) -> Assignment:
    """As `mine`, the assignment's own row only."""
    return _mine(request, pk, kinds, ())


def _mine(request: HttpRequest, pk: int, kinds: tuple[str, ...], related: tuple[str, ...]) -> Assignment:
    own = Assignment.objects.filter(pk=pk, assignee=request.user.pk, kind__in=kinds)
    try:
        return (own.select_related(*related) if related else own).get()
    except Assignment.DoesNotExist:
        raise Http404("No such task of yours.") from None


def is_held(assignment: Assignment) -> bool:
    """Whether the assignment is still under its lease."""
    return assignment.status == AssignmentStatus.ACTIVE


def seat_as_json(assignment: Assignment) -> dict[str, Any]:
    """The assignment as pages read it; times are ISO 8601, money is minor units."""
    return {
        "id": assignment.pk,
        "kind": assignment.kind,
        "status": assignment.status,
        "lease_until": assignment.lease_until.isoformat() if assignment.lease_until else None,
        "quote_minor": assignment.quote,
        "currency": assignment.currency,
        "round": assignment.round,
    }


def prompt_as_json(assignment: Assignment) -> dict[str, Any]:
    """The prompt as pages read it."""
    prompt = assignment.task.prompt
    return {"text": prompt.text, "tags": prompt.tags, "framework": prompt.framework}


def side_as_json(generation: Generation | None) -> dict[str, Any] | None:
    """A model's output as pages read it: its files, and nothing that tells whose they are."""
    return {"files": generation.fileset.files} if generation else None


def preview_as_json() -> dict[str, str]:
    """Where untrusted pages run."""
    return {"origin": settings.PREVIEW_ORIGIN}


def person(request: HttpRequest) -> User:
    """The signed-in person."""
    return request.user  # type: ignore[return-value]  # views behind sign-in only
