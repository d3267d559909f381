"""One look at a file set: three widths, pictures and axe-core. Every check that needs the browser asks for this same
look, so that what one of them has seen need not be shown to the next."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from checks.shelf import BUILD_DIR
from checks.verdict import Files

if TYPE_CHECKING:
    from checks.browser import Browser
    from checks.exploration import Exploration
    from checks.rendering import Rendering

WIDTHS = (1280, 768, 375)
AXE_WIDTH = WIDTHS[0]

_AXE = """(async () => {
%(axe)s;
  const found = await axe.run(document, {
    resultTypes: ["violations"], elementRef: false, iframes: false,
    runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
  });
  return found.violations.map((rule) => ({
    id: rule.id, impact: rule.impact ?? "minor", help: rule.help, count: rule.nodes.length,
    targets: rule.nodes.slice(0, 5).map((node) => String(node.target.flat().join(" ")).slice(0, 200)),
    advice: String(rule.nodes[0]?.failureSummary ?? "").slice(0, 400),
  })).slice(0, 100);
})()"""


def look(browser: Browser, files: Files, framework: str) -> Rendering:
    """What the page looks like at `WIDTHS` and does there; `result` has axe's findings where there was time for them.

    Raises BrowserLost when the browser fails, FileNotFoundError when axe-core was not installed.
    """
    return browser.render(files, framework, WIDTHS, script=axe_script(browser.build_dir))


def examine(browser: Browser, files: Files, framework: str) -> tuple[Rendering, Exploration | None]:
    """That look, and what came of trying the page out; None for a page that hung or left. Raises as `look`."""
    return browser.examine(files, framework, script=axe_script(browser.build_dir))


def look_for_barriers(browser: Browser, files: Files, framework: str) -> Rendering:
    """A visit for axe alone: for pages too heavy to be asked in passing. Raises as `look`."""
    return browser.render(
        files, framework, (AXE_WIDTH,), script=axe_script(browser.build_dir), screenshots=False
    )


@lru_cache(maxsize=2)
def axe_script(build_dir: Path = BUILD_DIR) -> str:
    """The expression that runs axe-core, from the build. Raises FileNotFoundError where the front end is not built."""
    return _AXE % {"axe": (build_dir / "preview" / "axe.min.js").read_text()}
