"""The checks of a submission beside an empty page in the same browser, and beside the same by hand, all on one core.

Process and browser are held on one processor, so that what ends in a minute is what a core does in a minute. Base and
rival are those of one prompt: seen with the first submission, remembered with the others, as it is on a site.

The page of cards is as tall as tall ones are: of forty real outputs half are no taller than the window, and nine in ten
end above 2,400 pixels. The React app is taller than any of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median

from benchmarks import by_hand
from benchmarks.preview import react_app, single_file
from benchmarks.table import Row, Table
from checks import registry, sights
from checks.browser import Browser
from checks.looking import WIDTHS
from checks.verdict import Files, Subject

TURNS = 6
REACH = 0.50
# A widely used page of the shortest kind: what no check can be faster than.
TALL = "body { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); margin: 0 } .card.card { padding: 7px }"
EMPTY = {"index.html": "<!DOCTYPE html><html lang='en'><head><title>Empty</title></head><body></body></html>"}


def measure(table: Table) -> None:
    """Rows for a page of one file and for ten files of React."""
    table.head("Robots, on one core")
    with _one_core():
        with Browser.launch() as browser:
            ours = _measure(table, browser, "html, 20 kB", _page(), "html")
            _measure(table, browser, "React, 10 files", react_app(), "react")
            tries = sum(step.kind != "keys" for step in browser.explore(_page(), "html").steps)
        _by_hand(table, ours, tries)


def _by_hand(table: Table, ours: float, tries: int) -> None:
    """What a plain script takes for the same page, and how much of it that is an empty one's."""
    page, empty = _page()["index.html"], EMPTY["index.html"]
    with by_hand.plain() as browser:
        by_hand.visit(browser, page, tries=tries)
        pairs = [
            (
                _timed(partial(by_hand.visit, browser, empty)),
                _timed(partial(by_hand.visit, browser, page, tries=tries)),
            )
            for _ in range(TURNS)
        ]
    bare, whole = (median(seconds) for seconds in zip(*pairs, strict=True))
    table.add(
        Row(
            "every check, html, beside the same by hand",
            f"{60 / ours:.0f} a minute",
            f"{60 / whole:.0f} a minute by hand",
            whole / ours,
            REACH,
            note=f"{ours:.2f} s beside {whole:.2f} s; by hand an empty page takes {bare:.2f} s, {bare / whole:.2f} of that",
        )
    )


def _measure(table: Table, browser: Browser, what: str, files: Files, framework: str) -> float:
    """Rows for one page; the seconds that every check of it takes."""
    _checked(browser, files, framework, 0)
    seen = browser.render(_edited(files, TURNS + 1), framework, WIDTHS)
    if seen.errors or seen.problems or seen.hung:
        raise ValueError(f"{what} does not run: {seen.errors or seen.problems}, so it measures nothing.")
    sets: list[float] = []
    looks: list[float] = []
    bounds: list[float] = []
    for turn in range(1, TURNS + 1):
        bounds.append(_timed(partial(browser.render, EMPTY, "html", WIDTHS)))
        looks.append(_timed(partial(browser.render, _edited(files, turn), framework, WIDTHS)))
        sets.append(_timed(partial(_checked, browser, files, framework, turn)))
    bound = median(bounds)
    for name, seconds in (("render, three widths", median(looks)), ("every check", median(sets))):
        table.add(
            Row(
                f"{name}, {what}",
                f"{60 / seconds:.0f} a minute",
                f"{60 / bound:.0f} empty pages a minute",
                bound / seconds,
                REACH,
                note=f"{seconds:.2f} s beside {bound:.2f} s",
            )
        )
    return median(sets)


def _checked(browser: Browser, files: Files, framework: str, turn: int) -> None:
    """Every check over the `turn`th edit, as the worker runs them."""
    subject = Subject(
        framework=framework,
        refined=_edited(files, turn),
        base=files,
        rival=_edited(files, -1),
        prompt="A page of cards",
    )
    for check in registry.CHECKS.values():
        check.run(subject, sights.remembering(browser, subject, f"benchmark {turn}"))


def _page() -> Files:
    """A page of 20 kB whose cards stand side by side."""
    return {
        path: text.replace("</style>", f"{TALL}</style>", 1) for path, text in single_file(20_000).items()
    }


def _edited(files: Files, turn: int) -> Files:
    """The same files with a change in each, different for every turn."""
    return {
        path: text.replace("Some words", f"Some {turn} words").replace(" of part ", f" of {turn}, part ")
        for path, text in files.items()
    }


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def _one_core() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
