"""The app page of a `RuntimeSite` with panes on it, as tests drive it."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Frame, Page

from tests.browser.runtime_site import RuntimeSite


class Panes:
    """The app page with one pane, `a`."""

    def __init__(self, page: Page, site: RuntimeSite) -> None:
        self.page, self.site = page, site
        page.goto(site.app_origin + "/")
        self.until("window.isReady === true")
        page.evaluate("() => addPane('a')")

    def until(self, condition: str, seconds: float = 15) -> None:
        """Wait for a condition; polled from here, since the page's own policy forbids evaluation."""
        for _ in range(int(seconds * 20)):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never: {condition}; heard {json.dumps(self.events())[:2000]}")

    def show(self, files: dict[str, str], framework: str = "html", key: str = "a") -> dict[str, Any]:
        """Run files and wait until they have loaded."""
        self.page.evaluate("(key) => void (events[key].length = 0)", key)
        made: dict[str, Any] = self.page.evaluate(
            "([key, files, framework]) => panes[key].show(files, framework)", [key, files, framework]
        )
        self.until(f"events.{key}.some(({{type}}) => type === 'loaded')")
        return made

    def html(self, body: str) -> dict[str, Any]:
        return self.show({"index.html": f"<!DOCTYPE html><html><head></head><body>{body}</body></html>"})

    def events(self, kind: str | None = None, key: str = "a") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate("(key) => events[key]", key)
        return [event for event in found if kind in (None, event["type"])]

    def messages(self, kind: str) -> list[str]:
        return [event["message"] for event in self.events(kind)]

    def frame(self, key: str = "a") -> Frame:
        handle = self.page.query_selector(f"#{key} iframe")
        frame = handle.content_frame() if handle else None
        assert frame is not None
        return frame

    def comes(self, expression: str, seconds: float = 15) -> Any:
        """What an expression in the shown page comes to be: modules and late scripts may end after its loading."""
        for _ in range(int(seconds * 20)):
            if (found := self.frame().evaluate(expression)) is not None:
                return found
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never: {expression}; heard {json.dumps(self.events())[:2000]}")

    def text(self, selector: str) -> str:
        found = self.frame().text_content(selector)
        assert found is not None
        return found


def errors(panes: Panes) -> list[str]:
    """What went wrong in the page's own words: uncaught errors and errors it logged."""
    return panes.messages("error") + [e["message"] for e in panes.events("console") if e["level"] == "error"]
