"""A contributor's and a reviewers' way through one task in real Chromium: claimed, checked, sent back, mended, accepted.

All of the site runs: its web process, both workers and the beat. Rows are made before the browser starts.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.request import urlopen

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from catalog.models import Generation, Prompt, Use
from checks.chromium import find
from core import filesets
from people.rules import Role
from tests.browser.bench_stage import HTML, REACT, RIVAL, Bench, look_again
from tests.pipeline.yard import WORKERS, Yard
from tests.visitors import visitor
from tests.worlds import World, world
from work import actions

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.worker]
# Workers start, and checks render three pages at three widths: a crowded machine takes its time.
SLOW_MS = 60_000


@dataclass(frozen=True, slots=True)
class Work:
    """What a contributor writes into one file: with faults, mended, and mended again after the review."""

    base: dict[str, str]
    path: str
    faulty: str
    mended: str
    better: str

    @property
    def line(self) -> int:
        """The line that throws."""
        return self.faulty[: self.faulty.index("opening")].count("\n") + 1


CARD = (
    'const hours = ["Mon 7-18", "Sat 8-14"];\n\n'
    "export default function Card({{ name }}: {{ name: string }}) {{\n"
    "  {0}\n"
    '  return <article><h2>{{name}}</h2><p className="hours" style={{{{ {1} }}}}>{{hours.join(", ")}}</p>{2}</article>;\n'
    "}}\n"
)
SCRIPT = (
    'const main = document.querySelector("main");\n'
    "main.innerHTML = `<p class='hours' style='{1}'>Mon 7-18, Sat 8-14</p>{2}`;\n"
    "{0}\n"
)
PLAIN = HTML | {
    "index.html": HTML["index.html"].replace(
        "</body>", '<main></main><script src="hours.js"></script></body>'
    ),
    "hours.js": 'document.querySelector("main").textContent = "Open most days";\n',
}
# Wider than a phone, as long as it is not mended.
WIDE = "p.hours"
LINK = '<a href="#hours">When we are open</a>'
WORKS = {
    "html": Work(
        PLAIN, "hours.js",
        SCRIPT.format("opening.textContent = 1;", "width: 900px", ""),
        SCRIPT.format("", "max-width: 100%", ""),
        SCRIPT.format("", "max-width: 100%", LINK),
    ),
    "react": Work(
        REACT, "src/parts/Card.tsx",
        CARD.format("setTimeout(() => { opening.textContent = 1; });", "width: 900", ""),
        CARD.format("", 'maxWidth: "100%"', ""),
        CARD.format("", 'maxWidth: "100%"', LINK),
    ),
}  # fmt: skip


class Stage:
    """The open site with two tasks to claim, and a browser for each person who comes."""

    def __init__(self, yard: Yard, browser: Browser, sessions: dict[str, str]) -> None:
        self.yard, self.browser, self.sessions = yard, browser, sessions

    def visit(self, name: str) -> Page:
        """The queue as a person sees it, in a browser of their own."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(SLOW_MS)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": self.sessions[name], "url": self.yard.origin}
        context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict for the same keys
        page = context.new_page()
        page.goto(f"{self.yard.origin}/queue/")
        return page


def _open(made: World, name: str, work: Work) -> None:
    project = made.project
    prompt = Prompt.objects.create(
        project=project, key=name, text=f"A page for a bakery, {name}", framework=name, source="test", licence="CC0",
        cluster=name, tags=[],
    )  # fmt: skip
    for model, files, use in ((project.target, work.base, Use.TRAIN), (project.rival, RIVAL, Use.EVAL_ONLY)):
        Generation.objects.create(prompt=prompt, model=model, fileset=filesets.store(dict(files)), use=use)
    actions.open_tasks(project=project, by=made.lead)


@pytest.fixture(scope="module")
def sessions(yard: Yard, django_db_blocker: DjangoDbBlocker) -> dict[str, str]:
    made = world(prompts=0, pay_refine=1500)
    for name, work in WORKS.items():
        _open(made, name, work)
    people = [made.person("author", Role.CONTRIBUTOR)]
    people += [made.person(f"reviewer{n}", Role.REVIEWER) for n in range(3)]
    yard.start("web", *WORKERS, "beat")
    return {one.username: visitor(one).cookies[settings.SESSION_COOKIE_NAME].value for one in people}


@pytest.fixture(scope="module")
def stage(yard: Yard, sessions: dict[str, str]) -> Iterator[Stage]:
    yard.wait(lambda: "ready" if _up(yard.origin) else None, "the web process")
    with sync_playwright() as playwright:
        expect.set_options(timeout=SLOW_MS)
        browser = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
        yield Stage(yard, browser, sessions)
        browser.close()
        expect.set_options(timeout=5_000)


def _up(origin: str) -> bool:
    with contextlib.suppress(OSError), urlopen(f"{origin}/healthz", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def test_both_kinds_of_project_go_from_the_claim_to_acceptance(stage: Stage) -> None:
    page = stage.visit("author")
    done = []
    for _ in WORKS:
        look_again(page, f"{stage.yard.origin}/queue/")
        page.get_by_role("button", name="Claim the next refine task of Test project").click()
        framework = page.locator(".task-facts > span").nth(1).inner_text()
        # A second round is the same for both; the files of an app are the harder ones.
        reviewers = ["reviewer0", "reviewer1"] if framework == "react" else ["reviewer2"]
        _go_the_way(stage, Bench.on(page), WORKS[framework], reviewers)
        done.append(framework)
    assert sorted(done) == sorted(WORKS)


def _go_the_way(stage: Stage, bench: Bench, work: Work, reviewers: list[str]) -> None:
    page = bench.page
    bench.open(work.path)
    bench.write(work.faulty)
    bench.shows(WIDE, "Mon 7-18, Sat 8-14")
    _check(bench)
    _see_findings_in_place(bench, work)

    # The dialog knows what would be sent back, and leads to it.
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="Submit")
    expect(dialog).to_contain_text("would be sent back with 1 finding")
    expect(dialog.get_by_role("button", name="Submit all the same")).to_be_visible()
    dialog.locator(".last-findings .link").first.click()
    expect(page.locator("#code-status")).to_contain_text(work.path)

    bench.open(work.path)
    bench.write(work.mended)
    _check(bench)
    expect(page.locator("#checks-body .finding.is-error")).to_have_count(0)
    _submit(bench, "The hours are readable on a phone and nothing throws.")
    if len(reviewers) == 1:
        _review(stage, reviewers[0], None)
        return
    _review(stage, reviewers[0], f"Add a link to the hours: {work.path}:2 is the place for it.")

    # Back with its author: from the list of work to the bench, where the reviewer's words lead to the line.
    look_again(page, f"{stage.yard.origin}/work/")
    expect(page.locator(".waiting")).to_contain_text("Add a link to the hours")
    page.get_by_role("button", name="Resume round 2").click()
    bench.code.wait_for()
    feedback = page.locator("#feedback")
    expect(feedback).to_contain_text("The reviewer asks for changes")
    feedback.get_by_role("button", name=f"{work.path}:2").click()
    expect(bench.file(work.path)).to_have_attribute("aria-selected", "true")
    bench.write(work.better)
    bench.shows("main a, article a", "When we are open")
    _submit(bench, None)
    _review(stage, reviewers[1], None)
    look_again(page)
    expect(page.locator(".page-head .badge")).to_have_text("Accepted")
    look_again(page, f"{stage.yard.origin}/work/")
    expect(page.locator(".work-table tbody tr").first).to_contain_text("15.00")
    assert bench.faults == []


def _check(bench: Bench) -> None:
    """Run the checks on what stands, and wait until the last has answered."""
    bench.page.locator("#run-checks").click()
    expect(bench.page.locator("#run-checks")).to_have_class(re.compile("is-busy"))
    expect(bench.page.locator("#run-checks")).not_to_have_class(re.compile("is-busy"))
    expect(bench.page.locator("#checks-body .run")).to_have_count(5)


def _see_findings_in_place(bench: Bench, work: Work) -> None:
    """The error leads to its line, the wide element is outlined in the pane at the width that it is too wide for."""
    page = bench.page
    error = page.locator("#checks-body .finding.is-error")
    expect(error).to_contain_text("opening is not defined")
    other = next((path for path in work.base if path != work.path), None)
    if other:
        bench.open(other)
    error.get_by_role("button", name=f"{work.path}:{work.line}").click()
    expect(bench.file(work.path)).to_have_attribute("aria-selected", "true")
    expect(page.locator(".cm-lintRange-error, .cm-lintPoint-error")).to_have_count(1)
    expect(page.locator(".cm-activeLine")).to_contain_text("opening.textContent")
    wide = page.locator("#checks-body .finding", has_text="scrolls sideways").first
    wide.get_by_title("Outline it in the page").click()
    expect(bench.pane().locator(WIDE)).to_have_css("outline-style", "solid")
    width = bench.pane().locator("html").evaluate("() => innerWidth")
    assert f"{width} px" in wide.inner_text()


def _submit(bench: Bench, claim: str | None) -> None:
    """Hand in; a second round comes with the claim of the first."""
    bench.page.keyboard.press("Control+Enter")
    dialog = bench.page.get_by_role("dialog", name="Submit")
    if claim is not None:
        dialog.get_by_label("It beats the rival because").fill(claim)
    dialog.get_by_role("button", name="Submit the refinement").click()
    bench.page.wait_for_url(re.compile("/work/[0-9]+/"))


def _review(stage: Stage, name: str, changes: str | None) -> None:
    """Wait for the review to open, claim it and decide: changes if there are any, else accepted."""
    page = stage.visit(name)
    claim = page.get_by_role("button", name="Claim the next review task of Test project")

    def offered() -> bool:
        page.wait_for_timeout(500)
        look_again(page)
        return claim.count() > 0

    stage.yard.wait(offered, "a review to claim")
    claim.click()
    page.locator("#decision form.decision").wait_for()
    if changes is None:
        page.keyboard.press("1")
    else:
        page.keyboard.press("3")
        page.get_by_label("What has to change").fill(changes)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: "/review/" not in url)
    page.context.close()
