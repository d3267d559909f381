"""Ways a hostile page may try to reach the app, its neighbours, the browser's stores or the person: name -> code, by route.

What the code may use is told in `vectors`.
"""

from __future__ import annotations

WINDOWS = {
    "window.open of an untouched window": "tell(W.open(to()) === null ? 'refused' : 'got a window')",
    "window.open over the whole window": "tell(W.open(to(), '_top') === null ? 'refused' : 'got a window')",
    "window.open of the parent": "tell(W.open(to(), '_parent') === null ? 'refused' : 'got a window')",
    "top.location": "top.location.href = to()",
    "parent.location, its fragment": "parent.location.hash = 'x'",
    "parent.location, replaced": "parent.location.replace('javascript:alert(1)')",
    "closing the app": "top.close(); window.close(); parent.stop?.()",
    "moving the window": "top.moveTo?.(0, 0); W.resizeTo(10, 10); W.moveBy(5, 5)",
    "picture-in-picture document": "documentPictureInPicture.requestWindow().then(() => tell('got a window'), () => tell('refused'))",
    "portal": "const p = document.createElement('portal'); p.src = to(); document.body.append(p); p.activate?.()",
}
REACHING = {
    "parent.document": "try { parent.document.title; tell('got the document') } catch { tell('refused') }",
    "top.localStorage": "try { top.localStorage.length; tell('got it') } catch { tell('refused') }",
    "frameElement": "try { tell(W.parent.frameElement === null ? 'refused' : 'got the frame') } catch { tell('refused') }",
    "a neighbour's document": "for (let i = 0; i < parent.length; i++) try { if (parent[i] !== window) { parent[i].document.body; tell('got a neighbour') } } catch { tell('refused') }",
    "a neighbour's location": "for (let i = 0; i < parent.length; i++) if (parent[i] !== window) try { parent[i].location.href = to(); parent[i].location.replace(to()) } catch { tell('refused') }",
    "opener": "tell(window.opener === null ? 'refused' : 'got an opener')",
    "a frame of the app by name": "for (const n of ['a', 'b', '_top', 'Panes', 'main']) try { const w = W.open('', n); if (w && w !== window && w !== W) tell('got a window') } catch {} ",
    "the app's own globals": "try { top.panes; tell('got them') } catch { tell('refused') }",
    "__proto__ in a message": 'parent.postMessage(JSON.parse(\'{"__proto__": {"polluted": 1}, "hillclimb": "load"}\'), \'*\')',
}
MESSAGES = {
    "false words for the app": "for (const say of ['ready', 'loaded', 'leaving', 'state']) parent.postMessage({say, hillclimb: 'load', html: 'x'}, '*')",
    "a page for the neighbour": "for (let i = 0; i < parent.length; i++) { const c = new MessageChannel(); parent[i].postMessage({hillclimb: 'load', html: '<h1 id=fine>taken over</h1>', state: {local: {}, session: {}, cookies: {}}}, '*', [c.port2]) }",
    "the pane's port, by a getter": "const d = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data'); Object.defineProperty(MessageEvent.prototype, 'data', {configurable: true, get() { const t = this.currentTarget ?? this.target; if (t instanceof MessagePort) tell('got the port'); return d.get.call(this) }})",
    "the pane's port, by a listener": "const add0 = EventTarget.prototype.dispatchEvent; for (const p of [MessagePort.prototype]) Object.defineProperty(p, 'postMessage', {value(...a) { tell('got the port') }});"
    " Object.defineProperty(Object.prototype, 'beat', {configurable: true, set() { tell('got a message') }, get() { return 0 }}); localStorage.x = '1'",
    "BroadcastChannel": "const c = new W.BroadcastChannel('app'); c.onmessage = () => tell('got a message'); c.postMessage('hostile')",
    "locks": "W.navigator.locks.request('app', () => tell('got the lock')).catch(() => tell('refused'))",
}
STORES = {
    "localStorage": "try { W.localStorage.x = 1; tell('got storage') } catch { tell('refused') }",
    "sessionStorage": "try { W.sessionStorage.x = 1; tell('got storage') } catch { tell('refused') }",
    "cookie": "try { Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').set.call(document, 'a=b'); tell('got cookies') } catch { tell('refused') }",
    "cookieStore": "W.cookieStore.set('a', 'b').then(() => tell('got cookies'), () => tell('refused'))",
    "IndexedDB": "try { const r = W.indexedDB.open('x'); r.onsuccess = () => tell('got storage'); r.onerror = () => tell('refused') } catch { tell('refused') }",
    "caches": "W.caches.open('x').then(() => tell('got storage'), () => tell('refused'))",
    "private file system": "W.navigator.storage.getDirectory().then(() => tell('got storage'), () => tell('refused'))",
    "storage access": "W.document.requestStorageAccess().then(() => tell('got storage'), () => tell('refused'))",
    "shared storage": "W.sharedStorage.set('a', 'b').then(() => tell('got storage'), () => tell('refused'))",
    "storage buckets": "W.navigator.storageBuckets.open('x').then(() => tell('got storage'), () => tell('refused'))",
    "window.name": "window.name = 'kept words'; tell('set')",
}
PERMISSIONS = {
    "place": "W.navigator.geolocation.getCurrentPosition(() => tell('got it'), () => tell('refused'))",
    "camera and microphone": "W.navigator.mediaDevices.getUserMedia({video: true, audio: true}).then(() => tell('got it'), () => tell('refused'))",
    "screen": "W.navigator.mediaDevices.getDisplayMedia().then(() => tell('got it'), () => tell('refused'))",
    "notifications": "W.Notification.requestPermission().then((p) => tell(p === 'granted' ? 'got it' : 'refused'))",
    "clipboard, read": "W.navigator.clipboard.readText().catch(() => navigator.clipboard.readText()).then(() => tell('got it'), () => tell('refused'))",
    "clipboard, written": "W.navigator.clipboard.writeText('hostile').then(() => tell('got it'), () => tell('refused'))",
    "MIDI": "W.navigator.requestMIDIAccess({sysex: true}).then(() => tell('got it'), () => tell('refused'))",
    "fonts of the machine": "W.queryLocalFonts().then(() => tell('got it'), () => tell('refused'))",
    "a lock on the screen": "W.navigator.wakeLock.request('screen').then(() => tell('got it'), () => tell('refused'))",
    "passkeys": "W.navigator.credentials.get({publicKey: {challenge: new Uint8Array(9)}}).then(() => tell('got it'), () => tell('refused'))",
    "federated sign-in": "W.navigator.credentials.get({identity: {providers: [{configURL: to(), clientId: '1'}]}}).then(() => tell('got it'), () => tell('refused'))",
}
# These need a click of a person, as a hostile page would beg for one.
GESTURES = {
    "USB, serial, HID and Bluetooth": (
        "permissions",
        "for (const [api, how] of [['usb', 'requestDevice'], ['serial', 'requestPort'], ['hid', 'requestDevice'], ['bluetooth', 'requestDevice']]) W.navigator[api]?.[how]({filters: [], acceptAllDevices: true}).then(() => tell('got it'), () => tell('refused'))",
    ),
    "payment": (
        "permissions",
        "new W.PaymentRequest([{supportedMethods: to()}], {total: {label: 'x', amount: {currency: 'EUR', value: '1'}}}).show().then(() => tell('got it'), () => tell('refused'))",
    ),
    "full screen": (
        "full screen",
        "W.Element.prototype.requestFullscreen.call(document.body).then(() => tell('got it'), () => tell('refused'))",
    ),
    "pointer lock": (
        "pointer lock",
        "document.onpointerlockchange = () => { if (document.pointerLockElement) tell('got it') }; document.onpointerlockerror = () => tell('refused'); document.body.requestPointerLock()?.catch?.(() => tell('refused'))",
    ),
    "keyboard lock": (
        "permissions",
        "W.navigator.keyboard.lock().then(() => tell('got it'), () => tell('refused'))",
    ),
    "file picker": (
        "permissions",
        "W.showOpenFilePicker().then(() => tell('got it'), () => tell('refused'))",
    ),
    "folder picker": (
        "permissions",
        "W.showDirectoryPicker().then(() => tell('got it'), () => tell('refused'))",
    ),
    "eye dropper": (
        "permissions",
        "new W.EyeDropper().open().then(() => tell('got it'), () => tell('refused'))",
    ),
    "a new window on a click": ("windows", "tell(W.open(to()) === null ? 'refused' : 'got a window')"),
    "the whole window on a click": ("windows", "top.location.href = to()"),
    "a link on a click": ("links", "click('a', {href: to(), target: '_blank'})"),
    "a download on a click": (
        "downloads",
        "click('a', {href: URL.createObjectURL(new Blob(['x'])), download: 'x.exe'})",
    ),
    "another program on a click": ("navigation", "location.href = 'mailto:a@b.test'"),
    "a stay-here dialog": (
        "dialogs",
        "window.onbeforeunload = (e) => { e.preventDefault(); return 'x' }; location.reload()",
    ),
}
DIALOGS = {
    "alert of an untouched window": "W.alert('x'); tell('nothing')",
    "confirm of an untouched window": "tell(W.confirm('x') ? 'got a yes' : 'nothing')",
    "prompt of an untouched window": "tell(W.prompt('x', 'y') === null ? 'nothing' : 'got words')",
    "print": "W.print()",
    "a dialog over everything": "add('<dialog id=d style=\"position:fixed;inset:0;width:100vw;height:100vh\">Sign in again</dialog>'); document.getElementById('d').showModal(); tell('inside the pane')",
    "a thousand alerts": "for (let i = 0; i < 1000; i++) alert('Your session has ended. ' + i)",
}
TRICKS = {
    "title and icon": "document.title = 'Hillclimb - sign in'; document.head.append(Object.assign(document.createElement('link'), {rel: 'icon', href: 'data:image/png;base64,iVBORw0KGgo='}))",
    "scrolling the app": "document.body.style.height = '9000px'; setInterval(() => document.documentElement.scrollIntoView({block: 'end'}), 50)",
    "drawing outside its frame": "add('<div style=\"position:fixed;inset:-999px;z-index:2147483647;background:red\" popover=manual id=p>x</div>'); document.getElementById('p').showPopover()",
    "a cursor that covers": 'document.documentElement.style.cursor = \'url("data:image/svg+xml,\' + encodeURIComponent(\'<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"><rect width="128" height="128"/></svg>\') + \'"), auto\'',
    "the debugger": "debugger; tell('went on')",
    "Refresh by a second policy": "add('<meta http-equiv=Content-Security-Policy content=\"default-src *; connect-src *\">'); fetch(to(), {mode: 'no-cors'}).catch(() => tell('refused'))",
}
KEYS = {
    "taking the keys from the app": "add('<input id=steal>'); const s = document.getElementById('steal'); s.oninput = () => { if (s.value.length > IN_FLIGHT) tell('got keys: ' + s.value) }; setInterval(() => { window.focus(); s.focus(); W.focus() }, 20)",
    "taking the keys once on loading": "add('<input id=steal autofocus>'); const s = document.getElementById('steal'); s.oninput = () => { if (s.value.length > IN_FLIGHT) tell('got keys: ' + s.value) }; s.focus(); s.select()",
}
