/**
 * The frame page. Embedded, it takes one message from the app's origin, with a port, and becomes the page it holds.
 * Opened by itself (the robot), it offers `__hillclimbLoad(html, hear)` instead. It does nothing unless it is sandboxed.
 */
import type { FrameSays, LoadMessage, PaneSays, Snapshot } from "../wire";
import { installCompat } from "./compat";
import { makeHighlight } from "./highlight";

declare global {
  interface Window {
    __hillclimbLoad?: (html: string, hear?: (message: FrameSays) => void) => void;
  }
}

const EMPTY: Snapshot = { local: {}, session: {}, cookies: {} };
const appOrigin = document.querySelector<HTMLMetaElement>('meta[name="hillclimb-app-origin"]')?.content ?? "";
const readData = Function.prototype.call.bind(Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data")!.get!) as (event: MessageEvent<PaneSays>) => PaneSays | null;
const sandboxed = window.origin === "null";

function become(html: string, state: Snapshot, say: (message: FrameSays) => void): void {
  // Opening the document drops its listeners, so the layer goes in between opening and writing.
  document.open();
  installCompat(state, say);
  document.write(html);
  document.close();
}

if (sandboxed && window.parent === window) {
  window.__hillclimbLoad = (html, hear = () => undefined) => {
    delete window.__hillclimbLoad;
    become(html, EMPTY, hear);
  };
} else if (sandboxed && /^https?:\/\//.test(appOrigin)) {
  const listen = (event: MessageEvent<LoadMessage>) => {
    const port = event.ports[0];
    if (event.origin !== appOrigin || event.source !== window.parent || event.data?.hillclimb !== "load" || !port) return;
    window.removeEventListener("message", listen);
    // The page must not see the message, nor reach the port through methods it replaces.
    event.stopImmediatePropagation();
    const post = port.postMessage.bind(port);
    const highlight = makeHighlight();
    // Read by the browser's own getter: one the page puts in its place would be handed the event, and with it the port.
    port.onmessage = (ping: MessageEvent<PaneSays>) => {
      const data = readData(ping);
      if (data?.say === "ping") post({ say: "pong", beat: data.beat } satisfies FrameSays);
      if (data?.say === "highlight") post({ say: "highlighted", found: highlight(data.selector) } satisfies FrameSays);
    };
    post({ say: "ready" } satisfies FrameSays);
    become(event.data.html, event.data.state, (message) => post(message));
  };
  window.addEventListener("message", listen);
}
