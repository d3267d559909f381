"""Ways a hostile page may try to hang or starve the app. What the code may use is told in `vectors`."""

from __future__ import annotations

# (code, seconds to watch, whether the pane must stop the page). Lines, errors and addresses end after five thousand: beyond
# that the debugging protocol which the test listens by drowns, and it is not what a person's browser runs.
HANGS: dict[str, tuple[str, float, bool]] = {
    "endless loop": ("setTimeout(() => { for (;;); }, 200)", 1, True),
    "endless loop while loading": ("for (;;);", 1, True),
    "storm of microtasks": (
        "setTimeout(() => { (function f() { Promise.resolve().then(f) })() }, 200)",
        1,
        True,
    ),
    "pattern that never ends": ("setTimeout(() => /(a+)+$/.test('a'.repeat(40) + 'b'), 200)", 1, True),
    "endless alerts": ("setTimeout(() => { for (;;) alert(1) }, 200)", 1, True),
    "waiting on shared memory": (
        "setTimeout(() => { for (;;) try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) } catch {} }, 200)",
        1,
        True,
    ),
    "endless loop in WebAssembly": (
        "setTimeout(() => { const m = new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,3,64,12,0,11,11])); new WebAssembly.Instance(m).exports.f() }, 200)",
        1,
        True,
    ),
    "writing the document without end": (
        "setTimeout(() => { for (;;) document.write('<p>x') }, 200)",
        1,
        True,
    ),
    "heap": (
        "setTimeout(() => { const a = []; for (;;) a.push(new Array(1e6).fill(a.length)) }, 200)",
        1,
        True,
    ),
    "memory outside the heap": (
        "const a = []; setInterval(() => { try { for (let i = 0; i < 4; i++) a.push(new Uint8Array(2e7).fill(1)); if (a.length > 60) a.length = 0 } catch {} }, 20)",
        3,
        False,
    ),
    "a hundred thousand elements": (
        "for (let i = 0; i < 1e5; i++) document.body.append(document.createElement('p'))",
        3,
        False,
    ),
    "elements without end": (
        "setTimeout(() => { for (;;) document.body.append(Object.assign(document.createElement('p'), {textContent: 'x'})) }, 200)",
        1,
        True,
    ),
    "layout again and again": (
        "add('<div>x</div>'.repeat(3000)); setTimeout(() => { for (;;) for (const d of document.querySelectorAll('div')) { d.style.width = Math.random() * 99 + 'px'; d.offsetHeight } }, 200)",
        1,
        True,
    ),
    "giant canvases": (
        "for (let i = 0; i < 20; i++) { const c = document.body.appendChild(document.createElement('canvas')); c.width = c.height = 16000; c.getContext('2d')?.fillRect(0, 0, 16000, 16000) }",
        3,
        False,
    ),
    "filters upon filters": (
        "add('<div style=\"width:4000px;height:4000px;filter:' + 'blur(90px) '.repeat(30) + '\">x</div>'.repeat(3))",
        3,
        False,
    ),
    "animations by the thousand": (
        "add('<style>@keyframes k{to{transform:rotate(9turn);filter:blur(9px)}}i{display:block;animation:k .1s infinite}</style>' + '<i>x</i>'.repeat(5000))",
        3,
        False,
    ),
    "workers by the hundred": (
        "const u = URL.createObjectURL(new Blob(['for (;;);'])); for (let i = 0; i < 100; i++) new W.Worker(u)",
        3,
        False,
    ),
    "frames in frames": (
        "(function f(d, n) { for (let i = 0; i < 4 && n; i++) f(d.body.appendChild(d.createElement('iframe')).contentDocument, n - 1) })(document, 4)",
        3,
        False,
    ),
    "console in a loop": (
        "let n = 0; setInterval(() => { for (let i = 0; i < 500 && n < 5000; i++, n++) console.error('x'.repeat(4000)) }, 0)",
        3,
        False,
    ),
    "errors in a loop": (
        "let n = 0; setInterval(() => { for (let i = 0; i < 20 && n < 5000; i++, n++) setTimeout(() => { throw new Error('e'.repeat(400)) }) }, 10)",
        3,
        False,
    ),
    "messages to the app in a loop": (
        "const big = 'x'.repeat(1e5); setInterval(() => { for (let i = 0; i < 2000; i++) parent.postMessage(big, '*') }, 0)",
        4,
        True,
    ),
    "storage in a loop": (
        "const big = 'x'.repeat(4e6); let n = 0; setInterval(() => { for (let i = 0; i < 50; i++) localStorage.setItem('k', big + n++) }, 0)",
        4,
        False,
    ),
    "small storage in a loop": (
        "let n = 0; setInterval(() => { for (let i = 0; i < 20000; i++) localStorage.setItem('k' + i % 500, n++) }, 0)",
        4,
        False,
    ),
    "reloading in a circle": ("location.reload()", 3, True),
    "addresses in a loop": (
        "let n = 0; setInterval(() => { for (let i = 0; i < 20 && n < 5000; i++, n++) { try { W.history.pushState(0, '', '#' + i) } catch {} location.hash = Math.random() } }, 10)",
        3,
        False,
    ),
    "sound": (
        "for (let i = 0; i < 40; i++) { const c = new AudioContext(), o = c.createOscillator(); o.connect(c.destination); o.start() }",
        1,
        False,
    ),
    "a loop that slips between beats": (
        "setInterval(() => { const t = performance.now(); while (performance.now() - t < 2500); }, 2600)",
        9,
        False,
    ),
}
