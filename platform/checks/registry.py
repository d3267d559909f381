"""The checks there are, in the order they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from checks import accessibility, effort, originality, render, static
from checks.verdict import Subject, Verdict

if TYPE_CHECKING:
    from checks.browser import Browser


@dataclass(frozen=True, slots=True)
class Check:
    """One check: `queue` is light or chromium; a new `version` makes old verdicts stale."""

    name: str
    version: int
    queue: str
    run: Callable[[Subject, Browser | None], Verdict]
    label: str
    blurb: str


def _check(module: ModuleType, *, label: str, blurb: str) -> Check:
    return Check(module.NAME, module.VERSION, module.QUEUE, module.run, label, blurb)


_ALL = (
    _check(
        static,
        label="Code",
        blurb="Parses, loads only what exists, and holds no secrets or telling words.",
    ),
    _check(render, label="Rendering", blurb="Runs at three widths without new errors."),
    _check(accessibility, label="Accessibility", blurb="Brings no new serious barriers."),
    _check(effort, label="Effort", blurb="Changes something people see or do."),
    _check(
        originality,
        label="Originality",
        blurb="Is not a copy of the rival or of another submission.",
    ),
)
CHECKS: Mapping[str, Check] = {check.name: check for check in _ALL}
