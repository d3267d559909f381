"""What each real output does in the runtime, written down by hash of its files.

    python -m tests.browser.verdicts      writes verdicts.json anew; look at every change it makes

The outputs themselves are not part of the repository; `verdicts.json` holds no word of them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from checks.chromium import find
from tests.browser.panes import Panes, errors
from tests.browser.runtime_site import RuntimeSite

PAIRS = Path(__file__).resolve().parents[3] / "shared" / "data" / "frontend-pairs" / "prompts.jsonl"
KEPT = Path(__file__).with_name("verdicts.json")
# A small window keeps canvases cheap, which are drawn without a graphics card here.
WINDOW = {"width": 640, "height": 400}
DRAWN = (
    "() => document.body.innerText.trim().length + 100 * document.querySelectorAll('canvas, svg, img').length"
)
# Frameworks that compile in the page draw after it has loaded.
DRAWS_WITHIN_MS = 4000

Verdict = dict[str, Any]


def outputs() -> Iterator[tuple[str, str, dict[str, str]]]:
    """(hash, framework, files) of every model's output."""
    for line in PAIRS.read_text().splitlines():
        prompt = json.loads(line)
        for generation in prompt["generations"]:
            canonical = json.dumps(generation["files"], sort_keys=True, separators=(",", ":"))
            yield hashlib.sha256(canonical.encode()).hexdigest(), prompt["framework"], generation["files"]


def judge(panes: Panes, files: dict[str, str], framework: str) -> Verdict:
    """Run files in a pane: errors, what the layer caught, addresses and files that are not there, whether it drew."""
    made = panes.show(files, framework)
    panes.page.wait_for_timeout(250)
    drawn = False
    for _ in range(DRAWS_WITHIN_MS // 200):
        if panes.events("hung"):
            break
        try:
            drawn = panes.frame().evaluate(DRAWN) >= 20
        except (PlaywrightError, AssertionError):
            # The frame was exchanged or stopped at this very moment.
            drawn = False
        if drawn:
            break
        panes.page.wait_for_timeout(200)
    return {
        "errors": len(errors(panes)),
        "caught": sorted({event["what"] for event in panes.events("caught")}),
        "problems": len(made["problems"]),
        "unshelved": len(made["unshelved"]),
        "hung": bool(panes.events("hung")),
        "drawn": drawn,
    }


def patient(panes: Panes, files: dict[str, str], framework: str) -> Verdict:
    """The same, tried again when the page hung: a machine busy with other things may hold it past its heartbeat."""
    verdict = judge(panes, files, framework)
    for _ in range(2):
        if not verdict["hung"]:
            break
        verdict = judge(panes, files, framework)
    return verdict


def main() -> None:
    """Write what is seen now."""
    site = RuntimeSite()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
        panes = Panes(browser.new_page(viewport=WINDOW), site)
        seen = {digest: patient(panes, files, framework) for digest, framework, files in outputs()}
        browser.close()
    site.close()
    KEPT.write_text(json.dumps(dict(sorted(seen.items())), indent=1) + "\n")
    sys.stdout.write(f"{len(seen)} verdicts in {KEPT.name}\n")


if __name__ == "__main__":
    main()
