"""The in-task model's panel in a real Chromium: asked, streamed, taken piece by piece by keyboard, cut off, down.

The model is a server of ours on loopback that speaks the protocol, well or badly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from catalog.models import Project
from checks.chromium import find
from tests.browser.bench_stage import HTML, PATIENCE_MS, Bench, Seat, seats
from tests.pipeline.yard import Yard
from tests.work.endpoint import MODEL, ChatServer, Script, chat_server, chunk, said
from work.models import Submission

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.worker]
KEY = "sk-nobody-may-read-this"
QUESTIONS = 2
MENU = '<nav><a id="menu" href="#hours">Hours</a></nav>'
LINES = HTML["index.html"].split("\n")
PAGE = "\n".join([LINES[0], LINES[1].replace("Bakery", "The bakery"), LINES[2], LINES[3], MENU, *LINES[4:]])
STYLE = "h1 { color: rgb(4, 5, 6); }\n"
ANSWER = f"Here it is.\n\n```index.html\n{PAGE}```\n\n```site.css\n{STYLE}```\n"


@pytest.fixture(scope="module")
def model() -> Iterator[ChatServer]:
    with chat_server() as made:
        yield made


@pytest.fixture(scope="module")
def held(yard: Yard, django_db_blocker: DjangoDbBlocker, model: ChatServer) -> dict[str, Seat]:
    made = seats(yard, pieces="html", broken="html", limits="html")
    Project.objects.update(assist_on=True, assist_requests=QUESTIONS)
    entry = {"url": model.url, "model": MODEL, "key_env": "TEST_ASSIST_KEY"}
    yard.env |= {"ASSIST_ENDPOINTS": json.dumps({"target-model": entry}), "TEST_ASSIST_KEY": KEY}
    yard.start("web")
    return made


@pytest.fixture(scope="module")
def browser(held: dict[str, Seat]) -> Iterator[Browser]:
    # Playwright keeps a loop on this thread, where Django would refuse to read rows; here nothing runs in it.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE_MS)
        made = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
        yield made
        made.close()
        expect.set_options(timeout=5_000)


@pytest.fixture
def bench(
    request: pytest.FixtureRequest, browser: Browser, held: dict[str, Seat], model: ChatServer
) -> Iterator[Bench]:
    opened = Bench(browser, held[request.param])
    yield opened
    page = opened.page.content()
    shown = [
        name
        for name in (MODEL, "secret-model", "target-model", KEY, model.url, str(model.port))
        if name in page
    ]
    opened.close()
    assert shown == [], "the page tells which model it is, or where"


def at(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bench", [name], indirect=True)


def ask(page: Page, words: str) -> None:
    """Ask by keyboard alone."""
    page.keyboard.press("Alt+a")
    expect(page.locator("#askwords")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(words)
    page.keyboard.press("Alt+Enter")


def heading(page: Page, text: str) -> None:
    expect(page.locator(".pieces-head h2")).to_have_text(text)


@at("pieces")
def test_pieces_are_taken_by_keyboard_undone_and_counted_in_the_submission(
    bench: Bench, held: dict[str, Seat], model: ChatServer
) -> None:
    page = bench.page
    script = said(ANSWER)
    script.pause = 0.02
    model.scripts = [script]
    ask(page, "Add a menu.")
    expect(page.locator("#ask-said")).to_have_text(re.compile(r"Writing index\.html: [0-9]+ lines?"))
    expect(page.locator(".answer-tail")).to_contain_text("<!doctype html>")
    heading(page, "3 pieces to look at")

    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('[data-piece=\"1\"]') !== null"):
            break
    expect(page.locator('[data-piece="1"]')).to_contain_text("The bakery")
    page.keyboard.press("s")
    expect(page.locator('[data-piece="2"] [data-act=accept]')).to_be_focused()
    page.keyboard.press("a")
    bench.shows("#menu", "Hours")
    page.keyboard.press("a")
    heading(page, "2 pieces taken, 1 skipped.")
    expect(bench.pane().locator("#head")).to_have_css("color", "rgb(4, 5, 6)", timeout=PATIENCE_MS)

    # What was taken is an edit like any other: one undo takes a piece back, one redo brings it again.
    bench.open("index.html")
    bench.code.focus()
    page.keyboard.press("Control+z")
    assert MENU not in bench.text()
    page.keyboard.press("Control+y")
    assert MENU in bench.text()
    assert "The bakery" not in bench.text()
    bench.saved()

    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="Submit")
    dialog.get_by_label("It beats the rival because").fill("One finds the hours at once.")
    dialog.get_by_role("button", name="Submit the refinement").click()
    page.wait_for_url(re.compile("/work/[0-9]+/"))
    sent = Submission.objects.get(assignment_id=held["pieces"].url.rstrip("/").rpartition("/")[2])
    assert sent.model_share == 1.0
    assert sent.origins is not None
    assert (sent.origins["person"], sent.origins["copied"]) == (0, 0)


@at("broken")
def test_what_came_of_a_broken_answer_is_used_and_faults_are_told_in_words(
    bench: Bench, model: ChatServer
) -> None:
    page, told = bench.page, bench.page.locator("#ask-said")
    model.scripts = [Script([chunk(f"```index.html\n{PAGE}```\n\n```site.css\nh1 {{ co")])]
    ask(page, "Add a menu.")
    expect(told).to_contain_text("The answer broke off on its way. What came can be used:")
    page.get_by_role("button", name="Accept all").click()
    bench.shows("#menu", "Hours")

    # Busy: one is told for how long, and asked again by a button.
    model.scripts = [
        Script(status=429, headers={"Retry-After": "1"}),
        said("```site.css\n" + STYLE + "```\n"),
    ]
    ask(page, "Make the heading darker.")
    expect(told).to_contain_text("The model is busy. Try again in a moment.")
    page.get_by_role("button", name="Ask again", exact=True).click()
    heading(page, "1 piece to look at")


@at("limits")
def test_an_endpoint_that_is_down_costs_no_question_and_used_up_ones_are_told(
    bench: Bench, model: ChatServer
) -> None:
    page, told, left = bench.page, bench.page.locator("#ask-said"), bench.page.locator("#ask-left")
    model.scripts = [Script(status=500)]
    ask(page, "Add a menu.")
    expect(told).to_contain_text("The model failed at its end.")
    expect(left).to_contain_text("2 questions left")
    model.scripts = [Script([chunk("```index.html\nline\n"), None])]
    page.get_by_role("button", name="Ask again", exact=True).click()
    expect(page.locator(".answer-tail")).to_contain_text("line")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator(".answer-tail")).to_have_count(0)
    expect(page.locator("#ask")).to_be_focused()
    expect(left).to_contain_text("1 question left")
    model.scripts = [said(ANSWER)]
    ask(page, "Add a menu.")
    heading(page, "3 pieces to look at")
    expect(left).to_have_text("All questions of this task are used up")
    ask(page, "Another one.")
    expect(told).to_contain_text(f"All {QUESTIONS} questions")
