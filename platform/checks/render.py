"""Runs the page at three widths, tries it out, and compares what happens with base and rival, treated in the same way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from checks import interaction, pictures
from checks.exploration import Exploration
from checks.looking import WIDTHS, examine
from checks.preview_files import PREVIEW_ORIGIN
from checks.rendering import Difference, Message, Rendering
from checks.verdict import Files, Finding, Severity, Subject, Verdict, clipped, conclude, plural

if TYPE_CHECKING:
    from checks.browser import Browser

NAME = "render"
VERSION = 2
QUEUE = "chromium"

SLOW_MS = 5_000
# Overflow a page inherits may grow by a scrollbar's width before it counts as worse.
OVERFLOW_SLACK_PX = 16

_WHY = {
    "time": "did not answer in time",
    "memory": "took more than two gigabytes of memory",
    "crash": "made its browser tab crash",
}
_WHY_FIX = {
    "time": "Look for an endless loop, or work that should be spread over frames or a worker.",
    "memory": "Look for arrays, canvases or elements that grow without end.",
    "crash": "Look for data that grows without end, or very deep recursion.",
}


def run(subject: Subject, browser: Browser | None) -> Verdict:
    """Judge how the refined files run. Evidence: a screenshot per side and width, the log of each side, what was tried
    out and what came of it (`interaction.json`), and what differs or is amiss in the pictures (`looks.json`).

    Raises ValueError without a browser, BrowserLost when it fails for reasons of its own, FileNotFoundError when
    axe-core was not installed.
    """
    if browser is None:
        raise ValueError("The render check needs a browser.")
    sides: dict[str, Files] = {"refined": subject.refined}
    if subject.base is not None:
        sides["base"] = subject.base
    if subject.rival is not None:
        sides["rival"] = subject.rival
    examined = {side: examine(browser, files, subject.framework) for side, files in sides.items()}
    seen = {side: view for side, (view, _) in examined.items()}
    tried = {side: found for side, (_, found) in examined.items() if found is not None}
    differences = _differences(seen["refined"], seen.get("base"))
    findings = list(compare(seen["refined"], seen.get("base"), seen.get("rival")))
    if "refined" in tried:
        findings += interaction.compare(tried["refined"], tried.get("base"), tried.get("rival"))
    refined = seen["refined"]
    settled = f"{refined.settle_ms / 1000:.1f} s" if refined.settle_ms is not None else "no time"
    clean = f"Runs without new errors at {', '.join(str(width) for width in sorted(WIDTHS))} px; settled in {settled}."
    if "refined" in tried:
        clean += f" Nothing broke in {plural(len(tried['refined'].steps), 'action')} that were tried."
    if subject.base is None:
        clean += " There is no base to compare with."
    metrics: dict[str, object] = {side: dict(view.as_dict()) for side, view in seen.items()}
    metrics["interaction"] = {side: dict(found.as_dict()) for side, found in tried.items()}
    metrics["changed_pixels"] = {str(width): round(found.share, 4) for width, found in differences.items()}
    return conclude(findings, clean=clean, evidence=_evidence(seen, tried, differences), metrics=metrics)


def _differences(refined: Rendering, base: Rendering | None) -> dict[int, Difference]:
    """How the pictures of base and refinement differ, by width."""
    if base is None:
        return {}
    return {
        width: pictures.compare(base.shots[width].png, shot.png)
        for width, shot in refined.shots.items()
        if shot.png and width in base.shots and base.shots[width].png
    }


def _evidence(
    seen: Mapping[str, Rendering],
    tried: Mapping[str, Exploration],
    differences: Mapping[int, Difference],
) -> dict[str, bytes]:
    kept = {
        f"{side}-{width}.png": shot.png
        for side, view in seen.items()
        for width, shot in view.shots.items()
        if shot.png
    }
    looks = {
        # The size of a picture stands in its header; boxes drawn over it need the height.
        "heights": {
            side: {
                str(width): int.from_bytes(shot.png[20:24]) for width, shot in view.shots.items() if shot.png
            }
            for side, view in seen.items()
        },
        "differences": {str(width): asdict(found) for width, found in differences.items()},
        "marks": {
            side: {str(width): [asdict(mark) for mark in shot.marks] for width, shot in view.shots.items()}
            for side, view in seen.items()
        },
    }
    told = {
        "log.json": {side: _log(view) for side, view in seen.items()},
        "interaction.json": {side: found.told() for side, found in tried.items()},
        "looks.json": looks,
    }
    return kept | {
        name: json.dumps(data, ensure_ascii=False).encode(errors="replace") for name, data in told.items()
    }


def compare(refined: Rendering, base: Rendering | None, rival: Rendering | None) -> Iterator[Finding]:
    """Yield the findings on `refined`: what `base` suffers from as well is a warning, what is new an error."""
    if refined.hung and refined.why == "gpu":
        yield Finding(
            "too_heavy",
            Severity.WARNING,
            "The page could not be shown without a graphics card, so nothing more was checked. A person will look at it.",
            "Draw less per frame: a smaller canvas, simpler shaders, fewer objects.",
        )
    elif refined.hung:
        also = base is not None and base.hung
        yield Finding(
            "hung",
            Severity.ERROR,
            f"The page {_WHY.get(refined.why, _WHY['time'])} and was stopped."
            + (" So was the base." if also else ""),
            _WHY_FIX.get(refined.why, _WHY_FIX["time"]),
        )
    if refined.left:
        where = next((item.url for item in refined.blocked if item.kind == "navigation"), "another address")
        yield Finding(
            "left",
            Severity.ERROR,
            clipped(f"The page navigates itself away, to {where[:200]}."),
            "Remove the redirect, reload or meta refresh: the page must stay where it is.",
        )
    yield from _assembly(refined, base)
    yield from _errors(refined, base, rival)
    yield from _console(refined, base)
    yield from _requests(refined, base)
    yield from _looks(refined, base, rival)
    yield from _overlaps(refined, base)
    yield from _pace(refined, base)


def _assembly(refined: Rendering, base: Rendering | None) -> Iterator[Finding]:
    old = {trouble.message for trouble in base.problems} if base is not None else set()
    for trouble in refined.problems[:20]:
        known = trouble.message in old
        yield Finding(
            "assembly",
            Severity.WARNING if known else Severity.ERROR,
            clipped(trouble.message),
            trouble.fix or "Mend the file; the preview shows the same message.",
            trouble.path,
            trouble.line,
        )
    old_urls = {trouble.message for trouble in base.unshelved} if base is not None else set()
    for trouble in refined.unshelved[:20]:
        yield Finding(
            "not_on_shelf",
            Severity.NOTE if trouble.message in old_urls else Severity.WARNING,
            clipped(f"{trouble.message} is not on the shelf and was not loaded."),
            trouble.fix or "Use a library on the shelf, or put what you need into the files.",
        )


def _errors(refined: Rendering, base: Rendering | None, rival: Rendering | None) -> Iterator[Finding]:
    old = {message.key for message in base.errors} if base is not None else set()
    rivals = {message.key for message in rival.errors} if rival is not None else set()
    told: set[str] = set()
    for message in refined.errors:
        if message.key in told:
            continue
        told.add(message.key)
        if len(told) > 10:
            return
        known = message.key in old
        tail = (
            " The base raises it too."
            if known
            else " The rival raises it too."
            if message.key in rivals
            else ""
        )
        yield Finding(
            "uncaught_error",
            Severity.WARNING if known else Severity.ERROR,
            clipped(f"Uncaught error: {message.text}.{tail}"),
            "Open the page's log in the preview, find where it is thrown, and handle it.",
            message.path,
            message.line,
            message.width,
        )


def _console(refined: Rendering, base: Rendering | None) -> Iterator[Finding]:
    old = {message.key for message in base.console} if base is not None else set()
    told: set[str] = set()
    for message in refined.console:
        if message.kind != "error" or message.key in told:
            continue
        told.add(message.key)
        if len(told) > 10:
            return
        yield Finding(
            "console_error",
            Severity.NOTE if message.key in old else Severity.WARNING,
            clipped(f"The console says: {message.text}"),
            "Mend what it complains of, or stop logging it as an error.",
            message.path,
            message.line,
            message.width,
        )


def _requests(refined: Rendering, base: Rendering | None) -> Iterator[Finding]:
    old = {item.url for item in base.blocked} if base is not None else set()
    named = {trouble.message for trouble in refined.unshelved}
    for item in refined.blocked[:20]:
        if item.url in named or (item.kind == "navigation" and refined.left):
            continue
        # An address within the page is told as the page has it: where a robot serves it from says nothing to anybody.
        shown = item.url.removeprefix(f"{PREVIEW_ORIGIN}/")[:200]
        yield Finding(
            "blocked_request",
            Severity.NOTE if item.url in old else Severity.WARNING,
            clipped(f"A request for {shown} was stopped: previews have no network."),
            "Put the data, image or font into the files.",
        )


def _looks(refined: Rendering, base: Rendering | None, rival: Rendering | None) -> Iterator[Finding]:
    for width, shot in sorted(refined.shots.items()):
        was = base.shots.get(width) if base is not None else None
        if shot.blank:
            yield Finding(
                "blank",
                Severity.ERROR,
                f"At {width} px the page is blank: one colour and no text."
                + (" So is the base." if was and was.blank else ""),
                "See the errors above; often a script stops before it draws anything.",
                width=width,
            )
        if shot.overflow_px <= 0 or refined.left:
            continue
        before = was.overflow_px if was is not None else 0
        theirs = rival.shots.get(width) if rival is not None else None
        worse = shot.overflow_px > before + OVERFLOW_SLACK_PX
        tail = f" The base does so by {before} px." if before else ""
        if theirs is not None and theirs.overflow_px:
            tail += f" The rival does so by {theirs.overflow_px} px."
        yield Finding(
            "overflow",
            Severity.WARNING if worse else Severity.NOTE,
            f"At {width} px the page scrolls sideways by {shot.overflow_px} px.{tail}",
            "Give the element max-width: 100%, let it wrap, or make its container scroll.",
            width=width,
            selector=shot.overflow_selector,
        )


def _overlaps(refined: Rendering, base: Rendering | None) -> Iterator[Finding]:
    """Pieces of text that lie over each other, or are cut off: once each, at the first width where it happens."""
    told: set[tuple[str, ...]] = set()
    old = {
        (mark.kind, mark.selector, mark.other)
        for shot in (base.shots.values() if base is not None else ())
        for mark in shot.marks
    }
    for width, shot in sorted(refined.shots.items()):
        for mark in shot.marks:
            sign = (mark.kind, mark.selector, mark.other)
            if mark.kind == "overflow" or sign in told or len(told) >= 8:
                continue
            told.add(sign)
            known = sign in old
            what = f"“{mark.text}”" if mark.text else mark.selector
            tail = " The base does the same." if known else ""
            if mark.kind == "overlap":
                yield Finding(
                    "overlap",
                    Severity.NOTE if known else Severity.WARNING,
                    clipped(f"At {width} px {what} and {mark.other} lie over each other.{tail}"),
                    "Let one of them move or wrap: avoid fixed heights, negative margins and absolute places for text.",
                    width=width,
                    selector=mark.selector,
                )
            else:
                yield Finding(
                    "clipped_text",
                    Severity.NOTE,
                    clipped(f"At {width} px {what} is cut off by its own box.{tail}"),
                    "Let the box grow with its text, or show an ellipsis.",
                    width=width,
                    selector=mark.selector,
                )


def _pace(refined: Rendering, base: Rendering | None) -> Iterator[Finding]:
    if refined.skipped:
        also = base is not None and bool(base.skipped)
        yield Finding(
            "skipped",
            Severity.NOTE if also else Severity.WARNING,
            f"The page is so heavy that there was no time for {' and '.join(map(str, refined.skipped))} px."
            + (" The base is too." if also else ""),
            "Draw less per frame: fewer particles, a smaller canvas, simpler shaders.",
        )
    took = refined.settle_ms
    if took is None or took < SLOW_MS:
        return
    before = base.settle_ms if base is not None else None
    yield Finding(
        "slow",
        Severity.NOTE if before is not None and before >= SLOW_MS else Severity.WARNING,
        f"The page took {took / 1000:.1f} s to settle."
        + (f" The base takes {before / 1000:.1f} s." if before is not None else ""),
        "Do less before the first picture; start the rest afterwards.",
    )


def _log(view: Rendering) -> Mapping[str, object]:
    """What one side said, as JSON-able data."""

    def said(message: Message) -> dict[str, object]:
        return {
            "kind": message.kind,
            "text": message.text,
            "path": message.path,
            "line": message.line,
            "width": message.width,
        }

    return {
        "errors": [said(message) for message in view.errors],
        "console": [said(message) for message in view.console],
        "blocked": [{"url": item.url, "kind": item.kind} for item in view.blocked],
        "problems": [
            {"message": item.message, "path": item.path, "line": item.line} for item in view.problems
        ],
        "unshelved": [{"url": item.message, "hint": item.fix} for item in view.unshelved],
        "dropped": view.dropped,
    }
