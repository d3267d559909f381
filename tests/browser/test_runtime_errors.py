"""What a pane says of a page that fails: the file and line as its author has them, whatever the runtime made of them."""

from __future__ import annotations

import pytest

from tests.browser.panes import Panes

pytestmark = pytest.mark.browser


def places(panes: Panes) -> list[tuple[str, object, object]]:
    """(message, file, line) of the errors told, in order."""
    return [(event["message"], event.get("source"), event.get("line")) for event in panes.events("error")]


def test_errors_name_file_and_line(panes: Panes) -> None:
    panes.show({"index.html": "<script src='app.js'></script>", "app.js": "\n\nnope()"})
    error = panes.events("error")[0]
    assert (error["message"], error["source"], error["line"]) == (
        "Uncaught ReferenceError: nope is not defined",
        "app.js",
        3,
    )
    panes.html("<script>Promise.reject(new Error('late')); console.warn('careful', {a: 1})</script>")
    panes.until("events.a.some(({type, message}) => type === 'error' && message.includes('late'))")
    assert 'careful {"a":1}' in panes.messages("console")


def test_scripts_inside_a_page_are_named_by_the_page(panes: Panes) -> None:
    page = """<!DOCTYPE html>
<html lang="en">
<head>
<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Inter">
<script>
function late() {
  lost();
}
</script>
</head>
<body>
<p>words</p><script>const a = 1;
first();</script>
<script type="module">

import "./part.js";
second();
</script>
<script>
const broken = ;
</script>
<button onclick="late()">Go</button>
</body>
</html>"""
    panes.show({"index.html": page, "part.js": "\nexport {}; window.part = 1"})
    panes.until("events.a.filter(({type}) => type === 'error').length >= 3")
    panes.frame().click("button")
    panes.until("events.a.filter(({type}) => type === 'error').length >= 4")
    assert places(panes) == [
        ("Uncaught ReferenceError: first is not defined", "index.html", 13),
        ("Uncaught SyntaxError: Unexpected token ';'", "index.html", 20),
        ("Uncaught ReferenceError: second is not defined", "index.html", 17),
        ("Uncaught ReferenceError: lost is not defined", "index.html", 7),
    ]


def test_a_page_of_one_line_and_a_name_with_a_space(panes: Panes) -> None:
    panes.show({"my page.html": "<script>nope()</script>"})
    assert places(panes) == [("Uncaught ReferenceError: nope is not defined", "my page.html", 1)]
    panes.show({"my page.html": "<p>\n<script>Promise.reject(new Error('late'))</script>"})
    panes.until("events.a.some(({type}) => type === 'error')")
    (error,) = panes.events("error")
    assert (error["source"], error["line"]) == ("my page.html", 2)
