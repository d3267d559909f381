"""The sidebar of the admin: what the person may open, in the order in which work flows."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

_SECTIONS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("", (("Projects", "flag", "catalog.Project"),)),
    (
        "What goes in",
        (
            ("Imports", "upload_file", "catalog.Import"),
            ("Prompts", "notes", "catalog.Prompt"),
            ("Models", "memory", "catalog.CodeModel"),
            ("Protected sets", "shield", "protect.ProtectedSet"),
        ),
    ),
    (
        "Work",
        (
            ("Tasks", "checklist", "work.Task"),
            ("Seats", "event_seat", "work.Assignment"),
            ("Submissions", "draft", "work.Submission"),
            ("Reviews", "rate_review", "review.Review"),
            ("Disputes", "gavel", "review.Dispute"),
            ("Near work", "join_inner", "checks.Likeness"),
            ("Blind pairs", "compare", "arena.Pair"),
            ("Votes", "how_to_vote", "arena.Vote"),
        ),
    ),
    (
        "What comes out",
        (
            ("Recipes", "receipt_long", "exports.Recipe"),
            ("Releases", "inventory_2", "exports.Release"),
            ("Rights", "copyright", "exports.RightsOverride"),
            ("Tokens", "key", "exports.Token"),
            ("Webhooks", "webhook", "webhooks.Endpoint"),
            ("Messages", "outbox", "webhooks.Delivery"),
        ),
    ),
    (
        "People and pay",
        (
            ("Members", "group", "catalog.Membership"),
            ("People", "person", "people.User"),
            ("Qualifications", "school", "people.Qualification"),
            ("Payouts", "payments", "ledger.Payout"),
            ("Postings", "account_balance", "ledger.Transaction"),
            ("Entries", "list_alt", "ledger.Entry"),
        ),
    ),
    (
        "Operation",
        (
            ("Check runs", "fact_check", "checks.CheckRun"),
            ("Checks again", "restart_alt", "checks.Rerun"),
            ("Audit trail", "history", "core.Event"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Sections and links; what this person may not open is left out."""
    found: list[dict[str, Any]] = []
    for title, lines in _SECTIONS:
        items = [
            {"title": name, "icon": icon, "link": url}
            for name, icon, label in lines
            if (url := _list_url(request, label))
        ]
        if not title:
            items.insert(0, {"title": "Overview", "icon": "landscape", "link": reverse("admin:index")})
        if items:
            found.append({"title": title, "items": items, "separator": bool(title)})
    return found


def _list_url(request: HttpRequest, label: str) -> str:
    model = apps.get_model(label)
    page = admin.site.get_model_admin(model)
    if not (page.has_module_permission(request) and page.has_view_permission(request)):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def stylesheet(request: HttpRequest) -> str:
    """The address of the desk's own styles."""
    return static("desk/desk.css")


def theme_script(request: HttpRequest) -> str:
    """The address of what makes the admin's theme the site's."""
    return static("desk/theme.js")


def favicon(request: HttpRequest) -> str:
    """The address of the mark."""
    return static("desk/mark.svg")
