"""Recipes, releases and tokens on the lead's desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin
from core.admin_marks import mark
from exports import actions
from exports.columns import CONFIGS
from exports.manifest import by_split
from exports.models import Recipe, Release, Token
from exports.states import RELEASE, ReleaseStatus
from exports.writers import FORMATS
from people.models import User

if TYPE_CHECKING:
    RecipeModelForm = forms.ModelForm[Recipe]
else:
    RecipeModelForm = forms.ModelForm  # generic to the type checker only

_CONFIGS = {
    "default": "everything known of each row",
    "preference": "pairs, as for DPO",
    "kto": "answers, good or bad",
    "sft": "prompts with the chosen answer",
    "edit": "what was edited into what",
}
# Tones of core.admin_marks by our states.
_TONES = {
    ReleaseStatus.BUILDING: "running",
    ReleaseStatus.PUBLISHED: "passed",
    ReleaseStatus.FAILED: "failed",
    ReleaseStatus.WITHDRAWN: "withdrawn",
}
_FORMATS = {
    "parquet": "Parquet, for load_dataset",
    "jsonl": "JSON lines, the same as text",
}


class RecipeForm(RecipeModelForm):
    """A recipe: configs and formats are chosen from what exists."""

    configs = forms.MultipleChoiceField(
        choices=[(name, f"{name}: {_CONFIGS[name]}") for name in CONFIGS],
        initial=CONFIGS,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    formats = forms.MultipleChoiceField(
        choices=[(name, _FORMATS[name]) for name in FORMATS],
        initial=FORMATS,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    tags = SimpleArrayField(
        forms.CharField(max_length=40),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Only prompts with one of these, separated by commas. Empty: every prompt.",
    )

    class Meta:
        model = Recipe
        fields = [
            "project", "name", "configs", "formats", "tags", "held_out_share", "min_votes", "seed", "licence",
        ]  # fmt: skip
        help_texts = {
            "name": "The dataset's name, such as landing-pages. Releases are name and version.",
            "min_votes": "Pairs with fewer independent votes are left out.",
            "seed": "Draws the test split. The same seed holds out the same prompts in every release.",
        }


@admin.register(Recipe)
class RecipeAdmin(ProjectScopedAdmin):
    """What a release is made of; the button builds one."""

    project_path = "project"
    may_add, may_change, may_delete = True, True, False
    form = RecipeForm
    list_display = ["name", "project", "contents", "min_votes", "created_at"]
    list_filter = [ProjectFilter]
    list_select_related = ["project"]
    buttons = [Button("build", "Build a release", press=lambda request, row: _build(request, row))]

    @admin.display(description="configs")
    def contents(self, recipe: Recipe) -> str:
        """Configs and formats."""
        return f"{', '.join(recipe.configs)} as {' and '.join(recipe.formats)}"

    def get_links(self, request: HttpRequest, row: Recipe) -> list[tuple[str, str]]:
        """The newest releases of the recipe."""
        newest = row.releases.select_related("recipe").order_by("-id")[:3]
        return [
            (_page_of(release), f"{release.version}, {release.get_status_display().lower()}")
            for release in newest
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Note who made the recipe."""
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)


def _page_of(release: Release) -> str:
    return reverse("admin:exports_release_change", args=[release.pk])


def _build(request: HttpRequest, recipe: Recipe) -> HttpResponse:
    release = actions.start_release(recipe=recipe, by=cast(User, request.user))
    messages.success(request, f"{release} is being built. This page follows it; you may leave.")
    return HttpResponseRedirect(_page_of(release))


def _withdraw(request: HttpRequest, release: Release) -> str:
    actions.withdraw(release=release, by=cast(User, request.user), reason=request.POST.get("reason", ""))
    return f"{release} is withdrawn. Its page and the API answer 410 with your reason."


@admin.register(Release)
class ReleaseAdmin(ProjectScopedAdmin):
    """A build and what came of it. Progress is shown live; a published release can only be withdrawn."""

    project_path = "project"
    may_add, may_change, may_delete = False, False, False
    list_display = ["name", "project", "state", "rows", "created_at", "published_at"]
    list_display_links = ["name"]
    list_filter = [ProjectFilter, "status"]
    list_select_related = ["recipe", "project"]
    ordering = ["-id"]
    fields = [
        "recipe", "version", "progress", "rows_by_config", "left_out", "as_of", "created_by", "created_at",
        "published_at", "manifest_digest", "withdrawal",
    ]  # fmt: skip
    readonly_fields = fields
    change_form_outer_before_template = "admin/ask_buttons.html"
    ask_folded = True
    ask = "Why is it withdrawn? The reason stands on its tombstone for good; its files are served no more."
    buttons = [
        Button(
            "withdraw", "Withdraw this release", press=_withdraw, danger=True,
            shown=lambda row: RELEASE.can(row.status, "withdraw"),
        )
    ]  # fmt: skip

    class Media:
        css = {"all": ["exports/desk.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Beside the usual pages, the progress of a build."""
        view = self.admin_site.admin_view(require_safe(self.progress_view))
        return [path("<int:pk>/progress/", view, name="exports_release_progress"), *super().get_urls()]

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far a build is; once it is over, the whole page is asked for anew."""
        release = self.get_object(request, str(pk))
        if release is None:
            raise Http404
        if release.status != ReleaseStatus.BUILDING:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "admin/exports/_progress.html", _progress(release))

    def get_links(self, request: HttpRequest, row: Release) -> list[tuple[str, str]]:
        """The page with the files."""
        links = [(reverse("admin:exports_recipe_change", args=[row.recipe_id]), "Its recipe")]
        if row.status == ReleaseStatus.PUBLISHED:
            links.insert(0, (reverse("exports:detail", args=[row.pk]), "Card, files and downloads"))
        return links

    @admin.display(description="release")
    def name(self, release: Release) -> str:
        """Name and version."""
        return str(release)

    @admin.display(description="status")
    def state(self, release: Release) -> SafeString:
        """Where it stands."""
        return _mark(release)

    @admin.display(description="rows")
    def rows(self, release: Release) -> str:
        """Rows of the canonical table."""
        return f"{release.rows_total:,}" if release.rows_total else "–"

    @admin.display(description="status")
    def progress(self, release: Release) -> str:
        """How far the build is; the page asks again every second while it is building."""
        return render_to_string("admin/exports/_progress.html", _progress(release))

    @admin.display(description="rows")
    def rows_by_config(self, release: Release) -> SafeString | str:
        """Rows by config and split, from the manifest."""
        rows = release.manifest.get("rows", {})
        return _figures(
            {
                config: ", ".join(f"{n:,} {split}" for split, n in by_split(rows[config]))
                for config in CONFIGS
                if config in rows
            }
        )

    @admin.display(description="left out")
    def left_out(self, release: Release) -> SafeString | str:
        """Rows left out, by reason, from the manifest."""
        return _figures({why: f"{n:,}" for why, n in release.manifest.get("dropped", {}).items()})

    @admin.display(description="manifest")
    def manifest_digest(self, release: Release) -> SafeString | str:
        """SHA-256 of MANIFEST.json, kept here so that a changed manifest is found."""
        return (
            format_html('<span class="hc"><code>sha256:{}</code></span>', release.manifest_sha256)
            if release.manifest_sha256
            else "–"
        )

    @admin.display(description="withdrawal")
    def withdrawal(self, release: Release) -> str:
        """When and why it was withdrawn."""
        if release.withdrawn_at is None:
            return "–"
        return f"{release.withdrawn_at:%Y-%m-%d %H:%M} UTC: {release.withdrawn_reason}"


def _progress(release: Release) -> dict[str, Any]:
    return {
        "release": release,
        "building": release.status == ReleaseStatus.BUILDING,
        "mark": _mark(release),
        "share": round(100 * release.rows_done / release.rows_total) if release.rows_total else None,
    }


def _mark(release: Release) -> SafeString:
    return mark(_TONES[ReleaseStatus(release.status)], release.get_status_display())


def _figures(lines: dict[str, str]) -> SafeString | str:
    """Names and figures as a small table."""
    return render_to_string("admin/exports/_figures.html", {"lines": lines}) if lines else "–"


@admin.register(Token)
class TokenAdmin(ProjectScopedAdmin):
    """Whose tokens reach a project's releases. A lead can revoke, never read one."""

    project_path = "project"
    may_add, may_change, may_delete = False, False, False
    list_display = ["prefix", "name", "user", "project", "expires_at", "last_used_at", "revoked_at"]
    list_filter = [ProjectFilter]
    list_select_related = ["user", "project"]
    ordering = ["-id"]
    fields = [
        "prefix", "name", "user", "project", "created_at", "expires_at", "last_used_at", "revoked_at",
    ]  # fmt: skip
    readonly_fields = fields
    buttons = [
        Button(
            "revoke",
            "Revoke this token",
            press=lambda request, row: _revoke(request, row),
            shown=lambda row: row.revoked_at is None,
            confirm="Whatever uses it gets 401 from now on. This cannot be undone.",
            danger=True,
        )
    ]


def _revoke(request: HttpRequest, token: Token) -> str:
    actions.revoke_token(by=cast(User, request.user), token=token)
    return "The token is revoked. Whatever uses it now gets 401."
