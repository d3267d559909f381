"""Check runs in the admin: operators look over all of them; a lead opens those of their projects' submissions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from catalog.admin_scope import leads
from checks import likeness_admin, rerun_admin
from checks.models import CheckRun
from checks.states import RunStatus
from core.admin_marks import mark
from core.admin_paging import KeysetAdmin, choice_filter
from people.admin_access import is_operator

__all__ = ["CheckRunAdmin", "likeness_admin", "rerun_admin"]


@admin.register(CheckRun)
class CheckRunAdmin(KeysetAdmin, ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    """Runs, newest first. What a queue or a browser does wrong shows here."""

    list_display = [
        "number",
        "check_name",
        "about",
        "state",
        "policy",
        "queue",
        "losses",
        "seconds",
        "queued_at",
    ]
    list_display_links = ["number"]
    list_filter = [choice_filter("status", RunStatus)]
    readonly_fields = [
        "check_name", "version", "about", "state", "policy", "queue", "losses", "epoch", "summary", "found",
        "queued_at", "started_at", "finished_at", "lease_until", "metrics",
    ]  # fmt: skip
    fields = readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckRun]:
        """Runs with their subjects."""
        rows: QuerySet[CheckRun] = super().get_queryset(request)
        return rows.select_related("submission", "draft__assignment", "retrial__submission")

    @admin.display(description="run")
    def number(self, run: CheckRun) -> str:
        """Its number."""
        return f"#{run.pk}"

    @admin.display(description="about")
    def about(self, run: CheckRun) -> str:
        """The submission or draft it looked at."""
        if run.submission_id:
            return f"Submission #{run.submission_id}"
        if run.retrial:
            return f"Submission #{run.retrial.submission_id}, in rerun #{run.retrial.rerun_id}"
        return f"Draft of seat #{run.draft.assignment_id}" if run.draft else "–"

    @admin.display(description="status")
    def state(self, run: CheckRun) -> SafeString:
        """Where it stands."""
        return mark(run.status, run.get_status_display())

    @admin.display(description="seconds")
    def seconds(self, run: CheckRun) -> str:
        """How long it took."""
        if run.started_at is None or run.finished_at is None:
            return "–"
        return f"{(run.finished_at - run.started_at).total_seconds():.1f}"

    @admin.display(description="findings")
    def found(self, run: CheckRun) -> SafeString | str:
        """What it found: severity, message, what to do."""
        if not run.findings:
            return "None"
        rows = (
            (each.get("severity", ""), each.get("message", ""), each.get("fix", "")) for each in run.findings
        )
        return format_html("<ul>{}</ul>", format_html_join("", "<li><b>{}</b> {} {}</li>", rows))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Operators."""
        return is_operator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators; of one run also the leads of its project."""
        if obj is None:
            return is_operator(request)
        subject = obj.submission or (obj.retrial.submission if obj.retrial else obj.draft.assignment)
        return is_operator(request) or leads(request, subject.project_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
