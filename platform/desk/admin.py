"""Submissions in the admin. They are registered here because their page shows what every floor below knows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin_scope import ProjectFilter, ProjectScopedAdmin
from core.admin_marks import mark
from core.admin_paging import Group, KeysetAdmin, choice_filter
from desk.submission_page import context_of
from work import origins
from work.admin import link, tally_groups
from work.models import Submission
from work.states import SubmissionStatus


class TaskFilter(admin.SimpleListFilter):
    """Submissions of one task; reached by links, so it offers no choices."""

    title = "task"
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The chosen one only."""
        chosen = request.GET.get("task", "")
        return [(chosen, f"#{chosen}")] if chosen.isdecimal() and len(chosen) < 19 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        """Submissions of that task."""
        value = self.value()
        return queryset.filter(task=int(value)) if value else queryset


@admin.register(Submission)
class SubmissionAdmin(KeysetAdmin, ProjectScopedAdmin):
    """Submissions, newest first; each with its rendered evidence."""

    empty_words = "Submissions appear as contributors send in their work."
    may_add = may_change = may_delete = False
    list_display = ["number", "prompt_key", "project", "outcome", "state", "author", "round", "submitted_at"]
    list_display_links = ["number"]
    list_filter = [ProjectFilter, choice_filter("status", SubmissionStatus), TaskFilter]
    list_select_related = ["project", "task__prompt", "author"]
    search_fields = ["id"]
    search_help_text = "Number of a submission, such as 123."
    fieldsets = [
        (
            "",
            {
                "fields": [
                    ("state", "outcome"), ("project", "task_link"), ("author", "submitted_at"), ("round", "size"), "written_by",
                    "prompt_text", "why",
                ]
            },
        )
    ]  # fmt: skip
    readonly_fields = [
        "state", "outcome", "project", "task_link", "author", "submitted_at", "round", "size", "written_by", "prompt_text",
        "why",
    ]  # fmt: skip
    change_form_outer_after_template = "admin/work/submission_evidence.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """Submissions of the person's projects, with what the page names."""
        rows: QuerySet[Submission] = super().get_queryset(request)
        return rows.select_related("project", "task__prompt", "author", "fileset", "dispute").defer(
            "fileset__body"
        )

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        """The submission's page with its evidence."""
        context = dict(extra_context or {})
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if row is not None and self.has_view_permission(request, row):
            context |= context_of(row)
        return super().changeform_view(request, object_id, form_url, context)

    def get_links(self, request: HttpRequest, row: Submission) -> list[tuple[str, str]]:
        """Where its pages run."""
        return [(reverse("desk:files", args=[row.pk]), "Run the pages and read the code")]

    def keyset_groups(self, request: HttpRequest, chosen: Mapping[str, str]) -> Sequence[Group] | None:
        """Project and status are counted and indexed."""
        return tally_groups(request, chosen, subject="submission", columns=("status",))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Submission], search_term: str
    ) -> tuple[QuerySet[Submission], bool]:
        """By number."""
        term = search_term.strip().removeprefix("#")
        if not term:
            return queryset, False
        return queryset.filter(pk=int(term) if term.isdecimal() and len(term) < 19 else -1), False

    @admin.display(description="submission")
    def number(self, submission: Submission) -> str:
        """Its number."""
        return f"#{submission.pk}"

    @admin.display(description="status")
    def state(self, submission: Submission) -> SafeString:
        """Where it stands."""
        return mark(submission.status, submission.get_status_display())

    @admin.display(description="prompt")
    def prompt_key(self, submission: Submission) -> str:
        """The prompt's key."""
        return submission.task.prompt.key

    @admin.display(description="prompt")
    def prompt_text(self, submission: Submission) -> SafeString:
        """What was asked for."""
        return format_html('<div class="hc-text">{}</div>', submission.task.prompt.text)

    @admin.display(description="rationale")
    def why(self, submission: Submission) -> SafeString:
        """What the author says."""
        return format_html('<div class="hc-text">{}</div>', submission.rationale or "None was written.")

    @admin.display(description="task")
    def task_link(self, submission: Submission) -> SafeString:
        """The task, leading to it."""
        return link(reverse("admin:work_task_change", args=[submission.task_id]), f"#{submission.task_id}")

    @admin.display(description="written by")
    def written_by(self, submission: Submission) -> str:
        """Which share is the in-task model's."""
        if submission.origins:
            return origins.said(submission.origins)
        return "–" if submission.model_share is None else "The author alone: the model was not asked"

    @admin.display(description="files")
    def size(self, submission: Submission) -> str:
        """How many files, how large."""
        if submission.fileset is None:
            return "None: a conclusion, not a refinement"
        return f"{submission.fileset.file_count} of {submission.fileset.byte_size:,} bytes"
