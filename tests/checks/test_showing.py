"""The checks that need a browser, on real pages and on pages made to fail."""

from __future__ import annotations

import json

import pytest

from checks import accessibility, effort, registry, render
from checks.accessibility import Barrier
from checks.browser import Browser
from checks.rendering import Blocked, Message, Rendering, Shot, Trouble
from checks.verdict import Finding, Outcome, Severity, Subject
from tests.checks.test_similarity import _rows


def page(body: str, head: str = "") -> dict[str, str]:
    return {
        "index.html": f"<!doctype html><html lang=en><head><title>T</title>{head}</head><body>{body}</body></html>"
    }


def seen(**more: object) -> Rendering:
    return Rendering(settle_ms=300.0, **more)  # type: ignore[arg-type]  # each test names real fields


def shot(width: int = 375, overflow: int = 0, blank: bool = False) -> Shot:
    return Shot(width, b"png", 0 if blank else 9, 5, 800, overflow, "#wide", blank)


def severities(findings: object) -> dict[str, Severity]:
    assert not isinstance(findings, str)
    return {finding.code: finding.severity for finding in findings}  # type: ignore[attr-defined]  # an iterator of findings


OLD = Message("uncaught", "TypeError: x is 3 at https://preview.invalid/a")
SAME = Message("uncaught", "TypeError: x is 7 at https://preview.invalid/b")


def test_new_errors_fail_and_inherited_ones_warn() -> None:
    assert severities(render.compare(seen(errors=[OLD]), seen(), None)) == {"uncaught_error": Severity.ERROR}
    assert severities(render.compare(seen(errors=[OLD]), seen(errors=[SAME]), None)) == {
        "uncaught_error": Severity.WARNING
    }
    assert severities(render.compare(seen(errors=[OLD]), None, seen(errors=[SAME]))) == {
        "uncaught_error": Severity.ERROR
    }


def test_what_the_base_has_too_weighs_less() -> None:
    bad = seen(
        console=[Message("error", "no")],
        blocked=[Blocked("https://a.test/", "image")],
        problems=[Trouble("App.tsx: unexpected token", "App.tsx", 3)],
        unshelved=[Trouble("https://cdn.test/x.js")],
    )
    new = severities(render.compare(bad, seen(), None))
    old = severities(render.compare(bad, bad, None))
    assert new == {
        "console_error": Severity.WARNING,
        "blocked_request": Severity.WARNING,
        "assembly": Severity.ERROR,
        "not_on_shelf": Severity.WARNING,
    }
    assert old == {
        "console_error": Severity.NOTE,
        "blocked_request": Severity.NOTE,
        "assembly": Severity.WARNING,
        "not_on_shelf": Severity.NOTE,
    }


def test_hung_left_blank_and_heavy() -> None:
    assert severities(render.compare(seen(hung=True, why="time"), None, None)) == {"hung": Severity.ERROR}
    assert severities(render.compare(seen(hung=True, why="gpu"), None, None)) == {
        "too_heavy": Severity.WARNING
    }
    assert severities(render.compare(seen(left=True), None, None)) == {"left": Severity.ERROR}
    assert severities(render.compare(seen(shots={375: shot(blank=True)}), None, None)) == {
        "blank": Severity.ERROR
    }
    assert severities(render.compare(seen(skipped=(375,)), None, None)) == {"skipped": Severity.WARNING}


def test_overflow_is_compared_by_width() -> None:
    wide, wider = seen(shots={375: shot(overflow=40)}), seen(shots={375: shot(overflow=90)})
    assert severities(render.compare(wide, seen(shots={375: shot()}), None)) == {"overflow": Severity.WARNING}
    assert severities(render.compare(wide, wider, None)) == {"overflow": Severity.NOTE}
    (finding,) = render.compare(wider, wide, None)
    assert (finding.width, finding.selector, finding.severity) == (375, "#wide", Severity.WARNING)


def barrier(count: int, impact: str = "serious") -> dict[str, Barrier]:
    return {
        "color-contrast": Barrier(
            "color-contrast", impact, "Contrast", count, ("p",), "Fix any:\n  more contrast"
        )
    }


@pytest.mark.parametrize(
    ("base", "rival", "severity"),
    [
        ({}, {}, Severity.ERROR),
        ({}, barrier(1), Severity.WARNING),
        (barrier(1), {}, Severity.WARNING),
        (barrier(2), {}, Severity.NOTE),
        (None, {}, Severity.ERROR),
        (None, None, Severity.WARNING),
    ],
)
def test_barriers_are_compared(
    base: dict[str, Barrier] | None, rival: dict[str, Barrier] | None, severity: Severity
) -> None:
    (finding,) = accessibility.compare(barrier(2), base, rival)
    assert (finding.severity, finding.fix, finding.selector) == (severity, "more contrast", "p")
    assert not list(accessibility.compare(barrier(2, "moderate"), base, rival))


def test_every_finding_says_what_and_how() -> None:
    assert list(registry.CHECKS) == ["static", "render", "accessibility", "effort", "originality"]
    for check in registry.CHECKS.values():
        assert check.version >= 1
        assert check.queue in ("light", "chromium")


def complete(findings: tuple[Finding, ...]) -> bool:
    return all(finding.message and finding.fix and finding.message[-1] in ".!?\u2026" for finding in findings)


@pytest.mark.browser
def test_a_broken_refinement_fails_with_evidence(chromium: Browser) -> None:
    base, rival = page("<h1>Base</h1>"), page("<h1>Rival</h1>")
    broken = page("<h1>New</h1><div style='width:3000px'>w</div><script>missing()</script>")
    verdict = render.run(Subject("html", broken, base, rival), chromium)
    assert verdict.outcome is Outcome.FAIL
    assert {
        f"{side}-{width}.png" for side in ("refined", "base", "rival") for width in (375, 768, 1280)
    } < set(verdict.evidence)
    assert json.loads(verdict.evidence["log.json"])["refined"]["errors"][0]["text"].startswith(
        "ReferenceError"
    )
    assert {finding.code for finding in verdict.findings} == {"uncaught_error", "overflow"}
    assert complete(verdict.findings)
    json.dumps(verdict.metrics)


@pytest.mark.browser
def test_react_runs_from_the_shelf(chromium: Browser) -> None:
    app = (
        "import { useState } from 'react';\nimport { label } from './label';\n"
        "export default function App() { const [n, set] = useState<number>(41);\n"
        "  return <button onClick={() => set(n + 1)}>{label}: {n + 1}</button>; }"
    )
    files = {"src/App.tsx": app, "src/label.ts": "export const label: string = 'Answer';"}
    verdict = render.run(Subject("react", files), chromium)
    assert verdict.outcome is Outcome.PASS, verdict.findings
    assert verdict.metrics["refined"]["text_length"]["1280"] == len("Answer: 42")  # type: ignore[index]  # metrics are plain JSON
    broken = render.run(
        Subject("react", files | {"src/App.tsx": app.replace("return <", "return <<")}, files), chromium
    )
    assert broken.outcome is Outcome.FAIL


@pytest.mark.browser
def test_a_new_barrier_fails_accessibility(chromium: Browser) -> None:
    good, bad = page("<main><h1>Hi</h1></main>"), page("<main><h1>Hi</h1><input><button></button></main>")
    verdict = accessibility.run(Subject("html", bad, good, good), chromium)
    assert verdict.outcome is Outcome.FAIL
    assert {finding.code for finding in verdict.findings} >= {"a11y_label", "a11y_button-name"}
    assert complete(verdict.findings)
    assert accessibility.run(Subject("html", bad, bad, good), chromium).outcome is Outcome.PASS


@pytest.mark.browser
def test_real_edits_are_effort_and_invisible_trifles_are_not(chromium: Browser) -> None:
    smallest = next(row for row in _rows("human-edits/edits.jsonl") if row["key"].startswith("03"))
    edit = effort.run(Subject("html", smallest["after"], smallest["before"]), chromium)
    assert edit.outcome is Outcome.WARN
    assert edit.metrics["no_op"] is False
    assert [finding.code for finding in edit.findings] == ["looks_the_same"]
    text = smallest["before"]["index.html"]
    renamed = {
        "index.html": text.replace("</body>", "<i hidden></i></body>", 1)
        if "</body>" in text
        else text + "<i hidden></i>"
    }
    trifle = effort.run(Subject("html", renamed, smallest["before"]), chromium)
    assert trifle.outcome is Outcome.FAIL
    assert trifle.metrics["no_op"] is True


@pytest.mark.browser
def test_real_outputs_run_without_blame(chromium: Browser) -> None:
    rows = {row["key"]: row for row in _rows("frontend-pairs/prompts.jsonl") if len(row["generations"]) == 2}
    base, rival = (side["files"] for side in rows["brutalist-dev-landing-page"]["generations"])
    verdict = render.run(Subject("html", rival, base, rival), chromium)
    assert verdict.outcome is not Outcome.FAIL, verdict.findings
    # This one loads React and Babel from a CDN: the shelf answers.
    cdn = rows["tea-dunkability"]["generations"][1]["files"]
    shown = chromium.render(cdn, "html", (1280,))
    assert not shown.unshelved
    assert not shown.errors
    assert shown.shots[1280].text_length > 100
