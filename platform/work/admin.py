"""Tasks and seats in the admin: looked at, and withdrawn with a reason; never edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin_scope import (
    Button,
    ProjectFilter,
    ProjectScopedAdmin,
    ProjectScopedInline,
    led_ids,
    led_projects,
)
from catalog.models import Prompt
from core import reasons, tally
from core.admin_marks import mark
from core.admin_paging import Group, KeysetAdmin, choice_filter
from ledger.money import shown
from work import actions
from work.models import Assignment, Task
from work.states import TASK, AssignmentStatus, TaskKind, TaskStatus


def tally_groups(
    request: HttpRequest, chosen: Mapping[str, str], *, subject: str, columns: Sequence[str]
) -> list[Group] | None:
    """The groups of kept counters that the chosen filters leave to this person; None when a filter is not counted."""
    if set(chosen) - {"project", *columns}:
        return None
    ids = led_ids(request)
    if "project" in chosen:
        project = chosen["project"]
        asked = {int(project)} if project.isdecimal() and len(project) < 19 else set()
        ids = frozenset(asked if ids is None else asked & ids)
    return [
        Group({"project_id": count.project_id, **{name: getattr(count, name) for name in columns}}, count.n)
        for count in tally.counts(ids, subject=subject)
        if count.n > 0
        and all(getattr(count, name) == chosen.get(name, getattr(count, name)) for name in columns)
    ]


def link(url: str, label: object) -> SafeString:
    """A link within the admin."""
    return format_html('<a class="hc-link" href="{}">{}</a>', url, label)


class SeatInline(ProjectScopedInline):
    """The seats of a task."""

    model = Assignment
    verbose_name_plural = "seats"
    may_add = may_change = False
    tab = False
    fields = ["number", "state", "assignee", "pay", "round", "claimed_at", "lease_until", "ended_at"]
    readonly_fields = fields
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        """Seats with the people who held them."""
        rows: QuerySet[Assignment] = super().get_queryset(request)
        return rows.select_related("assignee")

    @admin.display(description="seat")
    def number(self, seat: Assignment) -> SafeString:
        """Its number, leading to it."""
        return link(reverse("admin:work_assignment_change", args=[seat.pk]), f"#{seat.pk}")

    @admin.display(description="status")
    def state(self, seat: Assignment) -> SafeString:
        """Where it stands."""
        return mark(seat.status, seat.get_status_display())

    @admin.display(description="quote")
    def pay(self, seat: Assignment) -> str:
        """What was promised at claim."""
        return shown(seat.quote, seat.currency) if seat.quote is not None else "–"


@admin.register(Task)
class TaskAdmin(KeysetAdmin, ProjectScopedAdmin):
    """Tasks, newest first, whatever their number."""

    empty_words = "Tasks are made from prompts when a project opens for work."
    may_add = may_change = may_delete = False
    list_display = ["number", "kind", "prompt_key", "project", "state", "wanted", "created_at"]
    list_display_links = ["number"]
    list_filter = [ProjectFilter, choice_filter("kind", TaskKind), choice_filter("status", TaskStatus)]
    list_select_related = ["project", "prompt"]
    search_fields = ["prompt__key"]
    search_help_text = "Number of a task, such as 123, or the exact key of a prompt."
    fieldsets = [
        (
            "",
            {
                "fields": [
                    ("kind", "state"),
                    ("project", "prompt_key"),
                    ("wanted", "created_at"),
                    "prompt_text",
                    "about",
                ]
            },
        )
    ]
    readonly_fields = [
        "kind",
        "state",
        "project",
        "prompt_key",
        "wanted",
        "created_at",
        "prompt_text",
        "about",
    ]
    inlines = [SeatInline]
    change_form_outer_before_template = "admin/ask_buttons.html"
    buttons = [
        Button(
            "withdraw",
            "Withdraw this task",
            press=lambda request, task: _withdraw(request, task),
            shown=lambda task: TASK.can(task.status, "withdraw"),
            danger=True,
        )
    ]
    ask_folded = True
    ask = "Why is it withdrawn? Kept in the audit trail. Open seats go; whoever holds one may finish and is paid."

    @admin.display(description="task")
    def number(self, task: Task) -> str:
        """Its number."""
        return f"#{task.pk}"

    @admin.display(description="status")
    def state(self, task: Task) -> SafeString:
        """Where it stands."""
        return mark(task.status, task.get_status_display())

    @admin.display(description="seats")
    def wanted(self, task: Task) -> int:
        """How many people it wants."""
        return task.seats

    @admin.display(description="prompt")
    def prompt_key(self, task: Task) -> str:
        """The prompt's key."""
        return task.prompt.key

    @admin.display(description="prompt's text")
    def prompt_text(self, task: Task) -> SafeString:
        """What was asked for."""
        return format_html('<div class="hc-text">{}</div>', task.prompt.text)

    @admin.display(description="about")
    def about(self, task: Task) -> SafeString | str:
        """The submission that a review or comparison is about."""
        if task.submission_id is None:
            return "The prompt itself"
        return link(
            reverse("admin:work_submission_change", args=[task.submission_id]),
            f"Submission #{task.submission_id}",
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        """Tasks of the person's projects, with what the page names."""
        rows: QuerySet[Task] = super().get_queryset(request)
        return rows.select_related("project", "prompt")

    def keyset_groups(self, request: HttpRequest, chosen: Mapping[str, str]) -> Sequence[Group] | None:
        """Project, kind and status are counted and indexed."""
        return tally_groups(request, chosen, subject="task", columns=("kind", "status"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Task], search_term: str
    ) -> tuple[QuerySet[Task], bool]:
        """By number or by the exact key of the prompt, both through an index."""
        term = search_term.strip()
        number = term.removeprefix("#")
        if not term:
            return queryset, False
        if number.isdecimal() and len(number) < 19:
            return queryset.filter(pk=int(number)), False
        projects = list(led_projects(request).values_list("pk", flat=True))
        prompts = Prompt.objects.filter(project__in=projects, key=term).values_list("pk", flat=True)
        return queryset.filter(prompt__in=list(prompts[:200])), False

    def get_links(self, request: HttpRequest, row: Task) -> list[tuple[str, str]]:
        """What came of it."""
        return [(f"{reverse('admin:work_submission_changelist')}?task={row.pk}", "Submissions of this task")]


def _withdraw(request: HttpRequest, task: Task) -> str:
    user: Any = request.user
    reason = reasons.checked(request.POST.get("reason", ""), ask="Say why this task is withdrawn.")
    actions.withdraw_task(task=task, by=user, reason=reason)
    return "The task is withdrawn. Its open seats are gone from the queue."


@admin.register(Assignment)
class AssignmentAdmin(KeysetAdmin, ProjectScopedAdmin):
    """Seats: who holds and held what."""

    empty_words = "A seat is taken when somebody claims a task."
    may_add = may_change = may_delete = False
    list_display = [
        "number",
        "kind",
        "task_link",
        "project",
        "state",
        "assignee",
        "pay",
        "claimed_at",
        "lease_until",
    ]
    list_display_links = ["number"]
    list_filter = [ProjectFilter, choice_filter("status", AssignmentStatus), choice_filter("kind", TaskKind)]
    list_select_related = ["project", "task", "assignee"]
    readonly_fields = [
        "kind", "state", "project", "task_link", "assignee", "reserved_for", "pay", "round", "claimed_at",
        "lease_until", "ended_at", "release_reason",
    ]  # fmt: skip
    fields = readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        """Seats of the person's projects, with what the page names."""
        rows: QuerySet[Assignment] = super().get_queryset(request)
        return rows.select_related("project", "task", "assignee", "reserved_for")

    @admin.display(description="seat")
    def number(self, seat: Assignment) -> str:
        """Its number."""
        return f"#{seat.pk}"

    @admin.display(description="task")
    def task_link(self, seat: Assignment) -> SafeString:
        """The task, leading to it."""
        return link(reverse("admin:work_task_change", args=[seat.task_id]), f"#{seat.task_id}")

    @admin.display(description="status")
    def state(self, seat: Assignment) -> SafeString:
        """Where it stands."""
        return mark(seat.status, seat.get_status_display())

    @admin.display(description="quote")
    def pay(self, seat: Assignment) -> str:
        """What was promised at claim."""
        return shown(seat.quote, seat.currency) if seat.quote is not None else "–"
