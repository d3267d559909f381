"""Amounts in templates: `{{ minor|money:currency }}`."""

from __future__ import annotations

from django import template

from ledger.money import shown

register = template.Library()


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Minor units of a currency as people read them; empty for no amount."""
    return "" if minor is None else shown(minor, currency)
