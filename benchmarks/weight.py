"""What a bench weighs: one opened in a real Chromium with nothing kept, and every byte of an answer counted as it was sent."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from playwright.sync_api import Request, sync_playwright

from benchmarks import databases, seed
from benchmarks.server import serving
from benchmarks.table import Row, Table
from checks.chromium import find
from work.actions import claim
from work.states import TaskKind

DATABASE = "bench_weight"
WEIGHT_BYTES = 350_000
# Parts that nobody needs to begin with follow once the pages run: the parsers, dialogs, the Ask panel.
LATER_MS = 4000
RUNNING = "() => document.querySelectorAll('.pane-slot iframe.preview-frame:not(.is-coming)').length === 3"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its path, its bytes as sent (head and body), how they were packed, and whether it came after the pages ran."""

    path: str
    sent: int
    packed: str
    later: bool


def measure(table: Table) -> None:
    """The bytes of a bench's first opening until its pages run, and of what follows by itself; without the shelf."""
    own = [answer for answer in _opened() if not answer.path.startswith("/shelf/")]
    first = [answer for answer in own if not answer.later]
    sent = sum(answer.sent for answer in first)
    limit = f"{WEIGHT_BYTES // 1000} kB"
    shown = f"{sent / 1000:.0f} kB, {len(first)} answers"
    table.add(
        Row(
            "sent until its pages run, before the shelf", shown, limit, sent / WEIGHT_BYTES, 1.0, at_most=True
        )
    )
    for answer in sorted(first, key=lambda each: -each.sent)[:6]:
        table.add(
            Row(
                f"  {answer.path.rpartition('/static/build/')[2]}",
                f"{answer.sent / 1000:.1f} kB {answer.packed}",
                "",
            )
        )
    later = [answer for answer in own if answer.later]
    table.add(
        Row(
            "sent afterwards, by itself",
            f"{sum(each.sent for each in later) / 1000:.0f} kB, {len(later)} answers",
            "",
        )
    )


def _opened() -> list[Answer]:
    with databases.inside(DATABASE):
        made = seed.project("weight", 1).project
        [author] = seed.people(made, 1, "weigher")
        held = claim(by=author, project_id=made.pk, kind=TaskKind.REFINE)
        [key] = seed.sessions([author])
    with serving(DATABASE, as_site=True) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
        url = f"http://localhost:{port}/bench/{held.pk}/"
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": url}])
        page = context.new_page()
        asked: list[Request] = []
        context.on("request", lambda request: asked.append(request))
        page.goto(url)
        while not page.evaluate(RUNNING):
            page.wait_for_timeout(20)
        first = len(asked)
        page.wait_for_timeout(LATER_MS)
        answers = [
            _answer(request, later=n >= first)
            for n, request in enumerate(asked)
            if request.url.startswith("http")
        ]
        browser.close()
    return answers


def _answer(request: Request, *, later: bool) -> Answer:
    sizes = request.sizes()
    response = request.response()
    headers = response.headers if response else {}
    path = "/" + request.url.split("/", 3)[3].split("?")[0]
    # What a worker of the page asks for is told of without its body: its length stands in the head.
    body = sizes["responseBodySize"] or int(headers.get("content-length", 0))
    return Answer(path, sizes["responseHeadersSize"] + body, headers.get("content-encoding", "plain"), later)
