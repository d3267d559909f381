"""The protected registry in the admin: operators register versions, leads look."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminFileFieldWidget

from core.errors import BadInput
from people.admin_access import OperatorAdmin
from protect import canaries
from protect.actions import register_set
from protect.models import ProtectedSet
from protect.set_files import Item, parse


class RegisterForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in its stubs
    """A version of a benchmark with the file of its items."""

    file = forms.FileField(
        label="Items",
        widget=UnfoldAdminFileFieldWidget,
        help_text="A .txt file with one prompt a line, or .jsonl with key and text (or files) on each line. "
        "Only fingerprints are kept.",
    )

    class Meta:
        model = ProtectedSet
        fields = ["name", "slug", "version", "source", "licence"]

    def clean(self) -> dict[str, Any]:
        """Read the items; every fault of the file is a fault of the field."""
        cleaned = super().clean() or {}
        upload = cleaned.get("file")
        self.items: list[Item] = []
        if upload is not None:
            try:
                self.items = parse(upload, json_lines=upload.name.endswith((".jsonl", ".json")))
            except BadInput as error:
                self.add_error(
                    "file", [error.detail, *(f"{p.where}: {p.what}. {p.todo}" for p in error.problems)]
                )
        return cleaned


@admin.register(ProtectedSet)
class ProtectedSetAdmin(OperatorAdmin):
    """Versions are registered, never changed."""

    leads_see = True
    may_change = False
    list_display = ["name", "slug", "version", "licence", "item_count", "created_at"]
    search_fields = ["name", "slug"]
    readonly_fields = ["item_count", "planted", "digest", "created_at", "created_by"]
    ordering = ["slug", "-id"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The registration form; a registered set is only looked at."""
        if obj is None:
            kwargs["form"] = RegisterForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The file is asked for once."""
        named = ["name", "slug", "version", "source", "licence"]
        return [*named, *self.readonly_fields] if obj else [*named, "file"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nothing is computed before registration."""
        return list(self.readonly_fields) if obj else []

    @admin.display(description="planted items")
    def planted(self, row: ProtectedSet) -> str:
        """How many copies of its items every scan is asked to find."""
        by_edit = row.canaries.values("edit").annotate(n=Count("pk")).values_list("edit", "n")
        counts = dict(by_edit)
        told = [f"{counts[edit]:,} {words}" for edit, words in canaries.EDITS.items() if edit in counts]
        return "; ".join(told) or "None: it was registered before there were any"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Register through the action."""
        made = register_set(
            slug=obj.slug, version=obj.version, name=obj.name, source=obj.source, licence=obj.licence,
            items=form.items, by=request.user,  # type: ignore[arg-type]  # signed in: the admin saw to it
        )  # fmt: skip
        obj.pk, obj.item_count = made.pk, made.item_count
