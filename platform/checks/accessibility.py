"""Runs axe-core over the page, base and rival: a refinement brings no new serious or critical barrier."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from checks.looking import AXE_WIDTH, look, look_for_barriers
from checks.verdict import Files, Finding, Severity, Subject, Verdict, clipped, conclude, plural

if TYPE_CHECKING:
    from checks.browser import Browser

NAME = "accessibility"
VERSION = 2
QUEUE = "chromium"

GRAVE = ("serious", "critical")
# The preview's own frame decides about these, not the author of the files.
_NOT_THEIRS = ("frame-title", "meta-refresh", "bypass", "region", "landmark-one-main", "page-has-heading-one")


@dataclass(frozen=True, slots=True)
class Barrier:
    """One rule of axe that a page breaks, `count` times; `targets` are selectors of the first few places."""

    rule: str
    impact: str
    help: str
    count: int
    targets: tuple[str, ...]
    advice: str


def run(subject: Subject, browser: Browser | None) -> Verdict:
    """Judge the refined files. Evidence: axe's findings of each side as JSON.

    Raises ValueError without a browser, BrowserLost when it fails, FileNotFoundError when axe-core was not installed.
    """
    if browser is None:
        raise ValueError("The accessibility check needs a browser.")
    refined = _barriers(browser, subject.refined, subject.framework)
    base = _barriers(browser, subject.base, subject.framework) if subject.base is not None else None
    rival = _barriers(browser, subject.rival, subject.framework) if subject.rival is not None else None
    sides = {"refined": refined, "base": base, "rival": rival}
    evidence = {
        "axe.json": json.dumps(
            {
                side: [asdict(item) for item in found.values()]
                for side, found in sides.items()
                if found is not None
            },
            ensure_ascii=False,
        ).encode(errors="replace")
    }
    metrics: dict[str, object] = {
        side: {
            impact: sum(item.count for item in found.values() if item.impact == impact)
            for impact in (*GRAVE, "moderate", "minor")
        }
        for side, found in sides.items()
        if found is not None
    }
    if refined is None:
        stopped = Finding(
            "not_measured",
            Severity.WARNING,
            "Accessibility could not be measured, since the page did not answer.",
            "See the render check.",
        )
        return conclude([stopped], clean="", evidence=evidence, metrics=metrics)
    clean = "No new serious or critical barriers."
    if subject.base is None:
        clean += (
            " There is no base; compared with the rival."
            if rival is not None
            else " There is nothing to compare with."
        )
    return conclude(list(compare(refined, base, rival)), clean=clean, evidence=evidence, metrics=metrics)


def compare(
    refined: Mapping[str, Barrier], base: Mapping[str, Barrier] | None, rival: Mapping[str, Barrier] | None
) -> Iterator[Finding]:
    """Yield a finding per grave rule that `refined` breaks: an error where neither other side breaks it."""
    for rule, item in refined.items():
        if item.impact not in GRAVE:
            continue
        before = base[rule].count if base is not None and rule in base else 0
        theirs = rival[rule].count if rival is not None and rule in rival else 0
        compared = base is not None or rival is not None
        if before >= item.count:
            severity = Severity.NOTE
        elif compared and before == 0 and theirs == 0:
            severity = Severity.ERROR
        else:
            severity = Severity.WARNING
        places = f" in {plural(item.count, 'place')}"
        parts = [
            f"{name} {count}"
            for name, count, there in (("base", before, base), ("rival", theirs, rival))
            if there is not None
        ]
        beside = f" ({', '.join(parts)})" if parts else ""
        yield Finding(
            f"a11y_{rule}"[:60],
            severity,
            clipped(f"{item.help}: {item.impact}{places}{beside}."),
            clipped(_advice(item)),
            width=AXE_WIDTH,
            selector=item.targets[0] if item.targets else "",
        )


def _advice(item: Barrier) -> str:
    lines = [line.strip() for line in item.advice.splitlines() if line.strip()]
    # axe opens with "Fix any of the following:"; the line after it says what.
    return lines[1] if len(lines) > 1 else item.help


def _barriers(browser: Browser, files: Files, framework: str) -> dict[str, Barrier] | None:
    """Rule to barrier for one side, or None when the page did not answer."""
    seen = look(browser, files, framework)
    if not seen.hung and seen.result is None:
        seen = look_for_barriers(browser, files, framework)
    if seen.hung or not isinstance(seen.result, list):
        return None
    found = (
        Barrier(
            str(row["id"])[:60],
            str(row["impact"]),
            str(row["help"])[:200],
            int(row["count"]),
            tuple(str(target) for target in row["targets"]),
            str(row["advice"]),
        )
        for row in seen.result
    )
    return {item.rule: item for item in found if item.rule not in _NOT_THEIRS}
