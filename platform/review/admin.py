"""Reviews and disputes in the admin. A dispute is answered here, by somebody new to the work."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin
from core.admin_marks import mark
from core.admin_paging import KeysetAdmin, choice_filter
from review import actions
from review.models import Dispute, Review
from review.states import DISPUTE, Decision, DisputeStatus
from work.admin import link


def _submission(submission_id: int) -> SafeString:
    return link(reverse("admin:work_submission_change", args=[submission_id]), f"#{submission_id}")


@admin.register(Review)
class ReviewAdmin(KeysetAdmin, ProjectScopedAdmin):
    """Decisions, newest first."""

    empty_words = "A review appears when a reviewer decides on a submission that passed its checks."
    project_path = "submission__project"
    may_add = may_change = may_delete = False
    list_display = ["number", "about", "project", "verdict", "reviewer", "decided_at"]
    list_display_links = ["number"]
    list_filter = [ProjectFilter, choice_filter("decision", Decision)]
    list_select_related = ["submission__project", "reviewer"]
    readonly_fields = [
        "about", "project", "verdict", "reviewer", "decided_at", "rule", "evidence", "notes", "scores",
    ]  # fmt: skip
    fields = readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        """Reviews of the person's projects, with what the page names."""
        rows: QuerySet[Review] = super().get_queryset(request)
        return rows.select_related("submission__project", "reviewer", "rule")

    @admin.display(description="review")
    def number(self, review: Review) -> str:
        """Its number."""
        return f"#{review.pk}"

    @admin.display(description="submission")
    def about(self, review: Review) -> SafeString:
        """What was reviewed."""
        return _submission(review.submission_id)

    @admin.display(description="project")
    def project(self, review: Review) -> str:
        """The project."""
        return review.submission.project.name

    @admin.display(description="decision")
    def verdict(self, review: Review) -> SafeString:
        """What was decided."""
        return mark(review.decision, review.get_decision_display())


def _answer(uphold: bool) -> Any:
    def press(request: HttpRequest, dispute: Dispute) -> str:
        user: Any = request.user
        actions.answer_dispute(by=user, dispute=dispute, uphold=uphold, answer=request.POST.get("reason", ""))
        return (
            "Upheld: the rejection fell, the work is accepted and its author is paid."
            if uphold
            else "Dismissed: the rejection stands. The author sees your answer."
        )

    return press


@admin.register(Dispute)
class DisputeAdmin(KeysetAdmin, ProjectScopedAdmin):
    """Objections to rejections; the open ones first to be looked for by filter."""

    empty_words = "A contributor may object to a rejection; the objection is answered here."
    project_path = "submission__project"
    may_add = may_change = may_delete = False
    list_display = ["number", "about", "project", "state", "opened_by", "opened_at", "decided_at"]
    list_display_links = ["number"]
    list_filter = [ProjectFilter, choice_filter("status", DisputeStatus)]
    list_select_related = ["submission__project", "opened_by"]
    readonly_fields = [
        "about", "project", "state", "opened_by", "opened_at", "reason", "rejection", "decided_by", "decided_at",
        "answer",
    ]  # fmt: skip
    fields = readonly_fields
    change_form_outer_before_template = "admin/ask_buttons.html"
    ask = "Your answer, shown to the contributor. Decide as somebody who neither wrote nor reviewed the work."
    buttons = [
        Button("uphold", "Uphold: accept and pay the work", press=_answer(True), shown=lambda row: _is_open(row)),
        Button(
            "dismiss", "Dismiss: the rejection stands", press=_answer(False), shown=lambda row: _is_open(row),
            danger=True,
        ),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        """Disputes of the person's projects, with what the page names."""
        rows: QuerySet[Dispute] = super().get_queryset(request)
        return rows.select_related("submission__project", "opened_by", "decided_by", "review__rule")

    @admin.display(description="dispute")
    def number(self, dispute: Dispute) -> str:
        """Its number."""
        return f"#{dispute.pk}"

    @admin.display(description="submission")
    def about(self, dispute: Dispute) -> SafeString:
        """What was rejected."""
        return _submission(dispute.submission_id)

    @admin.display(description="project")
    def project(self, dispute: Dispute) -> str:
        """The project."""
        return dispute.submission.project.name

    @admin.display(description="status")
    def state(self, dispute: Dispute) -> SafeString:
        """Where it stands."""
        return mark(dispute.status, dispute.get_status_display())

    @admin.display(description="the rejection")
    def rejection(self, dispute: Dispute) -> SafeString:
        """The rule that was named and the evidence; not by whom, so that the answer is blind."""
        rule = dispute.review.rule
        return format_html(
            '<b>{}</b><div class="hc-text">{}</div>', rule or "No rule", dispute.review.evidence
        )


def _is_open(dispute: Dispute) -> bool:
    return DISPUTE.can(dispute.status, "uphold")
