"""Base and rival are shown once; what is remembered of them is what was seen."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from checks import registry, sights
from checks.browser import Browser
from checks.models import Sight
from checks.rendering import Blocked, Message, Rendering, Shot, Trouble
from checks.verdict import Files, Subject
from core import blobs

pytestmark = pytest.mark.django_db

BASE = {"index.html": "<h1>base</h1>"}
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

    build_dir = sights._HERE

    def __init__(self, seen: Rendering) -> None:
        self.seen, self.shown = seen, 0

    def render(self, files: Files, framework: str, widths: object, **_: object) -> Rendering:
        self.shown += 1
        return self.seen

    def uniform(self, png: bytes) -> bool:
        return True


def looking(counting: Counting, check: str = "render") -> Browser:
    subject = Subject("html", {"index.html": "<h1>refined</h1>"}, BASE, None, ())
    return sights.remembering(counting, subject, registry.CHECKS[check])  # type: ignore[arg-type]  # a stand-in


@pytest.fixture(autouse=True)
def _own_blobs(settings: Settings, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_base_is_shown_once_and_remembered_whole() -> None:
    counting = Counting(SEEN)
    for _ in range(3):
        assert looking(counting).render(BASE, "html", (375, 1280)) == SEEN
    assert counting.shown == 1
    assert looking(counting).uniform(b"")


def test_another_way_of_showing_is_another_sight() -> None:
    counting = Counting(SEEN)
    looking(counting).render(BASE, "html", (375,))
    looking(counting).render(BASE, "html", (1280,))
    looking(counting).render(BASE, "react", (375,))
    looking(counting).render(BASE, "html", (375,), script="1")
    looking(counting, "accessibility").render(BASE, "html", (375,))
    assert counting.shown == Sight.objects.count() == 5


def test_a_refinement_is_shown_each_time() -> None:
    counting = Counting(SEEN)
    for _ in range(2):
        looking(counting).render({"index.html": "<h1>refined</h1>"}, "html", (375,))
    assert (counting.shown, Sight.objects.count()) == (2, 0)


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
