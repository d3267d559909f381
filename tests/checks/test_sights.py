"""Base and rival are shown once; what is remembered of them is what was seen."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from pytest_django.fixtures import Settings

from checks import registry, sights
from checks.browser import Browser
from checks.exploration import Exploration
from checks.looking import WIDTHS
from checks.models import Sight
from checks.rendering import Blocked, Message, Rendering, Shot, Trouble
from checks.shelf import BUILD_DIR
from checks.verdict import Files, Subject
from core import blobs

pytestmark = pytest.mark.django_db

BASE = {"index.html": "<h1>base</h1>"}
REFINED = {"index.html": "<h1>refined</h1>"}
SEEN = Rendering(
    shots={375: Shot(375, b"\x89PNG 375", 12, 3, 800, 40, "#wide"), 1280: Shot(1280, b"", 12, 3, 800, 0)},
    errors=[Message("uncaught", "oops \ud800", "index.html", 3, 375)],
    console=[Message("error", "bad")],
    blocked=[Blocked("https://a.test/", "image")],
    problems=[Trouble("no such file", "a.css", 2, "add it")],
    unshelved=[Trouble("https://cdn.test/x.js", fix="use y")],
    settle_ms=120.5,
    dropped=2,
    peak_bytes=9,
    result=[{"id": "label"}],
)


class Counting:
    """In place of a browser: counts what it is shown."""

    build_dir = BUILD_DIR

    def __init__(self, seen: Rendering) -> None:
        self.seen, self.shown, self.tried = seen, 0, 0

    def render(self, files: Files, framework: str, widths: object, **_: object) -> Rendering:
        self.shown += 1
        return self.seen

    def explore(self, files: Files, framework: str, width: int) -> Exploration:
        self.tried += 1
        return Exploration()

    def examine(
        self, files: Files, framework: str, *, script: str | None = None
    ) -> tuple[Rendering, Exploration | None]:
        seen = self.render(files, framework, WIDTHS)
        return seen, None if seen.hung or seen.left else self.explore(files, framework, 1280)

    def healthy(self) -> bool:
        return True


_sets = count()


def looking(counting: Counting, check_set: str | None = None) -> Browser:
    subject = Subject("html", REFINED, BASE, None, ())
    name = check_set or f"submission {next(_sets)}"
    return sights.remembering(counting, subject, name)  # type: ignore[arg-type]  # a stand-in


@pytest.fixture(autouse=True)
def _own_blobs(settings: Settings, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_base_is_shown_once_and_remembered_whole() -> None:
    counting = Counting(SEEN)
    for _ in range(3):
        assert looking(counting).render(BASE, "html", (375, 1280)) == SEEN
    assert counting.shown == 1
    assert looking(counting).healthy()


def test_another_way_of_showing_is_another_sight() -> None:
    counting = Counting(SEEN)
    looking(counting).render(BASE, "html", (375,))
    looking(counting).render(BASE, "html", (1280,))
    looking(counting).render(BASE, "react", (375,))
    looking(counting).render(BASE, "html", (375,), script="1")
    assert counting.shown == Sight.objects.count() == 4


def test_a_refinement_is_shown_once_a_set_and_not_kept() -> None:
    counting = Counting(SEEN)
    for name in ("draft 1", "draft 1", "submission 1", "submission 1", "draft 1"):
        looking(counting, name).render(REFINED, "html", (375,))
    assert (counting.shown, Sight.objects.count()) == (3, 0)


def test_the_browser_checks_of_a_set_show_each_page_once() -> None:
    counting = Counting(
        replace(SEEN, result=[], shots={width: Shot(width, b"x", 9, 3, 800, 0) for width in WIDTHS})
    )
    subject = Subject("html", REFINED, BASE, {"index.html": "<h1>rival</h1>"}, ())
    for check in registry.CHECKS.values():
        if check.queue == "chromium":
            check.run(subject, sights.remembering(counting, subject, "submission one"))  # type: ignore[arg-type]  # a stand-in
    assert (counting.shown, counting.tried) == (3, 3)


@pytest.mark.parametrize("known", ["look", "trial", "both"])
def test_what_is_known_of_an_examination_is_not_done_again(known: str) -> None:
    shots = {width: Shot(width, b"x", 9, 3, 800, 0) for width in WIDTHS}
    counting = Counting(replace(SEEN, shots=shots))
    before = looking(counting)
    if known == "look":
        before.render(BASE, "html", WIDTHS, script="1")
    elif known == "trial":
        before.explore(BASE, "html")
    else:
        before.examine(BASE, "html", script="1")
    assert looking(counting).examine(BASE, "html", script="1") == (counting.seen, Exploration())
    assert (counting.shown, counting.tried) == (1, 1)


def test_a_page_that_hung_or_left_is_not_tried_out() -> None:
    for seen in (Rendering(hung=True, why="time"), Rendering(left=True)):
        counting = Counting(seen)
        assert looking(counting).examine(BASE, "html")[1] is None
        assert counting.tried == 0


def test_what_hung_is_shown_again_to_the_same_set() -> None:
    counting = Counting(Rendering(hung=True, why="time"))
    for _ in range(2):
        looking(counting, "submission hung").render(REFINED, "html", (375,))
    assert counting.shown == 2


@pytest.mark.parametrize(
    "doubtful", [Rendering(hung=True, why="time"), Rendering(skipped=(375,)), Rendering(settle_ms=9_000)]
)
def test_what_may_have_been_the_machine_is_not_kept(doubtful: Rendering) -> None:
    counting = Counting(doubtful)
    for _ in range(2):
        looking(counting).render(BASE, "html", (375,))
    assert counting.shown == 2


def test_lost_blobs_are_made_again() -> None:
    counting = Counting(SEEN)
    looking(counting).render(BASE, "html", (375,))
    blobs.path(Sight.objects.get().blob).unlink()
    assert looking(counting).render(BASE, "html", (375,)) == SEEN
    assert counting.shown == 2
    assert blobs.exists(Sight.objects.get().blob)
