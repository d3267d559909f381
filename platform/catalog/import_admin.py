"""Imports in the admin: upload a file, watch it, read what was wrong with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminFileFieldWidget

from catalog import import_actions
from catalog.admin_scope import ProjectFilter, ProjectScopedAdmin
from catalog.models import Import, Project
from catalog.states import ImportStatus, ProjectStatus
from core.admin_marks import mark

PHASES = {
    "": "Waits for a worker",
    "reading": "Reading",
    "checking": "Checking each line",
    "comparing": "Comparing with what is there",
    "storing": "Storing files",
    "writing": "Writing prompts and outputs",
}


class UploadForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in its stubs
    """A file for a project."""

    file = forms.FileField(
        label="File",
        widget=UnfoldAdminFileFieldWidget,
        help_text="JSON lines, one prompt a line: key, text, tags, framework (html or react), source, license, "
        "optionally held_out and cluster, and generations: [{model, files: {path: text}, params, rights}].",
    )

    class Meta:
        model = Import
        fields = ["project", "update"]

    def clean_project(self) -> Project:
        """Nothing goes into a closed project."""
        project: Project = self.cleaned_data["project"]
        if project.status == ProjectStatus.CLOSED:
            raise forms.ValidationError("This project is closed.")
        return project


@admin.register(Import)
class ImportAdmin(ProjectScopedAdmin):
    """Imports are started here and never changed."""

    empty_words = (
        "Prompts and outputs of models come in as a file of JSON lines, one prompt a line. Nothing is kept "
        "of a file with a fault in it."
    )
    may_change = False
    list_display = ["file_name", "project", "state", "outcome", "created_by", "created_at"]
    list_filter = [ProjectFilter, "status"]
    list_select_related = ["project", "created_by"]
    ordering = ["-id"]
    readonly_fields = ["created_at", "finished_at"]
    change_form_outer_before_template = "admin/catalog/_import_page.html"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The upload form; a started import is only looked at."""
        if obj is None:
            kwargs["form"] = UploadForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What is asked for, or what was asked for."""
        if obj is None:
            return ["project", "file", "update"]
        return ["project", "replaces", "created_by", "created_at", "finished_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nothing is decided before the upload."""
        return [] if obj is None else self.get_fields(request, obj)

    @admin.display(description="status")
    def state(self, row: Import) -> str:
        """The status as icon and word."""
        return _mark(row)

    @admin.display(description="changed prompts")
    def replaces(self, row: Import) -> str:
        """What was asked for."""
        return "are replaced where nobody works on them yet" if row.update else "are refused"

    @admin.display(description="outcome")
    def outcome(self, row: Import) -> str:
        """In a few words."""
        counts = row.counts
        if row.status == ImportStatus.REFUSED:
            return f"{counts.get('problems', 0):,} problems, nothing written"
        if row.status == ImportStatus.DONE:
            return f"{counts['new']:,} new, {counts['changed']:,} changed, {counts['unchanged']:,} unchanged"
        return ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keep the file and queue the import."""
        upload = form.cleaned_data["file"]
        made = import_actions.request_import(
            project=form.cleaned_data["project"], chunks=upload.chunks(), file_name=upload.name,
            update=form.cleaned_data["update"], by=request.user,  # type: ignore[arg-type]  # signed in
        )  # fmt: skip
        obj.pk = made.pk
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """On to where it can be watched."""
        return HttpResponseRedirect(self.change_url(obj.pk))

    def get_urls(self) -> list[URLPattern]:
        """The progress, polled."""
        view = self.admin_site.admin_view(require_safe(self.progress_view))
        return [path("<int:pk>/progress/", view, name="catalog_import_progress"), *super().get_urls()]

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that changes while the import runs."""
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        return render(request, "admin/catalog/_import_progress.html", progress(row))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        """The page with its progress."""
        context = dict(extra_context or {})
        row = self.get_object(request, object_id) if object_id else None
        if row is not None:
            context |= progress(row) | {
                "back": f"{reverse('admin:catalog_prompt_changelist')}?project={row.project_id}",
                "again": f"{reverse('admin:catalog_import_add')}?project={row.project_id}",
            }
        return super().changeform_view(request, object_id, form_url, context)


def progress(row: Import) -> dict[str, Any]:
    """What the progress part shows."""
    running = row.status in (ImportStatus.QUEUED, ImportStatus.RUNNING)
    total = row.counts.get("problems", 0)
    return {
        "run": row,
        "running": running,
        "state_mark": _mark(row),
        "phase": PHASES.get(row.phase, row.phase),
        "retried": max(0, row.epoch - 1) if running else 0,
        "problems_total": total,
        "problems_more": total - len(row.problems),
    }


def _mark(row: Import) -> str:
    tones = {ImportStatus.DONE: "accepted", ImportStatus.REFUSED: "rejected"}
    return mark(tones.get(ImportStatus(row.status), row.status), row.get_status_display())
