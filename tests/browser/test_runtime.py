"""The runtime in a real Chromium: what a page may expect of a preview, and what the pane says of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.panes import Panes, errors
from tests.browser.runtime_site import BUILD, RuntimeSite

pytestmark = pytest.mark.browser


def test_relative_files_run(panes: Panes) -> None:
    made = panes.show(
        {
            "index.html": '<!DOCTYPE html><html><head><link rel="stylesheet" href="css/site.css"><script defer src="js/late.js"></script>'
            '<script src="./js/first.js"></script></head><body><p id="out">-</p><img src="img/dot.svg" alt=""><p id="data"></p>'
            '<script type="module" src="js/main.js"></script></body></html>',
            "css/site.css": '@import "more.css"; body { background: url("../img/dot.svg") }',
            "css/more.css": "p { color: rgb(1, 2, 3) }",
            "img/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"></svg>',
            "js/first.js": "window.order = ['first:' + document.readyState]",
            "js/late.js": "order.push('late:' + Boolean(document.getElementById('out')))",
            "js/main.js": "import { name } from './parts/name.js'; order.push(name); document.getElementById('out').textContent = order.join(' ');"
            "fetch('data/list.json').then((r) => r.json()).then((list) => { document.getElementById('data').textContent = list.length })",
            "js/parts/name.js": "export const name = 'module'",
            "data/list.json": "[1, 2, 3]",
        }
    )
    assert made["problems"] == []
    assert panes.text("#out") == "first:loading late:true module"
    frame = panes.frame()
    frame.wait_for_selector("#data:has-text('3')", timeout=5000)
    assert frame.evaluate("getComputedStyle(document.getElementById('out')).color") == "rgb(1, 2, 3)"
    assert frame.evaluate("document.images[0].naturalWidth") == 7
    assert errors(panes) == []


REACT = {
    "src/App.tsx": """import { useState, type FC } from "react";
import { Sparkles } from "lucide-react";
import { create } from "zustand";
import Card from "@/components/Card";
import data from "./data.json";
import styles from "./App.module.css";
import "./index.css";

interface Store { n: number; add: () => void }
const useStore = create<Store>()((set) => ({ n: 0, add: () => set((s) => ({ n: s.n + 1 })) }));

const App: FC = () => {
  const [open, setOpen] = useState<boolean>(false);
  const { n, add } = useStore();
  return (
    <main className="min-h-screen bg-slate-900 p-8 text-white flex items-center gap-4">
      <Sparkles size={16} />
      <button id="add" className={styles.button} onClick={() => { add(); setOpen(!open); }}>Add</button>
      <output id="n">{n}:{String(open)}</output>
      {data.items.map((item) => <Card key={item} name={item} />)}
    </main>
  );
};
export default App;
""",
    "src/components/Card.tsx": "import { BrowserRouter, Link } from 'react-router-dom';\n"
    "export default function Card({ name }: { name: string }) { return <BrowserRouter><article className='card'><Link to='/x'>{name}</Link></article></BrowserRouter> }",
    "src/data.json": '{"items": ["one", "two"]}',
    "src/App.module.css": ".button { border: 3px solid rgb(9, 8, 7); }",
    "src/index.css": "@tailwind base;\n@tailwind components;\n@tailwind utilities;\n.card { padding: 11px }",
}


def test_react_project_runs(panes: Panes) -> None:
    made = panes.show(REACT, "react")
    assert made["problems"] == []
    assert made["unshelved"] == []
    frame = panes.frame()
    frame.wait_for_selector(".card")
    frame.click("#add")
    assert panes.text("#n") == "1:true"
    assert frame.locator(".card").all_text_contents() == ["one", "two"]
    assert frame.evaluate("getComputedStyle(document.querySelector('#add')).borderTopWidth") == "3px"
    for _ in range(40):
        if frame.evaluate("getComputedStyle(document.querySelector('main')).display") == "flex":
            break
        panes.page.wait_for_timeout(50)
    assert frame.evaluate("getComputedStyle(document.querySelector('main')).paddingTop") == "32px"
    assert frame.evaluate("getComputedStyle(document.querySelector('.card')).paddingTop") == "11px"
    assert errors(panes) == []


def test_react_with_a_shell_and_its_own_root(panes: Panes) -> None:
    panes.show(
        {
            "index.html": '<!DOCTYPE html><html><body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body></html>',
            "src/main.tsx": 'import { createRoot } from "react-dom/client"; import App from "./App"; createRoot(document.getElementById("root")!).render(<App />);',
            "src/App.tsx": "export default function App() { return <h1>{import.meta.env.MODE}</h1> }",
        },
        "react",
    )
    panes.frame().wait_for_selector("h1")
    assert panes.text("h1") == "production"
    assert errors(panes) == []


def test_requests_and_workers_find_the_projects_files(panes: Panes) -> None:
    panes.show(
        {
            "index.html": "<p id=x></p><p id=j></p><p id=w></p><script>const r = new XMLHttpRequest(); r.open('GET', 'd.json'); r.onload = () => { x.textContent = r.status + r.responseText }; r.send();"
            "const q = new XMLHttpRequest(); q.responseType = 'json'; q.open('GET', './d.json'); q.addEventListener('load', () => { j.textContent = q.response.a }); q.send();"
            "new Worker('w.js').onmessage = (e) => { w.textContent = e.data }</script>",
            "d.json": '{"a": 5}',
            "w.js": "postMessage('from a worker')",
        }
    )
    panes.frame().wait_for_selector("#w:has-text('from a worker')", timeout=5000)
    assert (panes.text("#x"), panes.text("#j")) == ('200{"a": 5}', "5")
    assert errors(panes) == []


def test_react_says_what_is_wrong(panes: Panes) -> None:
    made = panes.show({"App.tsx": "export default function App() {\n  return <div>\n}"}, "react")
    assert [(p["path"], p["line"]) for p in made["problems"]] == [("App.tsx", 3)]
    assert any("App.tsx" in message for message in errors(panes))

    made = panes.show(
        {
            "App.tsx": 'import { FaBeer } from "react-icons/fa";\nimport x from "./x";\nexport default () => <FaBeer x={x} />'
        },
        "react",
    )
    assert [p["line"] for p in made["problems"]] == [1, 2]
    assert "lucide-react" in made["unshelved"][0]["hint"]
    assert any("react-icons/fa does not load" in message for message in errors(panes))


CDN_PAGE = """<!DOCTYPE html><html><head>
<link rel="preconnect" href="https://fonts.gstatic.com"><link href="https://fonts.googleapis.com/css2?family=Inter:wght@400;700&family=Poppins:wght@600&display=swap" rel="stylesheet">
<link rel="stylesheet" href="https://cdnjs.cloudflare.com/ajax/libs/font-awesome/6.5.1/css/all.min.css" integrity="sha384-x" crossorigin="anonymous">
<link href="https://cdn.jsdelivr.net/npm/bootstrap@5.3.2/dist/css/bootstrap.min.css" rel="stylesheet">
<style>@import url('https://fonts.googleapis.com/css2?family=Space+Mono:wght@400;700&display=swap'); h1 { font-family: 'Inter' } h2 { font-family: Poppins; font-weight: 600 } em { font-family: 'Space Mono' }</style>
<script src="https://cdn.tailwindcss.com"></script><script>tailwind.config = { theme: { extend: { colors: { brand: 'rgb(1,2,3)' } } } }</script>
<script type="importmap">{"imports": {"three": "https://unpkg.com/three@0.160.0/build/three.module.js", "three/addons/": "https://unpkg.com/three@0.160.0/examples/jsm/", "react": "https://esm.sh/react@18.2.0"}}</script>
<script src="https://cdn.jsdelivr.net/npm/chart.js"></script><script src="https://cdnjs.cloudflare.com/ajax/libs/gsap/3.12.2/gsap.min.js"></script>
<script src="https://cdnjs.cloudflare.com/ajax/libs/three.js/r128/three.min.js"></script><script src="https://d3js.org/d3.v7.min.js"></script>
<script defer src="https://cdn.jsdelivr.net/npm/alpinejs@3.x.x/dist/cdn.min.js"></script><script src="https://unpkg.com/vue@3/dist/vue.global.js"></script>
<script src="https://unpkg.com/lucide@latest"></script><script src="https://code.jquery.com/jquery-3.7.1.min.js"></script>
</head><body><h1 class="text-brand p-4">Head</h1><h2>Two</h2><em>c</em><i class="fa-solid fa-star"></i><div x-data="{n: 4}"><b id="alpine" x-text="n"></b></div>
<div id="vue">{{ 40 + 2 }}</div><pre id="out"></pre>
<script>Vue.createApp({}).mount('#vue');
window.classic = [typeof Chart, typeof gsap.to, THREE.REVISION, d3.version.split('.')[0], typeof lucide.createIcons, typeof jQuery];
const late = document.createElement('script'); late.src = 'https://cdnjs.cloudflare.com/ajax/libs/qrcodejs/1.0.0/qrcode.min.js'; late.onload = () => { window.qr = typeof QRCode }; document.head.append(late);</script>
<script type="module">import * as THREE3 from 'three'; import { OrbitControls } from 'three/addons/controls/OrbitControls.js'; import { useState } from 'react'; import confetti from 'https://cdn.skypack.dev/canvas-confetti';
const { format } = await import('https://esm.sh/date-fns@2'); window.modules = [Number(THREE3.REVISION) > 150, typeof OrbitControls, typeof useState, typeof confetti, typeof format];</script>
<script src="https://cdn.example/unknown.js"></script></body></html>"""


def test_cdns_answer_from_the_shelf(panes: Panes) -> None:
    made = panes.show({"index.html": CDN_PAGE})
    frame = panes.frame()
    assert [item["url"] for item in made["unshelved"]] == ["https://cdn.example/unknown.js"]
    assert made["unshelved"][0]["hint"]
    assert frame.evaluate("window.classic") == ["function", "function", "128", "7", "function", "function"]
    assert panes.comes("window.modules") == [True, "function", "function", "function", "function"]
    assert panes.comes("window.qr") == "function"
    assert panes.text("#alpine") == "4"
    assert panes.text("#vue") == "42"
    assert frame.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
    frame.evaluate("document.fonts.ready.then(() => true)")
    loaded = frame.evaluate(
        "[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family.replaceAll('\"', ''))"
    )
    assert {"Inter", "Poppins", "Space Mono", "Font Awesome 6 Free"} <= set(loaded)
    assert panes.messages("error") == []


def test_storage_is_kept_for_one_pane_until_reset(panes: Panes) -> None:
    page = (
        "<p id=n></p><script>localStorage.n = Number(localStorage.n || 0) + 1; sessionStorage.setItem('s', 'x'); document.cookie = 'c=1; path=/';"
        "n.textContent = [localStorage.getItem('n'), Object.keys(localStorage), localStorage.length, 'n' in localStorage, sessionStorage.s, document.cookie, localStorage instanceof Storage].join()</script>"
    )
    panes.html(page)
    assert panes.text("#n") == "1,n,1,true,x,c=1,true"
    panes.page.evaluate("() => { events.a.length = 0; panes.a.reload() }")
    panes.until("events.a.some(({type}) => type === 'loaded')")
    assert panes.text("#n").startswith("2,")
    panes.page.evaluate("() => addPane('b')")
    panes.page.evaluate("(html) => panes.b.show({'index.html': html}, 'html')", page)
    panes.until("events.b.some(({type}) => type === 'loaded')")
    assert (panes.frame("b").text_content("#n") or "").startswith("1,")
    panes.page.evaluate("() => void (events.a.length = 0)")
    panes.page.click("#a .preview-forget")
    panes.until("events.a.some(({type}) => type === 'loaded')")
    assert panes.text("#n").startswith("1,")


def test_dialogs_are_shown_in_the_pane(panes: Panes) -> None:
    panes.html(
        "<p id=out></p><script>alert('Hello <b>there</b>'); out.textContent = confirm('Sure?') + prompt('Name?', 'Ada') + prompt('Other?')</script>"
    )
    assert panes.text("#out") == "trueAda"
    shown = panes.page.locator(".preview-dialog").all_text_contents()
    assert len(shown) == 3
    assert any("Sure?" in text and "told yes" in text for text in shown)
    assert panes.page.locator(".preview-dialog b").count() == 0
    assert panes.messages("caught")[0] == "Message: Hello <b>there</b>"


def test_forms_downloads_clipboard_links(panes: Panes) -> None:
    panes.html(
        """<form id=own><input name=q value=1><button>Go</button></form><form id=none action="https://example.com/in"><button>Go</button></form>
        <dialog id=d open><form method=dialog><button>Close</button></form></dialog>
        <a id=link href="https://example.com/away">away</a><a id=hash href="#deep">hash</a><a id=save download="n.txt" href="data:text/plain,hello">save</a><p id=out></p>
        <script>own.addEventListener('submit', (e) => { e.preventDefault(); out.textContent += 'handled ' + new FormData(own).get('q') });
        window.save2 = () => { const a = document.createElement('a'); a.href = URL.createObjectURL(new Blob(['12345'])); a.download = 'made.csv'; a.click() };
        window.copy = () => navigator.clipboard.writeText('copied words').then(() => { out.textContent += ' copied' })</script>"""
    )
    frame = panes.frame()
    frame.click("#own button")
    frame.click("#d button")
    frame.click("#none button")
    frame.click("#link")
    frame.click("#hash")
    frame.click("#save")
    frame.evaluate("save2()")
    frame.evaluate("copy()")
    frame.evaluate("window.open('https://example.com/pop')")
    panes.page.wait_for_timeout(200)
    assert panes.text("#out") == "handled 1 copied"
    assert frame.evaluate("location.hash") == "#deep"
    assert frame.evaluate("document.getElementById('d').open") is False
    assert panes.messages("caught") == [
        "Form sent to https://example.com/in without a handler",
        "Link to https://example.com/away",
        "Download of n.txt",
        "Download of made.csv (5 bytes)",
        "Copied: copied words",
        "New window for https://example.com/pop",
    ]
    assert panes.page.text_content("#a .preview-caught summary") == "6 things caught"


# The second with a per cent sign that encodes nothing.
@pytest.mark.parametrize("name", ["about.html", "100%.html"])
def test_links_between_pages_of_a_project(panes: Panes, name: str) -> None:
    panes.show({"index.html": f'<a href="{name}">About</a>', name: "<h1>About</h1>"})
    panes.page.evaluate("() => void (events.a.length = 0)")
    panes.frame().click("a")
    panes.until("events.a.some(({type}) => type === 'loaded')")
    assert panes.text("h1") == "About"


def test_what_is_stored_in_a_loop_comes_in_few_messages_and_whole(panes: Panes) -> None:
    # With every timer cleared meanwhile, the last values come with the next change or as the page goes.
    panes.html(
        "<p id=n></p><script>const first = localStorage.k0; n.textContent = [localStorage.length, first, localStorage.big?.length].join();"
        "if (first === undefined) { for (let i = 0; i < 20000; i++) localStorage.setItem('k' + i % 500, i);"
        " for (let i = 0; i < 9999; i++) clearTimeout(i); localStorage.big = 'x'.repeat(1e6) }</script>"
    )
    panes.page.wait_for_timeout(300)
    assert panes.events("hung") == []
    panes.frame().evaluate("() => { localStorage.last = 1 }")
    panes.page.evaluate("() => { events.a.length = 0; panes.a.reload() }")
    panes.until("events.a.some(({type}) => type === 'loaded')")
    assert panes.text("#n") == "502,19500,1000000"


def test_the_app_answers_while_a_hostile_megabyte_is_assembled(panes: Panes) -> None:
    """Turns of the app's own thread are counted, so a crowded machine changes nothing: assembling there gives none."""
    panes.page.evaluate(
        "() => { window.turns = 0; const c = new MessageChannel(); c.port1.onmessage = () => { window.turns++; c.port2.postMessage(0) }; c.port2.postMessage(0) }"
    )
    hostile = "<div " * 200_000 + "<script type=text/babel>" + "(" * 40_000
    turns: list[int] = panes.page.evaluate(
        """async ([html, tsx]) => {
          const seen = [];
          for (const [files, framework] of [[{'index.html': html}, 'html'], [{'src/App.tsx': tsx}, 'react']]) {
            const begun = window.turns;
            await panes.a.show(files, framework);
            seen.push(window.turns - begun);
          }
          return seen;
        }""",
        [hostile, "export default () => " + "<a>{" * 200_000],
    )
    assert min(turns) > 20, turns


def test_width_is_laid_out_and_scaled(panes: Panes) -> None:
    panes.page.set_viewport_size({"width": 600, "height": 500})
    panes.html("<script>document.title = innerWidth</script>")
    panes.page.evaluate("() => panes.a.setWidth(1280)")
    panes.page.wait_for_timeout(100)
    assert panes.frame().evaluate("innerWidth") == 1280
    box = panes.page.locator("#a iframe").bounding_box()
    assert box is not None
    assert box["width"] <= 600
    panes.page.evaluate("() => panes.a.setWidth('fit')")
    panes.page.wait_for_timeout(100)
    assert panes.frame().evaluate("innerWidth") < 600


def test_the_frame_takes_one_page_and_only_from_the_app(chromium: Browser, site: RuntimeSite) -> None:
    page = chromium.new_page()
    page.goto(site.app_origin + "/")
    said = page.evaluate(
        """async (origin) => {
          const frame = document.createElement('iframe');
          frame.sandbox = 'allow-scripts allow-forms'; frame.src = origin + '/frame';
          await new Promise((done) => { frame.onload = done; document.body.append(frame) });
          const heard = [];
          const send = (message, withPort = true) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = ({data}) => heard.push(data.say); frame.contentWindow.postMessage(message, '*', withPort ? [port2] : []) };
          const html = '<script>alert(1)</' + 'script>';
          const state = {local: {}, session: {}, cookies: {}};
          send('hello'); send({hillclimb: 'other', html}); send({hillclimb: 'load', html, state}, false);
          await new Promise((done) => setTimeout(done, 300));
          const before = [...heard];
          send({hillclimb: 'load', html, state});
          await new Promise((done) => setTimeout(done, 400));
          send({hillclimb: 'load', html, state});
          await new Promise((done) => setTimeout(done, 400));
          return [before, heard];
        }""",
        site.preview_origin,
    )
    assert said == [[], ["ready", "dialog", "loaded"]]
    page.close()


def test_the_robot_loads_a_page_by_itself(chromium: Browser, site: RuntimeSite) -> None:
    page = chromium.new_page()
    page.goto("about:blank")
    page.add_script_tag(content=(BUILD / "preview" / "assemble.js").read_text())
    made = page.evaluate(
        "([files, origin]) => HillclimbAssemble.assemble(files, 'react', {shelfOrigin: origin})",
        [REACT, site.preview_origin],
    )
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(site.preview_origin + "/frame")
    page.evaluate("(html) => window.__hillclimbLoad(html)", made["html"])
    page.wait_for_selector(".card")
    page.click("#add")
    assert page.text_content("#n") == "1:true"
    assert page.evaluate("typeof window.__hillclimbLoad") == "undefined"
    assert trouble == []
    page.close()
