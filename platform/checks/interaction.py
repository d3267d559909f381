"""Compares how base, rival and refinement behave when they are tried out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from checks.exploration import Exploration, Step
from checks.rendering import Message
from checks.verdict import Finding, Severity, clipped

WIDTH = 1280
# Chromium calls a page whose shifts come to less than this good.
SHIFT = 0.1
SHIFT_SLACK = 0.05
MAX_TOLD = 8


def compare(refined: Exploration, base: Exploration | None, rival: Exploration | None) -> Iterator[Finding]:
    """Yield the findings on `refined`: what is new weighs more than what `base` does as well."""
    if refined.hung and refined.why == "gpu":
        yield Finding(
            "not_tried",
            Severity.NOTE,
            "The page draws so much that it could not be tried out without a graphics card. A person will look at it.",
            "Draw less per frame: a smaller canvas, simpler shaders, fewer objects.",
            width=WIDTH,
        )
    elif refined.hung:
        known = base is not None and base.hung
        yield Finding(
            "hung_on_use",
            Severity.WARNING if known else Severity.ERROR,
            clipped(f"The page stopped answering after {refined.at or 'it opened'}.{_also(known, False)}"),
            "Look for an endless loop, or work that should be spread over frames or a worker.",
            width=WIDTH,
        )
    yield from _errors(refined, base, rival)
    yield from _dead(refined, base, rival)
    yield from _busy(refined, base)
    if refined.shift >= SHIFT and not refined.hung:
        before = base.shift if base is not None else 0.0
        theirs = f" The base scores {before:.2f}." if base is not None else ""
        yield Finding(
            "layout_shift",
            Severity.WARNING if refined.shift > before + SHIFT_SLACK else Severity.NOTE,
            f"The page moves by itself after it opened: its layout shift scores {refined.shift:.2f}.{theirs}",
            "Keep room for what comes later: give pictures and embedded parts their size, and animate with transform.",
            width=WIDTH,
            selector=refined.shift_selector,
        )


def _errors(refined: Exploration, base: Exploration | None, rival: Exploration | None) -> Iterator[Finding]:
    old, rivals = _keys(base), _keys(rival)
    told: set[str] = set()
    for message in refined.broken:
        if message.key in told or len(told) >= MAX_TOLD:
            continue
        told.add(message.key)
        known = message.key in old
        yield Finding(
            "error_on_use",
            Severity.WARNING if known else Severity.ERROR,
            clipped(
                f"Uncaught error after {message.after}: {message.text}.{_also(known, message.key in rivals)}"
            ),
            "Do the same in the preview, find in its log where it is thrown, and handle it.",
            message.path,
            message.line,
            WIDTH,
            _place(refined, message),
        )


def _dead(refined: Exploration, base: Exploration | None, rival: Exploration | None) -> Iterator[Finding]:
    old = {_sign(step) for step in base.dead} if base is not None else set()
    rivals = {_sign(step) for step in rival.dead} if rival is not None else set()
    for at, step in enumerate(refined.dead):
        if at >= MAX_TOLD:
            return
        known = _sign(step) in old
        yield Finding(
            "dead_control",
            Severity.NOTE if known else Severity.WARNING,
            clipped(
                f"Nothing happens when {step.name} is clicked: nothing changes, moves, or leads anywhere."
                + _also(known, _sign(step) in rivals)
            ),
            "Make it do what it says, say why it cannot (disabled, with a reason), or take it away.",
            width=WIDTH,
            selector=step.selector,
        )


def _busy(refined: Exploration, base: Exploration | None) -> Iterator[Finding]:
    old = {_sign(step) for step in base.steps if step.busy} if base is not None else set()
    for step in [step for step in refined.steps if step.busy][:MAX_TOLD]:
        known = _sign(step) in old
        yield Finding(
            "busy_on_use",
            Severity.NOTE if known else Severity.WARNING,
            clipped(
                f"The page works for more than half a second after {step.name}, and answers nobody meanwhile."
                + _also(known, False)
            ),
            "Do less at once: spread the work over frames, or move it to a worker.",
            width=WIDTH,
            selector=step.selector,
        )


def _keys(seen: Exploration | None) -> set[str]:
    return {message.key for message in seen.errors} if seen is not None else set()


def _sign(step: Step) -> str:
    """The control by its name, since edits move it; one without a name by its place."""
    return step.label.casefold() or step.selector


def _place(seen: Exploration, message: Message) -> str:
    return next(
        (step.selector for step in seen.steps if step.label and message.after.endswith(step.label)), ""
    )


def _also(base: bool, rival: bool) -> str:
    if base:
        return " The base does the same."
    return " The rival does the same." if rival else ""
