"""Projects, their people and the models, in the admin. A project is set up on one page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog import actions, terms_actions
from catalog.admin_scope import (
    Button,
    ProjectFilter,
    ProjectScopedAdmin,
    ProjectScopedInline,
    forget_led,
    leads,
)
from catalog.models import CodeModel, Criterion, GuidelineRule, Membership, Project
from catalog.project_forms import MemberForm, ProjectForm
from catalog.states import PROJECT, ProjectStatus
from core.admin_marks import mark
from people.admin_access import OperatorAdmin
from people.rules import Role


class _Sentences(ProjectScopedInline):
    """An inline with one column that holds a sentence."""

    long_field = ""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Two lines for the sentence."""
        if db_field.name == self.long_field:
            kwargs["widget"] = UnfoldAdminTextareaWidget({"rows": 2})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class RuleInline(_Sentences):
    """Rules that a rejection can name."""

    model = GuidelineRule
    long_field = "text"
    may_delete = True
    verbose_name_plural = "Rules: a rejection names one"


class CriterionInline(_Sentences):
    """Questions that voters answer."""

    model = Criterion
    long_field = "question"
    may_delete = True
    verbose_name_plural = "Criteria: voters and reviewers answer them"


class MemberInline(ProjectScopedInline):
    """New people and their roles. Who is a member already has a list of their own: it may be thousands."""

    model = Membership
    form = MemberForm
    fields = ["person", "role"]
    verbose_name_plural = "New members: a person may have several roles"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """None of those there are."""
        rows: QuerySet[Membership] = super().get_queryset(request)
        return rows.none()


def _in(*statuses: str) -> Any:
    return lambda project: project.status in statuses


@admin.register(Project)
class ProjectAdmin(ProjectScopedAdmin):
    """The whole set-up on one page; its status moves by buttons."""

    empty_words = (
        "A project names a model to improve and a rival to beat. Prompts are imported into it, and work "
        "begins."
    )
    project_path = "pk"
    form = ProjectForm
    inlines = [RuleInline, CriterionInline, MemberInline]
    list_display = ["name", "state", "target", "rival", "created_at"]
    list_filter = ["status"]
    list_select_related = ["target", "rival"]
    search_fields = ["name", "slug"]
    ordering = ["-id"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["state", "created_at"]
    # What later rows were made from stays as it was.
    fixed_after_draft = ("slug", "target", "rival", "currency")
    fieldsets = [
        (None, {"fields": ["name", "slug", "state", "purpose", ("target", "rival"), "disclose_names"]}),
        (
            "Pay, in minor units (1500 is 15.00)",
            {"fields": ["currency", ("pay_refine", "pay_write"), ("pay_review", "pay_compare"), "pay_after_days"]},
        ),
        (
            "Handing out work",
            {"fields": [("lease_minutes", "daily_cap"), ("seats_refine", "max_bytes"),
                        ("refine_needs", "review_needs"), "compare_needs"]},
        ),
        (
            "The model at the bench",
            {"fields": ["assist_on", ("assist_requests", "assist_tokens")]},
        ),
        (
            "Checks",
            {"fields": [("check_static", "check_render"), ("check_accessibility", "check_effort"),
                        "check_originality"]},
        ),
        ("Guideline", {"fields": ["guideline"]}),
    ]  # fmt: skip
    buttons = [
        Button(
            "activate", "Activate", lambda request, row: _move(actions.activate, request, row, "Work can be handed out."),
            shown=_in(ProjectStatus.DRAFT),
        ),
        Button(
            "pause", "Pause", lambda request, row: _move(actions.pause, request, row, "No more work is handed out."),
            shown=_in(ProjectStatus.ACTIVE),
        ),
        Button(
            "resume", "Resume", lambda request, row: _move(actions.resume, request, row, "Work is handed out again."),
            shown=_in(ProjectStatus.PAUSED),
        ),
        Button(
            "close", "Close", lambda request, row: _move(actions.close, request, row, "The project is closed."),
            shown=lambda row: PROJECT.can(row.status, "close"), danger=True,
            confirm="A closed project cannot be opened again. Its releases stay.",
        ),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With both models, which every page names."""
        return super().get_queryset(request).select_related("target", "rival")

    @admin.display(description="status", ordering="status")
    def state(self, row: Project) -> str:
        """The status as icon and word."""
        return mark(row.status, row.get_status_display()) if row.pk else "Draft, once saved"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """After the draft, what later rows were made from is fixed."""
        fixed = self.fixed_after_draft if obj is not None and obj.status != ProjectStatus.DRAFT else ()
        return [*self.readonly_fields, *fixed]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """A saved slug is not rewritten with the name."""
        return {} if obj is not None else dict(self.prepopulated_fields)

    def get_links(self, request: HttpRequest, row: Project) -> list[tuple[str, str]]:
        """Where a lead goes from here."""
        return [
            # The desk's page is named, not imported: imports only go down.
            (reverse("desk:project", args=[row.slug]), "Progress"),
            (f"{reverse('admin:catalog_import_add')}?project={row.pk}", "Import prompts…"),
            (f"{reverse('admin:catalog_membership_changelist')}?project={row.pk}", "Members"),
            (f"{reverse('admin:catalog_prompt_changelist')}?project={row.pk}", "Prompts"),
            (f"{reverse('admin:catalog_import_changelist')}?project={row.pk}", "Imports"),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the row; a new one gets its event and its first lead, a changed one leaves a trace."""
        super().save_model(request, obj, form, change)
        user: Any = request.user
        if change:
            changed = [name for name in form.changed_data if name != "guideline"]
            actions.note_setup(project=obj, changed=changed, by=user)
        else:
            actions.set_up(project=obj, by=user)
            forget_led(request)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Publish the guideline if its text changed, then save the inlines."""
        user: Any = request.user
        if form.cleaned_data.get("guideline") and "guideline" in form.changed_data:
            actions.publish_guideline(project=form.instance, text=form.cleaned_data["guideline"], by=user)
        super().save_related(request, form, formsets, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Members go through their actions; rules and criteria leave a trace."""
        user: Any = request.user
        if formset.model is not Membership:
            formset.save()
            if formset.new_objects or formset.changed_objects or formset.deleted_objects:
                name = str(formset.model._meta.verbose_name_plural)
                actions.note_setup(project=form.instance, changed=[name], by=user)
            return
        formset.save(commit=False)
        for row in formset.new_objects:
            actions.add_member(project=form.instance, user=row.user, role=row.role, by=user)


def _move(action: Any, request: HttpRequest, row: Project, said: str) -> str:
    action(project=row, by=request.user)
    return said


@admin.register(Membership)
class MembershipAdmin(ProjectScopedAdmin):
    """Who is what in which project."""

    empty_words = "Contributors, reviewers, leads and ML users are added here or on the project's page."
    form = MemberForm
    fields = ["project", "person", "role"]
    may_change = False
    may_delete = True
    actions = None
    list_display = ["person", "role", "project", "since"]
    list_filter = [ProjectFilter, "role"]
    list_select_related = ["user", "project"]
    search_fields = ["user__username__startswith"]
    ordering = ["-id"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A membership is given and taken, not changed."""
        return ["project", "person", "role"] if obj is None else ["project", "user", "role", "since"]

    @admin.display(description="person")
    def person(self, row: Membership) -> str:
        """The user name."""
        return row.user.username

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Give the role through the action."""
        user: Any = request.user
        obj.pk = actions.add_member(project=obj.project, user=obj.user, role=obj.role, by=user).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Take the role through the action."""
        user: Any = request.user
        actions.remove_member(project=obj.project, user=obj.user, role=Role(obj.role), by=user)


@admin.register(CodeModel)
class CodeModelAdmin(OperatorAdmin):
    """Models and what their terms allow. Leads register them; what is registered only an operator changes.

    Who is of the staff without leading a project may work in one, and then must not read the names.
    """

    list_display = ["name", "vendor", "use"]
    list_filter = ["use"]
    search_fields = ["name", "vendor"]
    ordering = ["name"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and bring outputs down to stricter terms."""
        super().save_model(request, obj, form, change)
        if "use" in form.changed_data or "terms" in form.changed_data:
            user: Any = request.user
            before = form.initial.get("use", obj.use) if change else obj.use
            lowered = terms_actions.apply_terms(model=obj, before=before, by=user)
            if lowered:
                messages.info(request, f"{lowered:,} outputs of {obj} allow no more than its terms now.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leads know which models they compare."""
        return leads(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leads and operators."""
        return leads(request)
