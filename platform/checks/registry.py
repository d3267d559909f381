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
    """One check: `queue` is light or chromium; a new `version` makes old verdicts stale; people know it by its `label`."""

    name: str
    version: int
    queue: str
    run: Callable[[Subject, Browser | None], Verdict]
    label: str


def _check(module: ModuleType, label: str) -> Check:
    return Check(module.NAME, module.VERSION, module.QUEUE, module.run, label)


_ALL = (
    _check(static, "Files"),
    _check(render, "Rendering"),
    _check(accessibility, "Accessibility"),
    _check(effort, "Effort"),
    _check(originality, "Originality"),
)
CHECKS: Mapping[str, Check] = {check.name: check for check in _ALL}


def label_of(name: str) -> str:
    """What people call a check; one that is no more by its identifier."""
    known = CHECKS.get(name)
    return known.label if known is not None else name.replace("_", " ").capitalize()
