"""Which page a seat is worked on: each kind of work has its own."""

from __future__ import annotations

from django.urls import reverse

from work.states import TaskKind

PAGES: dict[TaskKind, str] = {
    TaskKind.REFINE: "work:bench",
    TaskKind.WRITE: "work:bench",
    TaskKind.REVIEW: "review:review",
    TaskKind.COMPARE: "arena:compare",
}


def page_of(kind: str, pk: int) -> str:
    """The address of the page where seat `pk` of a kind is worked on."""
    return reverse(PAGES[TaskKind(kind)], args=[pk])
