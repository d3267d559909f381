"""Cases of near work on the lead's desk: looked at, and closed with a reason. Closing one moves no submission."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin
from checks import likeness_actions
from checks.models import Likeness
from checks.states import LIKENESS, LikenessStatus
from core.admin_marks import mark
from core.admin_paging import KeysetAdmin, choice_filter
from work.held import person
from work.models import Submission


@admin.register(Likeness)
class LikenessAdmin(KeysetAdmin, ProjectScopedAdmin):
    """Pairs of submissions of two people that are near each other, newest first."""

    empty_words = (
        "Submissions of two people that are near each other are listed here as the originality check finds "
        "them."
    )
    may_add = may_change = may_delete = False
    list_display = ["number", "share_shown", "newer_by", "older_by", "project", "state", "found_at"]
    list_display_links = ["number"]
    list_filter = [ProjectFilter, choice_filter("status", LikenessStatus)]
    list_select_related = ["project", "newer__author", "older__author"]
    fields = readonly_fields = [
        "state", "share_shown", "project", "newer_by", "older_by", "found_at", "decided_by", "decided_at", "reason",
    ]  # fmt: skip
    change_form_outer_before_template = "admin/ask_buttons.html"
    ask = (
        "What did you find? Likeness is no proof: one template, one snippet or the model at the bench makes honest work "
        "alike. Your words are kept. Neither submission moves; what follows is decided in review, or by an operator."
    )
    buttons = [
        Button(
            "explain",
            "It has an honest reason",
            press=lambda request, row: _judge(request, row, copied=False),
            shown=lambda row: LIKENESS.can(row.status, "explain"),
        ),
        Button(
            "confirm",
            "It is copied",
            press=lambda request, row: _judge(request, row, copied=True),
            shown=lambda row: LIKENESS.can(row.status, "confirm"),
            danger=True,
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Likeness]:
        """Cases of the person's projects, with the submissions and their authors."""
        rows: QuerySet[Likeness] = super().get_queryset(request)
        return rows.select_related("project", "newer__author", "older__author", "decided_by")

    def get_links(self, request: HttpRequest, row: Likeness) -> list[tuple[str, str]]:
        """Where the pages run, and whom else it may concern."""
        return [
            (reverse("desk:files", args=[row.newer_id]), f"Run submission #{row.newer_id}"),
            (reverse("desk:files", args=[row.older_id]), f"Run submission #{row.older_id}"),
            (reverse("desk:likeness", args=[row.project.slug]), "Clusters in this project"),
        ]

    @admin.display(description="case")
    def number(self, row: Likeness) -> str:
        """Its number."""
        return f"#{row.pk}"

    @admin.display(description="share of what both add")
    def share_shown(self, row: Likeness) -> str:
        """How near they are."""
        return f"{row.share:.0%}"

    @admin.display(description="status")
    def state(self, row: Likeness) -> SafeString:
        """Where it stands."""
        return mark(row.status, row.get_status_display())

    @admin.display(description="newer submission")
    def newer_by(self, row: Likeness) -> SafeString:
        """The one that was handed in later."""
        return _link(row.newer)

    @admin.display(description="older submission")
    def older_by(self, row: Likeness) -> SafeString:
        """The one that was there."""
        return _link(row.older)


def _link(row: Submission) -> SafeString:
    url = reverse("admin:work_submission_change", args=[row.pk])
    return format_html('<a class="hc-link" href="{}">#{}</a> by {}', url, row.pk, row.author.username)


def _judge(request: HttpRequest, row: Likeness, *, copied: bool) -> str:
    said: Any = request.POST.get("reason", "")
    likeness_actions.judge(likeness=row, copied=copied, reason=said, by=person(request))
    return "Kept as copied. Decide in review what follows." if copied else "Kept as explained."
