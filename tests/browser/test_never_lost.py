"""Nothing that was typed on the bench is lost: not with the page, the server, another tab or the lease.

A real Chromium against the site's own web process, which is stopped and started.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from checks.chromium import find
from people.models import User
from people.rules import Role
from tests.pipeline.fixtures import _django_db_helper, yard
from tests.pipeline.yard import Yard
from tests.scenes import Scene
from tests.visitors import visitor
from tests.worlds import world
from work import actions
from work.models import Assignment, DraftVersion, Submission
from work.states import TaskKind

__all__ = ["_django_db_helper", "yard"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

LOSS_S = 5.0
OUTAGE_S = 20.0
# A crowded machine takes its time; nothing here is judged by it.
SLOW_MS = 90_000


@pytest.fixture(scope="module")
def chromium(yard: Yard) -> Iterator[Browser]:
    # Playwright keeps a loop on this thread, where Django would refuse to read rows; here nothing runs in it.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=SLOW_MS)
        browser = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def scene(yard: Yard) -> Scene:
    yard.start("web")
    return Scene(world(prompts=4, pay_refine=1500))


class Bench:
    """One person's browser with a claimed task; pages of it are tabs."""

    def __init__(self, browser: Browser, yard: Yard, scene: Scene, name: str) -> None:
        self.user: User = scene.world.person(name, Role.CONTRIBUTOR)
        self.seat: Assignment = scene.claim(self.user, TaskKind.REFINE)
        self.origin = yard.origin
        self.context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 800})
        self.context.set_default_timeout(SLOW_MS)
        session = visitor(self.user).cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": yard.origin}]
        )
        yard.wait(lambda: _answers(self.context, yard.origin), "the web process to answer")

    def tab(self) -> Page:
        """The bench in a new tab, its editor ready."""
        page = self.context.new_page()
        page.goto(f"{self.origin}/bench/{self.seat.pk}/")
        page.locator("#workspace .cm-content").first.wait_for()
        return page

    def newest(self) -> DraftVersion | None:
        """The newest version of the draft on the server."""
        return DraftVersion.objects.filter(assignment=self.seat).order_by("-rev").first()

    def saved(self) -> str:
        """The page as the server has it; empty before the first save."""
        newest = self.newest()
        return newest.fileset.files["index.html"] if newest else ""


def _answers(context: BrowserContext, origin: str) -> bool:
    with contextlib.suppress(PlaywrightError):
        return context.request.get(f"{origin}/healthz").ok
    return False


@pytest.fixture
def bench(request: pytest.FixtureRequest, chromium: Browser, yard: Yard, scene: Scene) -> Iterator[Bench]:
    made = Bench(chromium, yard, scene, request.node.name)
    yield made
    made.context.close()


def write(page: Page, text: str) -> None:
    """Type at the head of the open file, as fast as a person pastes a word."""
    page.locator("#workspace .cm-content").first.focus()
    page.keyboard.insert_text(text)


def state(page: Page) -> str:
    return page.locator("#save-state").inner_text()


def words_in(text: str) -> set[int]:
    """The numbers n of the words `wNe` in a page."""
    return {int(part[1:-1]) for part in text.split("<")[0].split() if part.startswith("w")}


def test_a_page_killed_while_typing_loses_five_seconds_at_most(bench: Bench, yard: Yard) -> None:
    page = bench.tab()
    typed: list[float] = []
    begun = time.monotonic()
    # No pause is ever long enough to be one: only the limit on continuous typing saves.
    while time.monotonic() - begun < 7 or not bench.saved():
        write(page, f"w{len(typed)}e ")
        typed.append(time.monotonic())
        page.wait_for_timeout(150)
        assert time.monotonic() - begun < SLOW_MS / 1000, "nothing was saved while typing went on"
    killed = time.monotonic()
    # The address that ends a page's process where it stands: no handler of the page runs.
    with page.expect_event("crash"), contextlib.suppress(PlaywrightError):
        page.goto("chrome://crash", wait_until="commit", timeout=10_000)

    sent = words_in(bench.saved())
    again = bench.tab()
    # On a slow machine a save may have gone out with the last word: then there is nothing to put back.
    if any(killed - when > 1 for n, when in enumerate(typed) if n not in sent):
        expect(again.locator("#notices")).to_contain_text("put back from this browser")
    yard.wait(lambda: "Saved" in state(again), "the recovered draft to be saved")
    kept = words_in(bench.saved())
    lost = [killed - when for n, when in enumerate(typed) if n not in kept]
    assert all(age <= LOSS_S for age in lost), f"lost what was typed {max(lost):.1f} s before the end"
    assert again.locator("dialog[open]").count() == 0


def test_twenty_seconds_without_a_server_lose_nothing_and_a_submission_waits(
    bench: Bench, yard: Yard
) -> None:
    page = bench.tab()
    page.get_by_role("tab", name="Rationale").click()
    page.locator("#rationale").fill("Larger type, clearer order, and it works on a phone.")
    yard.stop("web")
    begun, n = time.monotonic(), 0
    while time.monotonic() - begun < OUTAGE_S:
        write(page, f"w{n}e ")
        n += 1
        page.wait_for_timeout(400)
    expect(page.locator("#save-state")).to_contain_text("Offline, kept in this browser")
    assert not words_in(bench.saved()), "the server was away"

    page.locator("#submit").click()
    page.get_by_role("button", name="Submit the refinement").dblclick()
    expect(page.locator("dialog.submit-dialog [role=status]")).to_contain_text("by itself")
    yard.start("web")
    page.wait_for_url("**/work/*/")
    sent = Submission.objects.get(assignment=bench.seat)
    assert sent.fileset is not None
    assert words_in(sent.fileset.files["index.html"]) == set(range(n))
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft:'))") == []


def test_two_tabs_are_shown_both_sides_and_each_part_is_chosen(bench: Bench, yard: Yard) -> None:
    one, two = bench.tab(), bench.tab()
    write(one, "first ")
    one.get_by_role("tab", name="Rationale").click()
    one.locator("#rationale").fill("Words of the first tab.")
    yard.wait(lambda: "first" in bench.saved(), "the first tab's save")
    write(two, "second ")
    two.get_by_role("tab", name="Rationale").click()
    two.locator("#rationale").fill("Words of the second tab.")
    dialog = two.locator("dialog.conflict-dialog")
    dialog.wait_for()
    expect(dialog).to_contain_text("first ")
    expect(dialog).to_contain_text("second ")
    expect(two.locator("#save-state")).to_contain_text("Two versions")
    two.keyboard.press("Escape")
    assert dialog.is_visible(), "a draft is never left in between"

    dialog.get_by_role("radiogroup", name="index.html").get_by_label("Server").check(force=True)
    expect(dialog.get_by_role("radiogroup", name="rationale").get_by_label("Here")).to_be_checked()
    dialog.get_by_role("button", name="Keep what is chosen").click()
    yard.wait(lambda: "Saved" in state(two), "the choice to be saved")
    newest = bench.newest()
    assert newest is not None
    assert newest.fileset.files["index.html"].startswith("first <")
    assert newest.rationale == "Words of the second tab."
    assert bench.seat.versions.filter(rationale="Words of the first tab.").exists(), "both are in the history"


def test_what_was_typed_after_the_lease_ended_goes_on_with_the_task_taken_again(
    bench: Bench, yard: Yard
) -> None:
    page = bench.tab()
    write(page, "early ")
    yard.wait(lambda: "early" in bench.saved(), "the first save")
    yard.wait(lambda: "Saved" in state(page), "the page to know of it")
    bench.context.set_offline(True)
    write(page, "late ")
    expect(page.locator("#save-state")).to_contain_text("Offline")
    Assignment.objects.filter(pk=bench.seat.pk).update(lease_until=timezone.now() - timedelta(hours=1))
    actions.expire_due()
    bench.context.set_offline(False)
    page.get_by_role("link", name="Take it again").click()
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/bench/*/")
    taken = int(urlsplit(page.url).path.split("/")[2])
    assert taken != bench.seat.pk
    expect(page.locator("#notices")).to_contain_text("put back from this browser")
    bench.seat = Assignment.objects.get(pk=taken)
    yard.wait(lambda: "late" in bench.saved() and "early" in bench.saved(), "the whole draft on the new seat")
    assert page.locator("dialog[open]").count() == 0
