"""Overrides of models' terms on the lead's desk: made with a reason, ended, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin
from core.admin_marks import mark
from exports import rights_actions
from exports.models import RightsOverride
from people.models import User

if TYPE_CHECKING:
    OverrideModelForm = forms.ModelForm[RightsOverride]
else:
    OverrideModelForm = forms.ModelForm  # generic to the type checker only


class OverrideForm(OverrideModelForm):
    """A model whose outputs may be trained on, and what allows it."""

    def clean(self) -> dict[str, Any]:
        """What speaks against the override is a fault of its field."""
        cleaned = super().clean() or {}
        if cleaned.get("project") and cleaned.get("model"):
            for fault in rights_actions.faults(
                project=cleaned["project"], model=cleaned["model"], reason=cleaned.get("reason", "")
            ):
                self.add_error(fault.where, f"This {fault.where} {fault.what}. {fault.todo}")
        return cleaned

    class Meta:
        model = RightsOverride
        fields = ["project", "model", "reason"]
        widgets = {"reason": UnfoldAdminTextareaWidget({"rows": 4})}
        help_texts = {
            "model": "Whose outputs are on the chosen or rejected side.",
            "reason": "Which agreement or licence allows training, and where it is written. Your name, the day and this text "
            "are printed in the card of every release that goes by it.",
        }


def _end(request: HttpRequest, made: RightsOverride) -> str:
    rights_actions.end(made=made, by=cast(User, request.user))
    return "The override has ended. Later releases go by the model's terms; those that are out keep what they say."


@admin.register(RightsOverride)
class RightsOverrideAdmin(ProjectScopedAdmin):
    """Which terms a lead overrides, by whose word and why."""

    empty_words = (
        "Terms come with each output when it is imported. An override says by whose word other terms hold."
    )
    project_path = "project"
    may_add, may_change, may_delete = True, False, False
    form = OverrideForm
    list_display = ["model", "project", "state", "made_by", "made_at"]
    list_filter = [ProjectFilter]
    list_select_related = ["model", "project", "made_by"]
    ordering = ["-id"]
    readonly_fields = ["state", "made_by", "made_at", "ended_by", "ended_at"]
    buttons = [
        Button(
            "end", "End this override", press=_end, shown=lambda row: row.ended_at is None,
            confirm="Rows that go by it are refused from the next release on. Releases that are out keep what they say.",
        )
    ]  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What is asked for; later also what became of it."""
        named = ["project", "model", "reason"]
        return [*named, *self.readonly_fields] if obj else named

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nothing has become of it before it is made."""
        return list(self.readonly_fields) if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make it through the action."""
        made = rights_actions.override(
            project=obj.project, model=obj.model, reason=obj.reason, by=cast(User, request.user)
        )
        obj.pk, obj.made_by_id, obj.made_at = made.pk, made.made_by_id, made.made_at

    @admin.display(description="status")
    def state(self, row: RightsOverride) -> SafeString:
        """In force or ended."""
        return mark("active", "in force") if row.ended_at is None else mark("closed", "ended")
