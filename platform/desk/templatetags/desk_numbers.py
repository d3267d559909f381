"""Shares as text and as places in a chart a hundred units wide."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    """`0.625` as `62.5 %`; a dash for None."""
    return "–" if share is None else f"{100 * share:.1f}\u00a0%"


@register.filter
def points(difference: float) -> str:
    """`-0.0625` as `−6.3`, `0.0625` as `+6.3`: a difference of shares in percentage points."""
    return f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


@register.filter
def hundredth(share: float, plus: str = "0") -> str:
    """`0.625` as `62.50`, moved by `plus`."""
    return f"{100 * share + float(plus):.2f}"


@register.filter
def width_to(low: float, high: float) -> str:
    """The width of a bar from `low` to `high`, at least wide enough to be seen."""
    return f"{max(0.8, 100 * (high - low)):.2f}"
