"""What a submission is near to, on the reviewer's page in real Chromium: the shares, the passages, the way to the line."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from checks.chromium import find
from checks.models import CheckRun
from core import blobs
from people.rules import Role
from review import actions as review
from tests.browser.bench_stage import PATIENCE_MS, Seat
from tests.pipeline.yard import Yard
from tests.scenes import Scene
from tests.visitors import visitor
from tests.worlds import world
from work.states import TaskKind

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.worker]


@pytest.fixture(scope="module")
def seat(yard: Yard, django_db_blocker: DjangoDbBlocker) -> Seat:
    """A review in hand, of a submission that is near to another."""
    scene = Scene(world(prompts=1))
    made = scene.world
    sent = scene.check(scene.send(made.person("author", Role.CONTRIBUTOR)))
    passage = {
        "path": "index.html", "first": 1, "last": 1, "other_path": "js/chart.js", "other_first": 12, "other_last": 18,
        "tokens": 84, "text": "<b>bars</b>", "other_text": "<b>rows</b>",
    }  # fmt: skip
    near = {
        "number": 7,
        "share": 0.73,
        "whole": 0.88,
        "same_prompt": False,
        "others": [],
        "passages": [passage],
    }
    blob = blobs.put(json.dumps({"submission": near}).encode())
    CheckRun.objects.filter(submission=sent, check_name="originality").update(evidence={"matches.json": blob})
    review.open_review(submission_id=sent.pk)
    reviewer = made.person("reviewer", Role.REVIEWER)
    held = scene.claim(reviewer, TaskKind.REVIEW)
    session = visitor(reviewer).cookies[settings.SESSION_COOKIE_NAME].value
    yard.start("web")
    return Seat(f"{yard.origin}/review/{held.pk}/", session)


@pytest.fixture(scope="module")
def browser(seat: Seat) -> Iterator[Browser]:
    """Started once the rows are made: its driver runs an event loop in this thread."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
        yield made
        made.close()


def test_a_reviewer_reads_what_is_near_and_goes_to_the_line(seat: Seat, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": seat.session, "url": seat.url}])
    page = context.new_page()
    page.goto(seat.url)
    page.get_by_role("tab", name="Checks").click()
    matches = page.locator(".matches")
    said = "Submission 7, for another prompt, shares 73% of what both add, 88% of the whole code"
    expect(matches).to_contain_text(said, timeout=PATIENCE_MS)
    expect(matches).to_contain_text("a question, not a verdict")
    matches.get_by_text("Both texts").click()
    expect(matches.locator("pre").nth(1)).to_have_text("<b>rows</b>")
    matches.get_by_role("button", name="index.html:1–1").click()
    expect(page.locator("#workspace .cm-editor").first).to_be_visible(timeout=PATIENCE_MS)
    context.close()
