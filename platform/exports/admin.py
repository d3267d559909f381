"""Recipes and releases on the lead's desk."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin
from exports import actions
from exports.columns import CONFIGS
from exports.models import Recipe, Release, Token
from exports.states import ReleaseStatus
from exports.writers import FORMATS
from people.models import User


class RecipeForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A recipe: configs and formats are chosen from what exists."""

    configs = forms.MultipleChoiceField(
        choices=[(name, name) for name in CONFIGS], initial=CONFIGS, widget=forms.CheckboxSelectMultiple
    )
    formats = forms.MultipleChoiceField(
        choices=[(name, name) for name in FORMATS], initial=FORMATS, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Recipe
        fields = [
            "project", "name", "configs", "formats", "tags", "held_out_share", "min_votes", "seed", "licence",
        ]  # fmt: skip


@admin.register(Recipe)
class RecipeAdmin(ProjectScopedAdmin):
    """What a release is made of; the button builds one."""

    project_path = "project"
    may_add, may_change, may_delete = True, True, False
    form = RecipeForm
    list_display = ["name", "project", "configs", "min_votes", "created_at"]
    list_filter = [ProjectFilter]
    list_select_related = ["project"]
    buttons = [Button("build", "Build a release", press=lambda request, row: _build(request, row))]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Note who made the recipe."""
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)


def _build(request: HttpRequest, recipe: Recipe) -> str:
    release = actions.start_release(recipe=recipe, by=cast(User, request.user))
    return f"{release} is being built. Its page shows how far it is."


@admin.register(Release)
class ReleaseAdmin(ProjectScopedAdmin):
    """A build and what came of it. Progress is shown live; a published release can only be withdrawn."""

    project_path = "project"
    may_add, may_change, may_delete = False, False, False
    list_display = ["__str__", "project", "status", "rows_total", "created_at", "published_at"]
    list_filter = [ProjectFilter, "status"]
    list_select_related = ["recipe", "project"]
    list_before_template = "admin/exports/live.html"
    change_form_before_template = "admin/exports/live.html"
    fields = [
        "recipe", "version", "status", "state_of_build", "error", "created_by", "created_at", "published_at",
        "manifest_sha256", "files_link", "withdrawn_at", "withdrawn_reason",
    ]  # fmt: skip
    readonly_fields = fields
    show_full_result_count = False

    @admin.display(description="Progress")
    def state_of_build(self, release: Release) -> str:
        """How far the build is; the page asks again every second while it is building."""
        return format_html(
            '<div hx-get="{}" hx-trigger="{}" hx-swap="outerHTML">{}</div>',
            reverse("desk:release_progress", args=[release.pk]),
            "every 1s" if release.status == ReleaseStatus.BUILDING else "none",
            release.phase or release.get_status_display(),
        )

    @admin.display(description="Files")
    def files_link(self, release: Release) -> str:
        """The page from which the files are fetched."""
        if release.status != ReleaseStatus.PUBLISHED:
            return "—"
        return format_html(
            '<a href="{}">Card, files and checksums</a>', reverse("exports:detail", args=[release.pk])
        )


@admin.register(Token)
class TokenAdmin(ProjectScopedAdmin):
    """Whose tokens reach a project's releases. A lead can revoke, never read one."""

    project_path = "project"
    may_add, may_change, may_delete = False, False, False
    list_display = [
        "prefix",
        "name",
        "user",
        "project",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    list_filter = [ProjectFilter]
    list_select_related = ["user", "project"]
    readonly_fields = [
        "user",
        "project",
        "name",
        "prefix",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    exclude = ["digest"]
    buttons = [
        Button(
            "revoke",
            "Revoke",
            press=lambda request, row: actions.revoke_token(by=cast(User, request.user), token=row),
            shown=lambda row: row.revoked_at is None,
            danger=True,
        )
    ]
