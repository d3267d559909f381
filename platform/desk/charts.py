"""Geometry of the desk's small charts. Pure: numbers in, numbers for an SVG out. The table beside is the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640
HEIGHT = 160
LEFT = 36
BOTTOM = 20
TOP = 8


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis at `at`, in chart units."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its name, its tone and the points of its polyline, `x,y` pairs."""

    name: str
    tone: str
    points: str
    last: int


@dataclass(frozen=True, slots=True)
class Lines:
    """A chart of several series over the same steps."""

    width: int
    height: int
    left: int
    right: int
    base: int
    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


def nice_top(highest: int) -> int:
    """The least of 1, 2, 5 times a power of ten, and of 4, that reaches `highest`: round labels above every point."""
    if highest <= 4:
        return 4
    power = int(10 ** (len(str(highest)) - 1))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= highest)


def lines(
    series: Sequence[tuple[str, str, Sequence[int]]], labels: Sequence[str], every: int, width: int = WIDTH
) -> Lines:
    """Lay out `series` (name, tone, values) over `labels`, of which each `every`-th, counted from the last, is shown."""
    top = nice_top(max((value for _, _, values in series for value in values), default=0))
    base = HEIGHT - BOTTOM
    right = width - 8
    step = (right - LEFT) / max(1, len(labels) - 1)

    def x(index: int) -> float:
        return round(LEFT + index * step, 1)

    def y(value: float) -> float:
        return round(base - (base - TOP) * value / top, 1)

    shown = [index for index in range(len(labels)) if (len(labels) - 1 - index) % every == 0]
    return Lines(
        width=width,
        height=HEIGHT,
        left=LEFT,
        right=right,
        base=base,
        lines=tuple(
            Line(
                name,
                tone,
                " ".join(f"{x(i)},{y(value)}" for i, value in enumerate(values)),
                values[-1] if values else 0,
            )
            for name, tone, values in series
        ),
        across=tuple(Tick(x(index), labels[index]) for index in shown),
        up=tuple(Tick(y(value), f"{value:,}") for value in (0, top // 2, top)),
    )


def shares(values: Sequence[int], of: int | None = None) -> list[float]:
    """Each value as a percentage of `of` (default: the greatest), for bars; never above 100."""
    whole = of if of is not None else max(values, default=0)
    return [round(min(100.0, 100 * value / whole), 1) if whole else 0.0 for value in values]
