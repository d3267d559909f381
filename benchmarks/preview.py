"""The preview after a keystroke, beside one reload of the assembled page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from statistics import median

from playwright.sync_api import Page, sync_playwright

from benchmarks.table import Row, Table
from checks.chromium import find
from tests.browser.panes import Panes
from tests.browser.runtime_site import ROOT, RuntimeSite

TURNS = 21
LATENCY_MS = 300

# What the bench waits after a key before it hands the files over; part of what the person waits.
PAUSE = re.compile(r"PREVIEW_PAUSE = (\d+)")
# From handing the changed files over to the new page's load event; both at the same pane, in turns.
TIMED = """async ([files, framework, way]) => {
  events.a.length = 0;
  const begun = performance.now();
  const loaded = new Promise((done) => { window.heard = done });
  if (way === 'edit') void panes.a.show(files, framework); else panes.a.reload();
  await loaded;
  return performance.now() - begun;
}"""
LISTEN = """() => { const push = events.a.push; events.a.push = function (event) {
  if (event.type === 'loaded' || event.type === 'hung') window.heard?.();
  return push.call(this, event);
} }"""


def single_file(bytes_: int = 60_000) -> Mapping[str, str]:
    """One HTML file of this size: styles, markup and a script, as outputs are."""
    card = '<article class="card"><h2>Card {n}</h2><p>Some words about this card, number {n}.</p><button data-n="{n}">Choose</button></article>\n'
    rule = ".card:nth-child({n}) {{ padding: {n}px; color: hsl({n} 40% 40%); transition: transform .2s }}\n"
    cards, rules, n = [], [], 0
    while sum(map(len, cards)) + sum(map(len, rules)) < bytes_ - 600:
        n += 1
        cards.append(card.format(n=n))
        rules.append(rule.format(n=n))
    script = "document.querySelectorAll('button').forEach((b) => b.addEventListener('click', () => { b.textContent = 'Chosen ' + b.dataset.n }))"
    return {
        "index.html": f"<!DOCTYPE html><html><head><style>{''.join(rules)}</style></head><body>{''.join(cards)}<script>{script}</script></body></html>"
    }


def react_app() -> Mapping[str, str]:
    """Ten files: an entry, eight components of some 60 lines, a stylesheet."""
    files = {
        f"src/Part{n}.tsx": "import { useState } from 'react';\ninterface Props { start: number }\n"
        f"export default function Part{n}({{ start }}: Props) {{\n  const [count, setCount] = useState<number>(start);\n  return <section className='part'>\n"
        + "".join(
            f"    <p onClick={{() => setCount(count + {k})}}>Line {k} of part {n}: {{count}}</p>\n"
            for k in range(60)
        )
        + "  </section>;\n}\n"
        for n in range(8)
    }
    imports = "".join(f"import Part{n} from './Part{n}';\n" for n in range(8))
    parts = "".join(f"<Part{n} start={{{n}}} />" for n in range(8))
    return {
        **files,
        "src/index.css": ".part { padding: 8px } .part p { margin: 0 }",
        "src/App.tsx": f"import './index.css';\n{imports}export default function App() {{ return <main>{parts}</main>; }}\n",
    }


def measure(table: Table) -> None:
    """Median of an edit's way to the screen beside a reload."""
    table.head("Preview")
    site = RuntimeSite()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(find()), args=["--no-sandbox"])
            panes = Panes(browser.new_page(viewport={"width": 1280, "height": 800}), site)
            panes.page.evaluate(LISTEN)
            single, app = single_file(), react_app()
            size = len(single["index.html"])
            _latency(table, panes.page, f"one file of {size // 1000} kB", single, "html", "index.html")
            _latency(table, panes.page, f"a React app of {len(app)} files", app, "react", "src/Part3.tsx")
            browser.close()
    finally:
        site.close()


def _latency(
    table: Table, page: Page, name: str, files: Mapping[str, str], framework: str, edited: str
) -> None:
    edits, reloads = [], []
    for turn in range(TURNS + 4):
        changed = {
            **files,
            edited: files[edited]
            .replace("Card 1<", f"Card 1 {turn}<")
            .replace("Line 1 of", f"Line 1 {turn} of"),
        }
        edit = page.evaluate(TIMED, [changed, framework, "edit"])
        reload = page.evaluate(TIMED, [changed, framework, "reload"])
        if turn >= 4:
            edits.append(edit)
            reloads.append(reload)
    here, there = median(edits), median(reloads)
    table.add(
        Row(f"keystroke to preview, {name}", f"{here:.0f} ms", f"{there:.0f} ms, one reload", here / there)
    )
    found = PAUSE.search((ROOT / "frontend" / "app" / "bench.ts").read_text())
    if found is None:
        raise RuntimeError("the bench's PREVIEW_PAUSE is not where it was")
    whole = here + int(found.group(1))
    table.add(
        Row(
            "  with the pause after the key",
            f"{whole:.0f} ms",
            f"{LATENCY_MS} ms",
            whole / LATENCY_MS,
            1.0,
            at_most=True,
        )
    )
