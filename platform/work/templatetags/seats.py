"""Seats and submissions in templates: their pages, and the badge of a status."""

from __future__ import annotations

from django import template

from work import origins, seat_pages
from work.models import Assignment
from work.states import SubmissionStatus, TaskKind

register = template.Library()

BADGES: dict[SubmissionStatus, str] = {
    SubmissionStatus.CHECKING: "badge-wait",
    SubmissionStatus.RETURNED: "badge-warn",
    SubmissionStatus.AWAITING_REVIEW: "badge-wait",
    SubmissionStatus.ACCEPTED: "badge-ok",
    SubmissionStatus.CHANGES_REQUESTED: "badge-warn",
    SubmissionStatus.REJECTED: "badge-bad",
    SubmissionStatus.SUPERSEDED: "badge-ok",
}
WHAT_IT_IS: dict[TaskKind, str] = {
    TaskKind.REFINE: "Improve a model’s page until it beats the rival’s.",
    TaskKind.WRITE: "Start the page yourself and beat the rival’s.",
    TaskKind.REVIEW: "Judge a refinement by the guideline.",
    TaskKind.COMPARE: "Two pages, blind: say which is better.",
}


@register.filter
def seat_url(seat: Assignment) -> str:
    """The page where a seat is worked on."""
    return seat_pages.page_of(seat.kind, seat.pk)


@register.filter
def status_badge(status: str) -> str:
    """The badge class of a submission's status."""
    return BADGES[SubmissionStatus(status)]


@register.filter
def written_by(kept: dict[str, int]) -> str:
    """Whose the new text of a submission is."""
    return origins.said(kept)


@register.filter
def what_it_is(kind: str) -> str:
    """One sentence about a kind of work."""
    return WHAT_IT_IS[TaskKind(kind)]
