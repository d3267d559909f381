"""Every page of the site in a real browser: axe-core, horizontal overflow and the console, in both themes, on two widths.

The pages come from the URLs themselves, and who opens them from the table of access: a new page is visited without being
named here, and what is no page must be named.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zlib import crc32

from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from playwright.sync_api import Browser, ConsoleMessage, Route

from people.models import User
from tests.house.stage import EYES, Stage
from tests.house.test_access import ABOUT, JSON_POSTS, POSTS, arguments, read_table, urls
from web import errors

AXE = (Path(settings.ROOT) / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What another theme or width can change; everything else is judged once.
LOOKS = ["color-contrast", "link-in-text-block", "target-size"]

Way = tuple[int, str]
# Each page in both themes and both widths; which goes with which hangs on the page's name alone.
PAIRS: tuple[tuple[Way, Way], ...] = (((1280, "light"), (375, "dark")), ((375, "light"), (1280, "dark")))
ALL_WAYS: tuple[Way, ...] = tuple(way for pair in PAIRS for way in pair)

# 200, but no page: data for programs, or a part that a page loads into itself.
NO_PAGES = {
    "web:healthz", "web:statement_csv", "work:draft", "work:versions", "work:version", "work:assist", "checks:draft", "checks:blob",
    "exports:file", "api:projects", "api:project", "api:prompts", "api:prompt", "api:tasks", "api:climb", "api:imports",
    "api:import", "api:protected_sets", "api:protected_set", "api:recipes", "api:builds", "api:build", "api:releases",
    "api:release", "api:file", "api:webhooks", "api:webhook", "api:deliveries", "api:schema", "api:signing_keys", "admin:jsi18n",
    "admin:search", "admin:catalog_import_progress", "admin:exports_release_progress", "admin:exports_recipe_estimate",
}  # fmt: skip
# Django's own page of a row's changes is the same for every model: the short form looks at this one.
ONE_HISTORY = "admin:catalog_project_history"
# One look for both themes: Swagger UI's, which has no dark one of its own in this version.
ONE_LOOK = {"api:docs"}
# Drawn by its own script after the page has loaded: judged when this stands there.
DRAWN_LATER = {"api:docs": ".opblock"}
# Pages that look different with other work behind them: seen with the eyes of more people of the stage.
ALSO: dict[str, tuple[str, ...]] = {
    "web:home": ("author", "holder", "returned"),
    "work:queue": ("contributor", "outsider", "author", "holder", "returned"),
    "work:mine": ("outsider", "author", "holder", "returned", "judging"),
    "web:statement": ("outsider", "author"),
    "web:account": ("author",),
}
# Who sees most comes first: the short form opens a page with the first eyes that may.
EYES_BY_REACH = (
    "owner", "lead", "operator", "contributor", "reviewer", "ml", "anonymous", "outsider", "other_lead",
)  # fmt: skip
assert set(EYES_BY_REACH) == set(EYES)

_RUN = """async (rules) => {
  const found = await axe.run(document, {resultTypes: ["violations"], iframes: false, preload: false, runOnly: rules});
  return found.violations.map(({id, nodes}) => ({rule: id, nodes: nodes.map(({target, html, any, all, none}) => ({
    target: target.join(" "), html: html.slice(0, 200), why: (any[0] || all[0] || none[0] || {}).message || ""}))}));
}"""
_EVERYTHING = {"type": "tag", "values": TAGS}
_LOOKS = {"type": "rule", "values": LOOKS}
# What moves is judged at its end.
_STILL = """() => {
  const style = new CSSStyleSheet();
  style.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
}"""
# What is wider than the window, and what cannot be reached because a parent cuts it off without a scroll bar of its own.
_WIDE = """() => {
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over <= 0) return "";
  const out = (each) => each.getBoundingClientRect().right > innerWidth + 1;
  const inmost = [...document.querySelectorAll("body *")].filter((each) => out(each) && ![...each.children].some(out));
  const named = inmost.slice(0, 4).map((each) => each.outerHTML.replace(/\\s+/g, " ").slice(0, 160));
  return `${over} px wider than the window: ` + named.join(" | ");
}"""
# A change of the system's theme is told to the page with its next frame.
_DRAWN = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
)
_GROUND = "() => [document.documentElement, document.body].map((each) => getComputedStyle(each).backgroundColor).join()"


@dataclass(frozen=True, slots=True)
class Visit:
    """One page and the person who opens it; `body` is what the browser is served where no URL leads there."""

    name: str
    url: str
    who: str
    user: User | None
    status: int = 200
    body: str = ""

    def ways(self) -> tuple[Way, Way]:
        """The two ways of the short form."""
        return PAIRS[crc32(self.name.encode()) % len(PAIRS)]


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody else wrote and no style or template of ours mends."""

    page: str
    rule: str
    selector: str
    why: str

    def covers(self, page: str, rule: str, selector: str) -> bool:
        """Whether a finding is this one; `selector` may have `*`."""
        return (page, rule) == (self.page, self.rule) and fnmatchcase(selector, self.selector)


@dataclass
class Report:
    """What was wrong, in lines; and which of the known exceptions occurred."""

    wrong: list[str] = field(default_factory=list)
    occurred: set[Known] = field(default_factory=set)
    pages: int = 0
    slow: list[tuple[float, str]] = field(default_factory=list)


def visits(stage: Stage, *, every_eye: bool) -> list[Visit]:
    """Every page that a person of the stage is answered with 200: once, or for each kind of person; and error pages."""
    people = {**stage.people, **stage.scene.world.people}
    table = {name: dict(zip(EYES, answers.split(), strict=True)) for name, answers in read_table().items()}
    found: list[Visit] = []
    for name, route, pattern in urls():
        # What has no name only redirects.
        if not pattern.name or name in JSON_POSTS or name in POSTS or name in NO_PAGES:
            continue
        if name.endswith("_history") and name != ONE_HISTORY and not every_eye:
            continue
        url = reverse(name, kwargs=arguments(name, route, pattern, stage))
        may = [eye for eye in EYES_BY_REACH if table[name][eye] == "200"]
        for eye in may if every_eye else may[:1]:
            found.append(Visit(name, url, eye, stage.owners[ABOUT[name]] if eye == "owner" else people[eye]))
        found += [Visit(name, url, eye, people[eye]) for eye in ALSO.get(name, ())]
    assert table.keys() >= NO_PAGES, NO_PAGES - table.keys()
    return [*found, *_errors(people)]


def _errors(people: dict[str, User | None]) -> Iterator[Visit]:
    """The pages that say no: by their URLs where they have one, else what Django renders, served by the browser itself."""
    known = people["contributor"]
    yield Visit("error 404", "/nothing/here/", "contributor", known, 404)
    yield Visit("error 404", "/nothing/here/", "anonymous", None, 404)
    yield Visit("error 403", reverse("exports:list"), "contributor", known, 403)
    client = Client(enforce_csrf_checks=True, headers={"host": settings.APP_HOST})
    stale = client.post(reverse("account_login"))
    request = RequestFactory().get("/", headers={"host": settings.APP_HOST})
    refused = Client(headers={"host": settings.APP_HOST})
    outsider = people["outsider"]
    assert outsider is not None
    refused.force_login(outsider)
    problem = refused.post(reverse("work:claim"), {"kind": "refine", "project": 0})
    rendered: list[tuple[str, Any, int]] = [
        ("error csrf", stale, 403),
        ("error 500", errors.server_error(request), 500),
        ("problem", problem, problem.status_code),
    ]
    for name, answer, status in rendered:
        yield Visit(name, f"/as/{name.replace(' ', '-')}/", "anonymous", None, status, _html(answer, status))


def _html(answer: HttpResponse, status: int) -> str:
    assert answer.status_code == status >= 400, (answer.status_code, status)
    text = answer.content.decode()
    assert "<h1>" in text, text[:200]
    return text


def signed_in(found: list[Visit], origin: str) -> dict[str, Any]:
    """A session cookie for each person of these visits, by user name."""
    cookies = {}
    for user in {visit.user for visit in found if visit.user is not None}:
        client, name = Client(), settings.SESSION_COOKIE_NAME
        client.force_login(user)
        cookies[user.username] = {"name": name, "value": client.cookies[name].value, "url": origin}
    return cookies


class Sweep:
    """Visits pages in one tab: people change by their session, so what pages share is loaded once."""

    def __init__(
        self,
        browser: Browser,
        origin: str,
        cookies: dict[str, Any],
        known: tuple[Known, ...],
        shots: str = "",
    ) -> None:
        self._origin, self._cookies, self._known, self._shots = origin, cookies, known, shots
        self._context = browser.new_context(reduced_motion="reduce")
        self._page = self._context.new_page()
        self._page.on("console", self._hear)
        self._page.on("pageerror", lambda error: self._said.append(str(error)))
        self._said: list[str] = []
        self._status = 200
        self.report = Report()

    def see(self, visit: Visit, ways: tuple[Way, ...]) -> None:
        """Open a page once and judge it in each way: a width and a theme, the system's, changed while it is open."""
        begun, page, where = time.monotonic(), self._page, f"{visit.name} as {visit.who}"
        self._become(visit)
        self._said.clear()
        self._status = visit.status
        self._shape(ways[0])
        if visit.body:
            page.route(self._origin + visit.url, lambda route: _serve(route, visit))
        answer = page.goto(self._origin + visit.url, wait_until="load")
        assert answer is not None, where
        kind = answer.headers.get("content-type", "")
        if answer.status != visit.status or not kind.startswith("text/html"):
            self.report.wrong.append(
                f"{where}: {answer.status} {kind}, and no page; NO_PAGES names what is none"
            )
            return
        if later := DRAWN_LATER.get(visit.name):
            page.wait_for_selector(later)
        page.evaluate(_STILL)
        page.evaluate(AXE)
        grounds = {}
        for number, way in enumerate(ways):
            self._shape(way)
            page.evaluate(_DRAWN)
            self._judge(visit.name, f"{where}, {way[0]} px, {way[1]}", _LOOKS if number else _EVERYTHING)
            grounds[way[1]] = page.evaluate(_GROUND)
            if self._shots:
                name = f"{visit.name}-{visit.who}-{way[0]}-{way[1]}.png".replace(":", "-").replace(" ", "-")
                page.screenshot(path=Path(self._shots) / name, full_page=True)
        if len(set(grounds.values())) < len(grounds) and visit.name not in ONE_LOOK:
            self.report.wrong.append(f"{where}: looks the same in the dark: {grounds}")
        self.report.wrong += [f"{where}: the console says: {said}" for said in self._said]
        self.report.pages += 1
        self.report.slow.append((time.monotonic() - begun, where))

    def choose_theme(self, visit: Visit) -> None:
        """On a page of the desk: the browser's choice goes before the system's, and is changed there for the whole site."""
        page, url = self._page, self._origin + visit.url
        self._become(visit)
        self._context.add_cookies([{"name": "theme", "value": "dark", "url": self._origin}])
        self._shape((1280, "light"))
        page.goto(url)
        dark = page.evaluate(_GROUND)
        page.evaluate("() => document.querySelector('[data-theme-choice=light]').click()")
        page.wait_for_function(f"(before) => ({_GROUND})() !== before", arg=dark)
        light = page.evaluate(_GROUND)
        chosen = [each["value"] for each in self._context.cookies() if each["name"] == "theme"]
        page.goto(url)
        if dark == light or page.evaluate(_GROUND) != light or chosen != ["light"]:
            self.report.wrong.append(f"{visit.name}: a chosen theme does not hold: {dark}, {light}, {chosen}")

    def _judge(self, name: str, where: str, rules: dict[str, Any]) -> None:
        if wide := self._page.evaluate(_WIDE):
            self.report.wrong.append(f"{where}: {wide}")
        for found in self._page.evaluate(_RUN, rules):
            for node in found["nodes"]:
                rule, target = found["rule"], node["target"]
                covering = [known for known in self._known if known.covers(name, rule, target)]
                self.report.occurred.update(covering)
                if not covering:
                    self.report.wrong.append(
                        f"{where}: {rule} at {target}: {node['why']}\n    {node['html']}"
                    )

    def _shape(self, way: Way) -> None:
        width, theme = way
        self._page.set_viewport_size({"width": width, "height": 900})
        self._page.emulate_media(color_scheme="dark" if theme == "dark" else "light")

    def _become(self, visit: Visit) -> None:
        self._context.clear_cookies()
        if visit.user is not None:
            self._context.add_cookies([self._cookies[visit.user.username]])

    def _hear(self, message: ConsoleMessage) -> None:
        # An error page is announced by the browser as the failed load it is.
        expected = self._status >= 400 and f"status of {self._status}" in message.text
        if message.type == "error" and not expected:
            self._said.append(f"{message.text} ({message.location['url']})")


def _serve(route: Route, visit: Visit) -> None:
    route.fulfill(status=visit.status, content_type="text/html; charset=utf-8", body=visit.body)
