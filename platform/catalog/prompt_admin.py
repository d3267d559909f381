"""Prompts and the models' outputs in the admin: to look at. They come in by imports only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.admin_scope import ProjectFilter, ProjectScopedAdmin, ProjectScopedInline
from catalog.models import Generation, Prompt
from core.admin_marks import mark
from core.admin_paging import KeysetAdmin


class QuarantineFilter(admin.SimpleListFilter):
    """Prompts kept from work because they match a protected set."""

    title = "protected sets"
    parameter_name = "quarantined"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """Kept from work, or not."""
        return [("yes", "kept from work"), ("no", "no match by the rules")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The chosen ones."""
        if self.value() == "yes":
            return queryset.exclude(quarantine="")
        return queryset.filter(quarantine="") if self.value() == "no" else queryset


class GenerationInline(ProjectScopedInline):
    """What the models answered."""

    model = Generation
    may_add = False
    may_change = False
    fields = readonly_fields = ["output", "use", "files", "size"]
    verbose_name_plural = "Outputs"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Generation]:
        """With names and sizes, without the files' text."""
        rows: QuerySet[Generation] = super().get_queryset(request)
        return rows.select_related("model", "fileset").defer("fileset__body").order_by("id")

    @admin.display(description="model")
    def output(self, row: Generation) -> SafeString:
        """The model, linked to its output."""
        url = reverse("admin:catalog_generation_change", args=[row.pk])
        return format_html('<a class="hc-link" href="{}">{}</a>', url, row.model.name)

    @admin.display(description="files")
    def files(self, row: Generation) -> int:
        """How many files."""
        return row.fileset.file_count

    @admin.display(description="bytes")
    def size(self, row: Generation) -> str:
        """How large they are together."""
        return f"{row.fileset.byte_size:,}"


@admin.register(Prompt)
class PromptAdmin(KeysetAdmin, ProjectScopedAdmin):
    """Prompts, newest first."""

    empty_words = "Prompts come in by an import, together with the outputs of models."
    may_add = False
    may_change = False
    inlines = [GenerationInline]
    list_display = ["key", "beginning", "framework", "project", "set_apart"]
    list_filter = [ProjectFilter, "framework", "held_out", QuarantineFilter]
    list_select_related = ["project"]
    search_fields = ["key__startswith"]
    search_help_text = "Keys that begin with…"
    fields = readonly_fields = [
        "key", "project", "text", "tags", "framework", "cluster", "is_held_out", "source", "licence", "quarantine",
        "created_at",
    ]  # fmt: skip

    @admin.display(description="text")
    def beginning(self, row: Prompt) -> str:
        """The first words."""
        return row.text if len(row.text) <= 90 else f"{row.text[:88].rstrip()}…"

    @admin.display(description="held out")
    def is_held_out(self, row: Prompt) -> str:
        """In words: neither answer is a fault."""
        return "Yes: for evaluation only" if row.held_out else "No"

    @admin.display(description="set apart")
    def set_apart(self, row: Prompt) -> str:
        """Whether it is kept from work, or held out from training."""
        if row.quarantine:
            return mark("paused", "kept from work")
        return mark("closed", "held out") if row.held_out else ""


@admin.register(Generation)
class GenerationAdmin(KeysetAdmin, ProjectScopedAdmin):
    """Outputs with their code. They run on the bench and the desk, never on this origin."""

    empty_words = "Outputs of models come in with their prompts, by an import."
    project_path = "prompt__project"
    may_add = False
    may_change = False
    list_display = ["prompt", "model", "use", "created_at"]
    list_filter = [ProjectFilter, "use"]
    list_select_related = ["prompt", "model"]
    fields = readonly_fields = ["prompt_link", "model", "use", "params", "created_at", "code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Generation]:
        """With its prompt, whose project decides who sees it."""
        rows: QuerySet[Generation] = super().get_queryset(request)
        return rows.select_related("prompt", "model")

    @admin.display(description="prompt")
    def prompt_link(self, row: Generation) -> SafeString:
        """The prompt, linked."""
        url = reverse("admin:catalog_prompt_change", args=[row.prompt_id])
        return format_html('<a class="hc-link" href="{}">{}</a>', url, row.prompt.key)

    @admin.display(description="files")
    def code(self, row: Generation) -> SafeString:
        """Each file, folded; the only one open."""
        files = row.fileset.files
        unfold = " open" if len(files) == 1 else ""
        each = '<details{}><summary><code>{}</code></summary><pre class="hc-text">{}</pre></details>'
        parts = format_html_join("", each, ((unfold, path, text) for path, text in files.items()))
        return format_html('<div class="hc hc-stack">{}</div>', parts)
