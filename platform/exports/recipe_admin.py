"""Recipes on the lead's desk: what a release is made of, with live counts, and the button that builds one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin, led_projects
from catalog.models import Framework, Project
from core.errors import HillclimbError
from exports import actions, estimating
from exports.columns import CONFIGS
from exports.models import Recipe, Release
from exports.splits import in_order
from exports.writers import FORMATS
from people.models import User

if TYPE_CHECKING:
    RecipeModelForm = forms.ModelForm[Recipe]
else:
    RecipeModelForm = forms.ModelForm  # generic to the type checker only

_CONFIGS = {
    "default": "everything known of each row",
    "preference": "pairs, as for DPO",
    "preference_implicit": "the same pairs as whole conversations",
    "kto": "answers, good or bad",
    "sft": "prompts with the chosen answer",
    "edit": "what was edited into what",
    "feedback": "what reviewers said, and of what",
    "arena": "single blind votes with both pages; evaluation only",
    "raw_annotations": "every vote and review, by pseudonym",
    "hard_negatives": "refinements that lost or tied",
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
    frameworks = forms.MultipleChoiceField(
        choices=Framework.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None chosen: every prompt.",
    )
    licences = SimpleArrayField(
        forms.CharField(max_length=80),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Only prompts under one of these licences, separated by commas. Empty: every prompt.",
    )

    class Meta:
        model = Recipe
        fields = [
            "project", "name", "tags", "frameworks", "licences", "min_votes", "held_out_share", "seed", "configs", "formats",
            "licence",
        ]  # fmt: skip
        help_texts = {
            "name": "The dataset's name, such as landing-pages. Releases are name and version.",
            "min_votes": "Pairs with fewer independent votes are left out.",
            "seed": "Draws the test split. The same seed holds out the same prompts in every release.",
        }

    def clean_project(self) -> Project:
        """A recipe stays where it is: its releases are seen by the people of its project."""
        project: Project = self.cleaned_data["project"]
        if self.instance.pk and self.instance.project_id != project.pk and self.instance.releases.exists():
            raise forms.ValidationError("It has releases of its project. Write another recipe for this one.")
        return project


@admin.register(Recipe)
class RecipeAdmin(ProjectScopedAdmin):
    """What a release is made of, with what it would give right now; the button builds one."""

    empty_words = "A recipe says what a release is made of: which verdicts, how many votes, which configs."
    project_path = "project"
    may_add, may_change, may_delete = True, True, False
    form = RecipeForm
    list_display = ["name", "project", "contents", "min_votes", "created_at"]
    list_filter = [ProjectFilter]
    list_select_related = ["project"]
    # Above the form, so that what a filter does is seen while it is set.
    change_form_outer_before_template = "admin/exports/_recipe_top.html"
    buttons = [Button("build", "Build a release", press=lambda request, row: _build(request, row))]

    class Media:
        css = {"all": ["exports/desk.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Beside the usual pages, what the values in the form would give."""
        view = self.admin_site.admin_view(require_safe(self.estimate_view))
        return [path("estimate/", view, name="exports_recipe_estimate"), *super().get_urls()]

    def estimate_view(self, request: HttpRequest) -> HttpResponse:
        """Counts for the values that are in the form, saved or not."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return render(request, "admin/exports/_estimate.html", _estimated(request))

    @admin.display(description="configs")
    def contents(self, recipe: Recipe) -> str:
        """Configs and formats."""
        return f"{', '.join(recipe.configs)} as {' and '.join(recipe.formats)}"

    def get_links(self, request: HttpRequest, row: Recipe) -> list[tuple[str, str]]:
        """A preview of its rows, and its newest releases."""
        preview = (reverse("exports:preview", args=[row.pk]), f"Preview {estimating.PREVIEWED} rows")
        newest = row.releases.select_related("recipe").order_by("-id")[:3]
        return [
            preview,
            *(
                (_page_of(release), f"{release.version}, {release.get_status_display().lower()}")
                for release in newest
            ),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Note who made the recipe."""
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)


def _page_of(release: Release) -> str:
    return reverse("admin:exports_release_change", args=[release.pk])


def _estimated(request: HttpRequest) -> dict[str, Any]:
    """What the estimate's part of the page shows; a form that is not whole yet shows what is missing."""
    given = request.GET.copy()
    # Neither decides what is counted, and a name that is taken already is no fault here.
    given["name"], given["licence"] = "-", "other"
    form = RecipeForm(given)
    form.fields["project"].queryset = led_projects(request)  # type: ignore[attr-defined]  # a choice among rows
    if not form.is_valid():
        faults = {
            form.fields[name].label or name: list(errors)
            for name, errors in form.errors.items()
            if name in form.fields
        }
        return {"faults": faults}
    recipe = Recipe(**form.cleaned_data)
    try:
        found = estimating.estimate(recipe)
    except HillclimbError as error:
        return {"trouble": error.detail}
    splits = in_order({split for rows in found.rows.values() for split in rows})
    return {
        "found": found,
        "splits": splits,
        "rows": [(config, [rows.get(split, 0) for split in splits]) for config, rows in found.rows.items()],
        "one_in": round(1 / found.share) if found.share < 1 else 0,
        "overrides": reverse("admin:exports_rightsoverride_changelist"),
        "offers": [(label, found.offers[key]) for key, label in _OFFERS.items() if found.offers.get(key)],
    }


_OFFERS = {"tags": "Tags", "frameworks": "Frameworks", "licences": "Licences of prompts"}


def _build(request: HttpRequest, recipe: Recipe) -> HttpResponse:
    release = actions.start_release(recipe=recipe, by=cast(User, request.user))
    messages.success(request, f"{release} is being built. This page follows it; you may leave.")
    return HttpResponseRedirect(_page_of(release))
