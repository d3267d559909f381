"""The bench in a real Chromium, on the real site: panes, files, editor, and the keyboard's way through them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from checks.chromium import find
from tests.browser.bench_stage import HTML, PATIENCE_MS, REACT, Bench, Seat, seats
from tests.pipeline.yard import Yard

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.worker]
TESTS = {
    "plain": "html", "components": "react", "files": "react", "panes": "html", "syntax": "react", "formatting": "react",
    "changes": "html", "versions": "html", "keys": "react", "layout": "html",
}  # fmt: skip


@pytest.fixture(scope="module")
def held(yard: Yard, django_db_blocker: DjangoDbBlocker) -> dict[str, Seat]:
    made = seats(yard, **TESTS)
    yard.start("web")
    return made


@pytest.fixture(scope="module")
def browser(held: dict[str, Seat]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def bench(request: pytest.FixtureRequest, browser: Browser, held: dict[str, Seat]) -> Iterator[Bench]:
    opened = Bench(browser, held[request.param])
    yield opened
    opened.close()


def at(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bench", [name], indirect=True)


@at("plain")
def test_editing_a_page_updates_the_refined_pane_alone(bench: Bench) -> None:
    bench.shows("#head", "Bakery")
    bench.open("index.html")
    bench.write(HTML["index.html"].replace(">Bakery<", ">Better bakery<"))
    bench.shows("#head", "Better bakery")
    bench.shows("#head", "Bakery", "base")
    bench.open("site.css")
    bench.write("h1 { color: rgb(9, 8, 7); }")
    expect(bench.pane().locator("#head")).to_have_css("color", "rgb(9, 8, 7)", timeout=PATIENCE_MS)
    expect(bench.file("site.css")).to_have_attribute("aria-label", "site.css, changed from the base")


@at("components")
def test_editing_a_component_updates_the_refined_pane(bench: Bench) -> None:
    bench.shows("article", "one")
    bench.open("src/parts/Card.tsx")
    bench.write(REACT["src/parts/Card.tsx"].replace("{name}<", "{name.toUpperCase()}!<"))
    bench.shows("article", "ONE!")
    bench.shows("article", "one", "base")
    # Search is fetched when it is first asked for.
    bench.code.focus()
    bench.page.keyboard.press("Control+f")
    expect(bench.page.locator(".cm-search input[name=search]")).to_be_focused()
    bench.page.keyboard.type("toUpper")
    expect(bench.page.locator(".cm-searchMatch")).to_have_text("toUpper")
    bench.page.keyboard.press("Escape")
    expect(bench.code).to_be_focused()


@at("files")
def test_files_are_added_renamed_deleted_and_put_back(bench: Bench) -> None:
    expect(bench.file("src/App.tsx")).to_have_attribute("aria-label", "App.tsx, opens first")
    bench.button("Add a file").click()
    bench.page.fill("#file-name", "src/parts/Card.tsx")
    bench.button("Add file").click()
    expect(bench.page.locator("#file-name-error")).to_have_text("There is already a file of that name.")
    bench.page.fill("#file-name", "src/Other.tsx")
    bench.button("Add file").click()
    expect(bench.code).to_be_focused()
    bench.page.keyboard.insert_text("export default () => <h1 id='head'>Other</h1>")
    # Renamed by keyboard, and made the one that opens.
    bench.file("src/Other.tsx").focus()
    bench.page.keyboard.press("F2")
    bench.page.fill("#file-name", "src/Second.tsx")
    bench.page.keyboard.press("Enter")
    expect(bench.file("src/Other.tsx")).to_have_count(0)
    bench.page.locator(".tree-tools summary").click()
    bench.button("Open this one first").click()
    bench.shows("#head", "Other")
    expect(bench.file("src/main.tsx")).to_have_attribute("aria-label", "main.tsx, added, opens first")
    bench.file("src/main.tsx").focus()
    bench.page.keyboard.press("Delete")
    bench.button("Delete src/main.tsx").click()
    bench.shows("#head", "List")
    bench.file("src/parts/Card.tsx").focus()
    bench.page.keyboard.press("Delete")
    bench.button("Delete src/parts/Card.tsx").click()
    gone = bench.file("src/parts/Card.tsx")
    expect(gone).to_have_attribute("aria-label", "Card.tsx, deleted; press to put it back")
    gone.click()
    bench.shows("article", "one")


@at("panes")
def test_panes_share_a_width_and_are_shown_alone_or_hidden(bench: Bench) -> None:
    page = bench.page
    page.locator("label", has_text="768").click()
    for key in ("base", "rival", "refined"):
        bench.shows("#wide", "768", key)
    page.get_by_label("Any width of the pages, in pixels").fill("500")
    page.keyboard.press("Enter")
    for key in ("base", "rival", "refined"):
        bench.shows("#wide", "500", key)
    rival, refined = page.locator("[data-pane=rival]"), page.locator("[data-pane=refined]")
    narrow = refined.bounding_box()
    page.keyboard.press("Alt+3")
    expect(rival).to_be_hidden()
    wide = refined.bounding_box()
    assert narrow is not None
    assert wide is not None
    assert wide["width"] > 2.5 * narrow["width"]
    page.keyboard.press("Alt+0")
    expect(rival).to_be_visible()
    rival.get_by_role("button", name="Hide Rival").click()
    expect(rival).to_be_hidden()
    page.reload()
    expect(page.locator("[data-pane=rival]")).to_be_hidden()
    for key in ("base", "refined"):
        bench.shows("#wide", "500", key)
    page.locator("[data-show=rival]").click()
    expect(rival).to_be_visible()


@at("syntax")
def test_a_syntax_error_is_named_with_its_line_and_goes_away(bench: Bench) -> None:
    bench.open("src/App.tsx")
    bench.write("export default function App() {\n  return <main><h1>List</main>;\n}\n")
    told = bench.page.locator("#code-status .link")
    expect(told).to_have_text("1 syntax error")
    expect(told).to_have_attribute("title", "src/App.tsx:2 Unterminated JSX contents.")
    expect(bench.page.locator(".cm-lintRange-error")).to_have_count(1)
    expect(bench.file("src/App.tsx").locator(".count")).to_have_text("1")
    bench.open("src/parts/Card.tsx")
    told.click()
    expect(bench.file("src/App.tsx")).to_have_attribute("aria-selected", "true")
    bench.write(REACT["src/App.tsx"])
    expect(told).to_have_count(0)
    expect(bench.page.locator(".cm-lintRange-error")).to_have_count(0)


@at("formatting")
def test_a_file_is_formatted_when_asked_and_one_undo_takes_it_back(bench: Bench) -> None:
    messy = "export default function App( ) {return <h1   id='head'>List</h1>}"
    bench.open("src/App.tsx")
    bench.write(messy)
    bench.page.keyboard.press("Alt+f")
    expect(bench.page.locator(".editor .cm-line").nth(1)).to_have_text('  return <h1 id="head">List</h1>;')
    bench.code.focus()
    bench.page.keyboard.press("Control+z")
    assert bench.text() == messy
    bench.write("export default (")
    bench.button("Format").click()
    expect(bench.page.locator(".editor-note")).to_contain_text("Not formatted. Line 1:")


@at("changes")
def test_changes_against_the_base_are_marked_in_place_or_beside_it(bench: Bench) -> None:
    bench.open("site.css")
    bench.write("h1 { color: red; }\n")
    bench.page.keyboard.press("Alt+d")
    expect(bench.page.locator(".cm-deletedChunk")).to_contain_text("rgb(1, 2, 3)")
    bench.page.keyboard.press("Alt+Shift+d")
    expect(bench.page.locator(".cm-merge-a .cm-content")).to_contain_text("rgb(1, 2, 3)")
    bench.write("h1 { color: blue; }\n")
    expect(bench.pane().locator("#head")).to_have_css("color", "rgb(0, 0, 255)", timeout=PATIENCE_MS)
    bench.button("Code").click()
    assert bench.text().startswith("h1 { color: blue; }")
    # One history through every way of looking at it.
    bench.code.focus()
    bench.page.keyboard.press("Control+z")
    assert bench.text().startswith("h1 { color: red; }")


@at("versions")
def test_an_earlier_version_is_put_back_and_nothing_is_lost(bench: Bench) -> None:
    bench.open("site.css")
    for colour in ("red", "blue"):
        bench.write(f"h1 {{ color: {colour}; }}")
        bench.saved()
    bench.page.reload()
    bench.open("site.css")
    # The undo history outlives the reload too.
    bench.code.focus()
    bench.page.keyboard.press("Control+z")
    assert bench.text() == "h1 { color: red; }"
    bench.page.keyboard.press("Control+y")
    assert bench.text() == "h1 { color: blue; }"
    bench.page.keyboard.press("Alt+h")
    versions = bench.page.locator(".history-item")
    expect(versions).to_have_count(2)
    expect(versions.first).to_be_focused()
    versions.nth(1).click()
    expect(bench.page.locator(".history-diff .cm-merge-a")).to_contain_text("red")
    expect(bench.page.locator(".history-diff .cm-merge-b")).to_contain_text("blue")
    bench.button("Put this version back").click()
    assert bench.text() == "h1 { color: red; }"
    expect(bench.pane().locator("#head")).to_have_css("color", "rgb(255, 0, 0)", timeout=PATIENCE_MS)
    bench.code.focus()
    bench.page.keyboard.press("Control+z")
    assert bench.text() == "h1 { color: blue; }"
    bench.page.keyboard.press("Control+y")
    bench.saved()
    bench.button("History").click()
    # The version that was left by going back is still there.
    expect(versions.nth(2)).to_be_visible()


@at("keys")
def test_the_keyboard_gets_in_everywhere_and_out_again(bench: Bench) -> None:
    page = bench.page
    page.keyboard.press("Alt+t")
    expect(bench.file("src/App.tsx")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(bench.file("src/parts/Card.tsx")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(bench.file("src/parts")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(bench.file("src/parts")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("a")
    expect(bench.file("src/App.tsx")).to_be_focused()
    page.keyboard.press("Alt+e")
    expect(bench.code).to_be_focused()
    page.keyboard.press("Tab")
    expect(bench.code).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    expect(bench.code).not_to_be_focused()
    page.keyboard.press("Alt+e")
    page.keyboard.press("F6")
    expect(page.locator("#tab-task")).to_be_focused()
    page.keyboard.press("Shift+F6")
    expect(bench.code).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_contain_text("Go to the list of files")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


@at("layout")
def test_the_layout_is_moved_by_keys_and_remembered(bench: Bench) -> None:
    page = bench.page
    divider = page.get_by_role("separator", name="Room for pages and code")
    divider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(divider).to_have_attribute("aria-valuenow", "64")
    side = page.get_by_role("separator", name="Width of the task panel")
    side.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Alt+b")
    expect(divider).to_have_attribute("aria-orientation", "vertical")
    code, panes = page.locator(".code"), page.locator("#panes")
    before = [box.bounding_box() for box in (code, panes)]
    page.reload()
    expect(divider).to_have_attribute("aria-orientation", "vertical")
    expect(divider).to_have_attribute("aria-valuenow", "64")
    assert [box.bounding_box() for box in (code, panes)] == before
    assert before[0] is not None
    assert before[1] is not None
    assert before[0]["x"] > before[1]["x"] + before[1]["width"] - 4
    page.keyboard.press("Alt+b")
    between = page.get_by_role("separator", name="Room for Base and Rival")
    between.focus()
    widths = bench.pane_widths()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(between).to_have_attribute("aria-valuenow", "42")
    base, rival, refined = bench.pane_widths()
    assert base == pytest.approx(0.42 * (widths[0] + widths[1]), abs=2)
    assert base + rival == pytest.approx(widths[0] + widths[1], abs=2)
    assert refined == pytest.approx(widths[2], abs=2)
    page.reload()
    expect(between).to_have_attribute("aria-valuenow", "42")
    assert bench.pane_widths() == pytest.approx([base, rival, refined], abs=1)
    # The one in the middle goes, and its neighbours share an edge.
    page.get_by_role("button", name="Hide Rival").click()
    expect(page.get_by_role("separator", name="Room for Base and Refined")).to_be_visible()
    expect(between).to_have_count(0)
    page.set_viewport_size({"width": 375, "height": 800})
    expect(page.locator(".narrow-note")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
