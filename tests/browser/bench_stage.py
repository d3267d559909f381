"""The bench on the real site, in a signed-in Chromium: the seats of a test file, and hands for what a person does.

Rows are made before the browser starts: its driver runs an event loop in this thread, under which Django's database
must not be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect
from playwright.sync_api import Error as PlaywrightError

from catalog.models import Generation, Prompt, Use
from core import filesets
from people.rules import Role
from tests.pipeline.yard import Yard
from tests.visitors import visitor
from tests.worlds import World, world
from work import actions
from work.states import TaskKind

# Patience on a crowded machine; on a quiet one nothing takes a second.
PATIENCE_MS = 20_000
HTML = {
    "index.html": '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Bakery</title>\n'
    '<link rel="stylesheet" href="site.css"></head>\n<body><h1 id="head">Bakery</h1><p id="wide"></p>\n'
    "<script>const say = () => { wide.textContent = innerWidth }; say(); onresize = say</script></body></html>\n",
    "site.css": "h1 { color: rgb(1, 2, 3); }\n",
}
REACT = {
    "src/App.tsx": 'import Card from "./parts/Card";\n\nexport default function App() {\n'
    '  return <main><h1 id="head">List</h1><Card name="one" /></main>;\n}\n',
    "src/parts/Card.tsx": "export default function Card({ name }: { name: string }) {\n"
    "  return <article>{name}</article>;\n}\n",
}
RIVAL = {
    "index.html": "<!doctype html><title>Rival</title><h1>Rival</h1><p id='wide'></p>"
    "<script>wide.textContent = innerWidth; onresize = () => { wide.textContent = innerWidth }</script>"
}


@dataclass(frozen=True, slots=True)
class Seat:
    """The address of a bench, and the session of the person whose it is."""

    url: str
    session: str


def seats(yard: Yard, **frameworks: str) -> dict[str, Seat]:
    """A refine task in hand for each name, of the framework given; each held by a person of its own."""
    made = world(prompts=0)
    return {name: _seat(yard, made, name, framework) for name, framework in frameworks.items()}


def _seat(yard: Yard, made: World, name: str, framework: str) -> Seat:
    prompt = Prompt.objects.create(
        project=made.project, key=name, text=f"A page for {name}", framework=framework, source="test", licence="CC0",
        cluster=name, tags=[],
    )  # fmt: skip
    outputs: list[tuple[object, Mapping[str, str], Use]] = [
        (made.project.target, REACT if framework == "react" else HTML, Use.TRAIN),
        (made.project.rival, RIVAL, Use.EVAL_ONLY),
    ]
    for model, files, use in outputs:
        Generation.objects.create(prompt=prompt, model=model, fileset=filesets.store(dict(files)), use=use)
    actions.open_tasks(project=made.project, by=made.lead)
    author = made.person(name, Role.CONTRIBUTOR)
    held = actions.claim(by=author, project_id=made.project.pk, kind=TaskKind.REFINE)
    session = visitor(author).cookies[settings.SESSION_COOKIE_NAME].value
    return Seat(f"{yard.origin}/bench/{held.pk}/", session)


def look_again(page: Page, url: str | None = None) -> None:
    """Load a page anew, or another: the browser gives up a visit that meets a page's own reload, so three are tried."""
    for left in (2, 1, 0):
        try:
            page.goto(url or page.url)
            return
        except PlaywrightError:
            if not left:
                raise
            page.wait_for_timeout(500)


class Bench:
    """One open bench."""

    def __init__(self, browser: Browser, seat: Seat) -> None:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE_MS)
        # An address with a path would keep the cookie to that path.
        origin = seat.url.partition("/bench/")[0]
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": seat.session, "url": origin}
        context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict for the same keys
        self._take(context.new_page())
        self.page.goto(seat.url)
        self.code.wait_for()

    @classmethod
    def on(cls, page: Page) -> Bench:
        """A bench that is open in a page already."""
        made = cls.__new__(cls)
        made._take(page)
        made.code.wait_for()
        return made

    def _take(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        # Errors of the pages in the panes are told too: theirs have no script of the app in their stack.
        self.page.on("pageerror", lambda error: self._hear(str(error.stack)))

    def _hear(self, stack: str) -> None:
        if "/static/build/app/" in stack:
            self.faults.append(stack)

    def close(self) -> None:
        """Close it; an uncaught error of our own page at any time is a fault."""
        self.page.context.close()
        assert self.faults == []

    @property
    def code(self) -> Locator:
        """Where one types."""
        return self.page.locator(".editor .cm-content").last

    def pane(self, key: str = "refined") -> FrameLocator:
        """The page running in a pane: the frame that is shown, not one that is coming."""
        return self.page.frame_locator(f"[data-pane={key}] iframe.preview-frame:not(.is-coming)")

    def shows(self, selector: str, text: str, key: str = "refined") -> None:
        """Wait until the page in a pane shows a text."""
        expect(self.pane(key).locator(selector)).to_have_text(text, timeout=PATIENCE_MS)

    def file(self, path: str) -> Locator:
        """A row of the tree."""
        return self.page.locator(f'.tree [data-path="{path}"]')

    def open(self, path: str) -> None:
        """Open a file by its row."""
        self.file(path).click()
        expect(self.file(path)).to_have_attribute("aria-selected", "true")

    def write(self, text: str) -> None:
        """Put a text in place of the file's, as pasting does."""
        self.code.focus()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def text(self) -> str:
        """What stands in the editor."""
        return "\n".join(self.page.locator(".editor .cm-line").all_inner_texts())

    def saved(self) -> None:
        """Save now, and wait until that is so."""
        self.page.keyboard.press("Control+s")
        expect(self.page.locator("#save-state")).to_contain_text("Saved", timeout=PATIENCE_MS)

    def button(self, name: str) -> Locator:
        """A button by its name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def pane_widths(self) -> list[float]:
        """Widths of the panes on show, in CSS pixels, from left to right."""
        found: list[float] = self.page.evaluate(
            "() => [...document.querySelectorAll('.pane-slot:not(.is-aside)')].map((each) => each.getBoundingClientRect().width)"
        )
        return found
