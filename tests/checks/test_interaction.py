"""What trying a page out finds, and that it finds the same each time."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from checks import interaction, render
from checks.browser import Browser
from checks.exploration import Exploration, Step
from checks.rendering import Message
from checks.verdict import Outcome, Severity, Subject
from tests.checks.test_showing import complete, page, severities
from tests.checks.test_similarity import _rows

# Patient, so that a crowded machine does not cut a visit short: what is tried is counted, not timed.
BUDGET_S = 90.0


@pytest.fixture(scope="module")
def patient() -> Iterator[Browser]:
    with Browser.launch(budget_s=BUDGET_S) as browser:
        yield browser


def tried(*steps: Step, **more: object) -> Exploration:
    return Exploration(list(steps), **more)  # type: ignore[arg-type]  # each test names real fields


def oops(text: str = "TypeError: x is 3", after: str = "clicking Go") -> Message:
    return Message("uncaught", text, "app.js", 4, 1280, after)


DEAD = Step("click", "Save", "#save", (), dead=True)


def test_what_is_new_weighs_more_than_what_the_base_does_too() -> None:
    bad = tried(DEAD, Step("click", "Go", "#go", ("page",), busy=True), errors=[oops()], shift=0.3)
    assert severities(interaction.compare(bad, tried(), tried())) == {
        "error_on_use": Severity.ERROR,
        "dead_control": Severity.WARNING,
        "busy_on_use": Severity.WARNING,
        "layout_shift": Severity.WARNING,
    }
    assert severities(interaction.compare(bad, bad, None)) == {
        "error_on_use": Severity.WARNING,
        "dead_control": Severity.NOTE,
        "busy_on_use": Severity.NOTE,
        "layout_shift": Severity.NOTE,
    }
    assert complete(tuple(interaction.compare(bad, None, bad)))


def test_a_page_that_stops_answering_names_what_was_done() -> None:
    (finding,) = interaction.compare(tried(hung=True, at="clicking Start"), tried(), None)
    assert finding.severity is Severity.ERROR
    assert "after clicking Start" in finding.message
    (finding,) = interaction.compare(tried(hung=True), tried(hung=True), None)
    assert finding.severity is Severity.WARNING


def test_errors_of_loading_are_told_by_the_render_check_alone() -> None:
    assert not list(interaction.compare(tried(errors=[oops(after="")]), tried(), None))


def test_a_control_that_worked_once_is_not_dead() -> None:
    again = Step("click", "Save", "#save", ("page",))
    assert not list(tried(DEAD, again).dead)
    assert [step.label for step in tried(DEAD, DEAD).dead] == ["Save"]


CONTROLS = page(
    "<main><h1>Shop</h1>"
    "<button id=works>Add</button><p id=out></p>"
    "<button id=dead>Checkout</button>"
    "<button id=throws>Search</button>"
    "<button id=clear>Clear</button><form id=f><input id=name placeholder=Name required><button>Send</button></form>"
    "<a id=nowhere href='#'>Terms</a><a id=section href='#far'>Far</a><a id=out-link href='https://a.test/'>Away</a>"
    "<label><input type=checkbox> Gift</label><select id=size><option>S<option>L</select>"
    "<button id=off disabled>Off</button><button id=tab aria-selected=true role=tab>Tab</button>"
    "<button id=ask>Ask</button><button id=file>Upload</button><input type=file id=picker hidden>"
    "<div style='height:2000px'></div><h2 id=far>Far</h2></main>"
    "<script>const $ = (id) => document.getElementById(id);"
    "$('works').onclick = () => setTimeout(() => $('out').textContent += 'x', 150);"
    "$('throws').onclick = () => missing.thing();"
    "$('clear').onclick = () => $('name').value && ($('name').value = '', $('out').textContent = '');"
    "$('f').onsubmit = (e) => { e.preventDefault(); $('out').textContent = 'sent'; };"
    "$('ask').onclick = () => alert('hi'); $('file').onclick = () => $('picker').click();</script>"
)


@pytest.mark.browser
def test_dead_and_broken_controls_are_found_and_live_ones_are_not(patient: Browser) -> None:
    found = patient.explore(CONTROLS, "html")
    assert not found.hung
    assert not found.cut
    by_label = {step.label: step for step in found.steps}
    assert {step.label for step in found.dead} == {"Checkout", "Terms"}
    assert [(error.text, error.after) for error in found.broken] == [
        ("ReferenceError: missing is not defined", "clicking Search")
    ]
    assert by_label["Search"].effects == ("error",)
    assert "Off" not in by_label
    assert "page" in by_label["Add"].effects
    assert by_label["Ask"].effects == ("dialog",)
    assert by_label["Upload"].effects == ("picker",)
    assert "link" in by_label["Away"].effects
    assert "scroll" in by_label["Far"].effects
    assert {step.kind for step in found.steps} == {"type", "choose", "click", "keys"}


@pytest.mark.browser
def test_the_same_page_is_told_alike_and_an_error_fails_the_check(patient: Browser) -> None:
    chance = page(
        "<button id=b>Roll</button><p id=p></p><canvas id=c></canvas><script>"
        "let n = 0; setInterval(() => p.title = Date.now(), 7); requestAnimationFrame(function f(t) {"
        "c.getContext('2d').fillRect(t % 90, 0, 9, 9); requestAnimationFrame(f) });"
        "b.onclick = () => { const s = Math.random() + performance.now() + crypto.randomUUID() + new Date();"
        "setTimeout(() => { throw new Error('rolled ' + s) }, 30) }</script>"
    )
    told = json.dumps(patient.explore(chance, "html").told())
    assert "rolled " in told
    verdict = render.run(Subject("html", chance, page("<p>Base</p>")), patient)
    assert json.dumps(json.loads(verdict.evidence["interaction.json"])["refined"]) == told
    assert verdict.outcome is Outcome.FAIL
    assert "error_on_use" in {finding.code for finding in verdict.findings}
    assert complete(verdict.findings)


TRAPS = {
    "Wait": "const s = Date.now(); while (Date.now() - s < 300); document.title = 'x'",
    "Leave": "location.href = 'https://a.test/'",
    "Flood": "setInterval(() => document.body.append(document.createElement('p')), 0)",
    "Ask": "confirm('sure?') && prompt('name') && print()",
    "Open": "open('https://a.test/'); const a = document.createElement('a'); a.href = 'data:,x'; a.download = 'x'; a.click()",
    "Cover": "document.body.insertAdjacentHTML('beforeend', '<dialog>x</dialog>'); document.querySelector('dialog').showModal()",
    "Again": "location.reload()",
    "Rewrite": "document.open(); document.write('<h1>other</h1><button>New</button>'); document.close()",
}


@pytest.mark.browser
def test_traps_behind_buttons_end(patient: Browser) -> None:
    buttons = "".join(f'<button onclick="{does}">{name}</button>' for name, does in TRAPS.items())
    found = patient.explore(page(f"<p>x</p>{buttons}"), "html")
    assert not found.hung
    assert not found.cut
    assert not list(found.dead)
    assert len({step.label for step in found.steps} & set(TRAPS)) >= 3
    gone = patient.explore(page('<button onclick="document.documentElement.remove()">Go</button>'), "html")
    assert not gone.hung


@pytest.mark.browser
def test_a_page_that_never_answers_is_stopped_and_the_next_one_is_untouched() -> None:
    with Browser.launch(budget_s=6.0) as browser:
        found = browser.explore(page('<button onclick="while (true);">Go</button>'), "html")
        assert (found.hung, found.why, found.at) == (True, "time", "clicking Go")
        after = browser.explore(page("<button onclick=\"this.textContent='done'\">Go</button>"), "html")
        assert not after.hung


@pytest.mark.browser
def test_a_real_output_is_told_alike_again(patient: Browser) -> None:
    """The long form is `make manage ARGS="try_checks --repeat 20 ..."`."""
    rows = {row["key"]: row for row in _rows("frontend-pairs/prompts.jsonl")}
    files = rows["tea-dunkability"]["generations"][0]["files"]
    tellings = {json.dumps(patient.explore(files, "html").told()) for _ in range(2)}
    assert len(tellings) == 1
