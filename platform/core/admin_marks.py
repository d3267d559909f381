"""How states show in the admin: an icon and a word, with a colour to help; never the colour alone."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString

_ICONS = {"ok": "✓", "warn": "!", "bad": "✕", "wait": "…", "held": "●", "still": "–"}

TONES: Mapping[str, str] = {
    # Projects and releases
    "draft": "still", "active": "held", "paused": "warn", "closed": "still",
    # Tasks and seats
    "open": "wait", "settled": "ok", "withdrawn": "still", "submitted": "ok", "released": "still", "expired": "warn",
    # Submissions
    "checking": "wait", "returned": "bad", "awaiting_review": "wait", "accepted": "ok",
    "changes_requested": "warn", "rejected": "bad", "superseded": "ok",
    # Check runs
    "queued": "wait", "running": "wait", "passed": "ok", "warned": "warn", "failed": "bad", "infra_error": "still",
    "dropped": "still",
    # Reviews and disputes
    "accept": "ok", "fix_accept": "ok", "request_changes": "warn", "reject": "bad",
    "upheld": "ok", "dismissed": "still",
    # Near work
    "explained": "ok", "confirmed": "bad",
    # Pairs
    "decided": "ok", "undecided": "still", "refined": "ok", "rival": "bad", "tie": "still",
    # Payouts
    "due": "wait", "paid": "ok",
}  # fmt: skip


def mark(status: str, label: str) -> SafeString:
    """A state as a badge: icon and word."""
    tone = TONES.get(status, "still")
    return format_html(
        '<span class="hc-badge hc-{}"><span aria-hidden="true">{}</span> {}</span>', tone, _ICONS[tone], label
    )
