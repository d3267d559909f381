"""The ledger in the admin: read, never written; corrections are postings of their own."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from core.admin_marks import mark
from core.admin_paging import KeysetAdmin, choice_filter
from ledger.models import Entry, Payout, Transaction
from ledger.money import shown
from ledger.states import PayoutStatus
from people.admin_access import OperatorAdmin, is_operator


class ReadOnly(KeysetAdmin, OperatorAdmin):
    """Operators look; nobody writes."""

    may_add = may_change = may_delete = False


class EntryInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Both sides of a posting."""

    model = Entry
    extra = 0
    fields = ["account", "user", "money"]
    readonly_fields = fields
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """Entries with their people."""
        rows: QuerySet[Entry] = super().get_queryset(request)
        return rows.select_related("user")

    @admin.display(description="amount")
    def money(self, entry: Entry) -> str:
        """Amount with its currency."""
        return shown(entry.amount, entry.currency)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Operators."""
        return is_operator(request)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False


@admin.register(Transaction)
class TransactionAdmin(ReadOnly):
    """Postings, newest first."""

    list_display = ["number", "kind", "source", "project_id", "memo", "posted_at"]
    list_display_links = ["number"]
    search_fields = ["source"]
    search_help_text = "The exact source, such as work.submission:12."
    readonly_fields = ["source", "kind", "project_id", "memo", "posted_at", "posted_by_id"]
    fields = readonly_fields
    inlines = [EntryInline]

    @admin.display(description="posting")
    def number(self, posting: Transaction) -> str:
        """Its number."""
        return f"#{posting.pk}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Transaction], search_term: str
    ) -> tuple[QuerySet[Transaction], bool]:
        """By exact source, through its unique index."""
        term = search_term.strip()
        return (queryset.filter(source=term) if term else queryset), False


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    """Entries, newest first."""

    list_display = ["number", "account", "user", "money", "for_what", "posted"]
    list_display_links = ["number"]
    list_select_related = ["transaction", "user"]
    search_fields = ["account"]
    search_help_text = "The exact account, such as user:12 or project:3."
    readonly_fields = ["account", "user", "money", "for_what", "posted"]
    fields = readonly_fields

    @admin.display(description="entry")
    def number(self, entry: Entry) -> str:
        """Its number."""
        return f"#{entry.pk}"

    @admin.display(description="amount")
    def money(self, entry: Entry) -> str:
        """Amount with its currency."""
        return shown(entry.amount, entry.currency)

    @admin.display(description="for")
    def for_what(self, entry: Entry) -> str:
        """What was posted."""
        return entry.transaction.memo

    @admin.display(description="posted")
    def posted(self, entry: Entry) -> object:
        """When."""
        return entry.transaction.posted_at

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        """By exact account, through its index."""
        term = search_term.strip()
        return (queryset.filter(account=term) if term else queryset), False


@admin.register(Payout)
class PayoutAdmin(ReadOnly):
    """What is to be paid to whom."""

    list_display = ["number", "user", "money", "until", "state", "paid_at"]
    list_display_links = ["number"]
    list_filter = [choice_filter("status", PayoutStatus)]
    list_select_related = ["user"]
    readonly_fields = ["user", "money", "until", "state", "paid_at"]
    fields = readonly_fields

    @admin.display(description="payout")
    def number(self, payout: Payout) -> str:
        """Its number."""
        return f"#{payout.pk}"

    @admin.display(description="amount")
    def money(self, payout: Payout) -> str:
        """Amount with its currency."""
        return shown(payout.amount, payout.currency)

    @admin.display(description="status")
    def state(self, payout: Payout) -> SafeString:
        """Where it stands."""
        return mark(payout.status, payout.get_status_display())
