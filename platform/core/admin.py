"""The audit trail in the admin: read, never written."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from core.admin_paging import KeysetAdmin
from core.flow import MACHINES
from core.models import Event


class MachineFilter(admin.SimpleListFilter):
    """Filter by the kind of thing that an event speaks of."""

    title = "subject"
    parameter_name = "machine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every machine there is, without asking the table."""
        return [(label.lower(), label) for label in sorted(MACHINES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Events of that machine."""
        return queryset.filter(machine=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(KeysetAdmin, ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    """Events, newest first. Operators only: the trail spans projects."""

    list_display = ["at", "subject", "verb", "change", "actor", "note"]
    list_filter = [MachineFilter]
    search_fields = ["object_id"]
    search_help_text = "Number of a row, such as 123; with a subject chosen it finds that row's history."
    readonly_fields = ["at", "machine", "object_id", "verb", "source", "target", "actor_id", "data"]
    fields = readonly_fields

    @admin.display(description="subject")
    def subject(self, event: Event) -> str:
        """What it is about."""
        return f"{event.machine} #{event.object_id}"

    @admin.display(description="change")
    def change(self, event: Event) -> str:
        """From which state to which."""
        return " → ".join(part for part in (event.source, event.target) if part) or "–"

    @admin.display(description="by")
    def actor(self, event: Event) -> str:
        """Who did it."""
        return f"person #{event.actor_id}" if event.actor_id else "the system"

    @admin.display(description="note")
    def note(self, event: Event) -> SafeString | str:
        """What was noted, shortened."""
        return format_html("<code>{}</code>", json.dumps(event.data)[:120]) if event.data else "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """By row number, through the index on (machine, object)."""
        term = search_term.strip().removeprefix("#")
        if not term:
            return queryset, False
        number = int(term) if term.isdecimal() and len(term) < 19 else -1
        return queryset.filter(object_id=number, machine__in=[label.lower() for label in MACHINES]), False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Operators."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators."""
        return bool(request.user.is_active and getattr(request.user, "is_operator", False))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
