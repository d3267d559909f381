/**
 * The compatibility layer: what a page expects of a browser but a sandbox lacks is answered in memory, caught and
 * named. It is put in at run time, is never part of the files, and is the same for every pane and for the robot.
 */
import type { Caught, FrameSays, Level, Snapshot } from "../wire";
import { LONGEST } from "../wire";
import { makeCookies, makeStorage } from "./storage";

type Say = (message: FrameSays) => void;

/** Reports a frame may send in one second; a page that logs in a loop must not stall the app. */
const REPORTS_PER_SECOND = 60;
/** Shortest time between two reports of what was stored, and how much longer large ones wait. */
const GATHERED_MS = 100;
const CHARACTERS_PER_MS = 5000;

/** Install everything on the current window; call after `document.open()` and before the page is written. */
export function installCompat(state: Snapshot, post: Say): void {
  const say = limited(post);
  const caught = (what: Caught, message: string, page = "") => say({ say: "caught", what, message: message.slice(0, 500), page: page.slice(0, 300) });
  storage(state, post);
  dialogs(say);
  const blobs = objectUrls();
  leaving(caught, blobs);
  clipboard(caught);
  absent(caught);
  network(caught, blobs);
  reports(say, caught);
  addEventListener("load", () => post({ say: "loaded" }));
  addEventListener("pagehide", () => post({ say: "leaving" }));
}

function limited(post: Say): Say {
  let left = REPORTS_PER_SECOND;
  let since = 0;
  const now = performance.now.bind(performance);
  return (message) => {
    if (now() - since > 1000) {
      since = now();
      left = REPORTS_PER_SECOND;
    }
    if (left-- > 0) post(message);
  };
}

function define(target: object, name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(target, name, { configurable: true, enumerable: true, ...descriptor });
}

function storage(state: Snapshot, post: Say): void {
  const keep = (area: keyof Snapshot) => gathered((changes) => post({ say: "state", area, changes }));
  const local = makeStorage(state.local, keep("local"));
  const session = makeStorage(state.session, keep("session"));
  define(window, "localStorage", { get: () => local });
  define(window, "sessionStorage", { get: () => session });
  define(document, "cookie", makeCookies(state.cookies, keep("cookies")));
}

/** Tell changes at once when they are few, and together when they are many: a page that stores in a loop must not flood the app. */
function gathered(tell: (changes: [string, string | null][]) => void): (key: string, value: string | null) => void {
  const pending = new Map<string, string | null>();
  const later = window.setTimeout.bind(window);
  const now = performance.now.bind(performance);
  // By the clock too: a page may clear every timer there is, ours with them.
  let due = 0;
  const flush = () => {
    const changes = [...pending];
    pending.clear();
    if (changes.length) tell(changes);
    return changes.reduce((sum, [key, value]) => sum + key.length + (value?.length ?? 0), 0);
  };
  const turn = () => {
    const wait = GATHERED_MS + flush() / CHARACTERS_PER_MS;
    due = now() + wait;
    later(() => pending.size && turn(), wait);
  };
  addEventListener("pagehide", flush);
  return (key, value) => {
    pending.set(key, value);
    if (now() >= due) turn();
  };
}

function dialogs(say: Say): void {
  const words = (message: unknown) => (message === undefined ? "" : String(message)).slice(0, LONGEST);
  define(window, "alert", { value: (message?: unknown) => say({ say: "dialog", kind: "alert", message: words(message), answer: "" }), writable: true });
  define(window, "confirm", {
    value: (message?: unknown) => {
      say({ say: "dialog", kind: "confirm", message: words(message), answer: "yes" });
      return true;
    },
    writable: true,
  });
  define(window, "prompt", {
    value: (message?: unknown, preset?: unknown) => {
      const answer = preset === undefined ? "" : String(preset);
      say({ say: "dialog", kind: "prompt", message: words(message), answer: answer.slice(0, 500) });
      return answer;
    },
    writable: true,
  });
}

type Report = (what: Caught, message: string, page?: string) => void;

/** Remember what object URLs stand for, so that a caught download can be named and a blob: fetched. */
function objectUrls(): Map<string, Blob> {
  const blobs = new Map<string, Blob>();
  const create = URL.createObjectURL.bind(URL);
  const revoke = URL.revokeObjectURL.bind(URL);
  URL.createObjectURL = (object: Blob | MediaSource) => {
    const url = create(object);
    if (object instanceof Blob) blobs.set(url, object);
    return url;
  };
  URL.revokeObjectURL = (url: string) => {
    blobs.delete(url);
    revoke(url);
  };
  return blobs;
}

/** Links, downloads, forms and windows: whatever would leave the page. */
function leaving(caught: Report, blobs: Map<string, Blob>): void {
  const follow = (link: HTMLAnchorElement | HTMLAreaElement | SVGAElement, event: Event) => {
    if (event.defaultPrevented) return;
    const href = link.getAttribute("href") ?? link.getAttribute("xlink:href");
    if (href === null || /^\s*javascript:/i.test(href)) return;
    if (link.hasAttribute("download")) {
      event.preventDefault();
      const size = blobs.get((link as HTMLAnchorElement).href)?.size;
      const name = link.getAttribute("download") || "a file";
      caught("download", `Download of ${name}${size === undefined ? "" : ` (${size.toLocaleString("en")} bytes)`}`);
      return;
    }
    if (href.startsWith("#")) {
      if (link.getAttribute("target") === "_blank") event.preventDefault();
      return;
    }
    event.preventDefault();
    caught("link", `Link to ${href || "this page"}`, href);
  };
  const linkOf = (event: Event) => event.composedPath().find((node) => node instanceof HTMLAnchorElement || node instanceof HTMLAreaElement || node instanceof SVGAElement) as HTMLAnchorElement | undefined;
  const onClick = (event: Event) => {
    const link = linkOf(event);
    if (link) follow(link, event);
  };
  addEventListener("click", onClick);
  addEventListener("auxclick", onClick);
  // A link that is not in the document gets its click without the window hearing of it.
  const click = HTMLElement.prototype.click;
  const dispatch = EventTarget.prototype.dispatchEvent;
  define(HTMLAnchorElement.prototype, "click", {
    value(this: HTMLAnchorElement) {
      if (!this.isConnected) this.addEventListener("click", (event) => follow(this, event), { once: true });
      click.call(this);
    },
    writable: true,
  });
  define(HTMLAnchorElement.prototype, "dispatchEvent", {
    value(this: HTMLAnchorElement, event: Event) {
      if (!this.isConnected && event.type === "click") this.addEventListener("click", (inner) => follow(this, inner), { once: true });
      return dispatch.call(this, event);
    },
    writable: true,
  });
  const formWords = (form: HTMLFormElement) => `Form sent${form.getAttribute("action") ? ` to ${form.getAttribute("action")}` : ""} without a handler`;
  addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.method === "dialog" || (event as SubmitEvent).submitter?.getAttribute("formmethod") === "dialog") return;
    event.preventDefault();
    caught("form", formWords(form));
  });
  define(HTMLFormElement.prototype, "submit", {
    value(this: HTMLFormElement) {
      caught("form", formWords(this));
    },
    writable: true,
  });
  define(window, "open", {
    value: (url?: string | URL) => {
      caught("window", `New window${url ? ` for ${String(url)}` : ""}`);
      return null;
    },
    writable: true,
  });
  define(window, "print", { value: () => caught("window", "Printing"), writable: true });
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name].bind(history);
    define(history, name, {
      value: (data: unknown, unused: string, url?: string | URL | null) => {
        try {
          original(data, unused, url);
        } catch {
          original(data, unused);
          caught("history", `Change of address to ${String(url)}`);
        }
      },
      writable: true,
    });
  }
}

function clipboard(caught: Report): void {
  let held = "";
  const take = (text: string) => {
    held = text;
    caught("clipboard", `Copied: ${text}`);
  };
  define(navigator, "clipboard", {
    value: {
      writeText: async (text: string) => take(String(text)),
      readText: async () => held,
      write: async () => take("content"),
      read: async () => [],
      addEventListener() {},
      removeEventListener() {},
    },
  });
  const run = document.execCommand.bind(document);
  define(document, "execCommand", {
    value: (command: string, ui?: boolean, value?: string) => {
      if (!/^(copy|cut)$/i.test(command)) return run(command, ui, value);
      const active = document.activeElement;
      const field = active instanceof HTMLTextAreaElement || active instanceof HTMLInputElement ? active : null;
      take(field ? field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? field.value.length) : String(getSelection() ?? ""));
      return true;
    },
    writable: true,
  });
}

/** Things a sandbox takes away whose absence would stop a script half-way. */
function absent(caught: Report): void {
  const never = new Promise<never>(() => undefined);
  define(navigator, "serviceWorker", {
    value: {
      controller: null,
      ready: never,
      register: () => {
        caught("other", "Registration of a service worker");
        return never;
      },
      getRegistration: async () => undefined,
      getRegistrations: async () => [],
      addEventListener() {},
      removeEventListener() {},
    },
  });
  define(Element.prototype, "requestFullscreen", {
    value: async () => caught("fullscreen", "Full screen"),
    writable: true,
  });
  define(document, "exitFullscreen", { value: async () => undefined, writable: true });
  define(navigator, "share", {
    value: async () => caught("other", "Sharing"),
    writable: true,
  });
  define(navigator, "sendBeacon", {
    value: (url: string | URL) => {
      caught("network", `Request to ${String(url)}`);
      return true;
    },
    writable: true,
  });
}

interface DataFile {
  type: string;
  text: string;
}

/** `fetch` answers the project's own files, data: and blob: addresses; the rest fails as it would offline. */
function network(caught: Report, blobs: Map<string, Blob>): void {
  let files: Record<string, DataFile> = {};
  define(window, "__hillclimbFiles", {
    set(given: Record<string, DataFile>) {
      files = given;
      delete (window as unknown as Record<string, unknown>).__hillclimbFiles;
    },
  });
  const own = (address: string): DataFile | undefined => {
    const path = address.replace(/[?#].*$/s, "").replace(/^(\.?\/)+/, "");
    if (Object.hasOwn(files, path)) return files[path];
    return Object.hasOwn(files, `public/${path}`) ? files[`public/${path}`] : undefined;
  };
  ownRequests(own);
  const original = window.fetch.bind(window);
  define(window, "fetch", {
    value: async (input: RequestInfo | URL, init?: RequestInit) => {
      const address = input instanceof Request ? input.url : String(input);
      const file = own(input instanceof Request ? new URL(address).pathname : address);
      if (file) return new Response(file.text, { status: 200, headers: { "Content-Type": file.type } });
      const blob = blobs.get(address);
      if (blob) return new Response(blob, { status: 200, headers: { "Content-Type": blob.type } });
      if (/^data:/i.test(address)) return fromData(address);
      caught("network", `Request to ${address}`);
      return original(input, init);
    },
    writable: true,
  });
}

/** XMLHttpRequest and Worker, answered from the project's own files. */
function ownRequests(own: (address: string) => DataFile | undefined): void {
  const Original = window.XMLHttpRequest;
  class OwnRequest extends Original {
    #file: DataFile | undefined;

    override open(...given: unknown[]): void {
      this.#file = own(String(given[1]));
      Original.prototype.open.apply(this, given as Parameters<XMLHttpRequest["open"]>);
    }

    override send(body?: XMLHttpRequestBodyInit | Document | null): void {
      const file = this.#file;
      if (!file) return super.send(body);
      const answer = () => {
        const response = this.responseType === "json" ? (JSON.parse(file.text) as unknown) : this.responseType === "blob" ? new Blob([file.text], { type: file.type }) : file.text;
        for (const [name, value] of Object.entries({ readyState: 4, status: 200, statusText: "OK", responseText: file.text, response })) define(this, name, { value });
        define(this, "getResponseHeader", { value: (name: string) => (/^content-type$/i.test(name) ? file.type : null) });
        define(this, "getAllResponseHeaders", { value: () => `content-type: ${file.type}\r\n` });
        for (const name of ["readystatechange", "load", "loadend"]) this.dispatchEvent(new ProgressEvent(name));
      };
      queueMicrotask(answer);
    }
  }
  define(window, "XMLHttpRequest", { value: OwnRequest, writable: true });
  const OriginalWorker = window.Worker;
  define(window, "Worker", {
    value: class extends OriginalWorker {
      constructor(address: string | URL, options?: WorkerOptions) {
        const file = own(String(address));
        super(file ? URL.createObjectURL(new Blob([file.text], { type: "text/javascript" })) : address, options);
      }
    },
    writable: true,
  });
}

function fromData(address: string): Response {
  const [, type = "", body = ""] = /^data:([^,]*),(.*)$/s.exec(address) ?? [];
  const base64 = /;base64$/i.test(type);
  const text = decodeURIComponent(base64 ? "" : body);
  const bytes = base64 ? Uint8Array.from(atob(decodeURIComponent(body)), (letter) => letter.charCodeAt(0)) : new TextEncoder().encode(text);
  return new Response(bytes, { status: 200, headers: { "Content-Type": type.replace(/;base64$/i, "") || "text/plain" } });
}

/** The console, uncaught errors, and loads that the policy stopped. */
function reports(say: Say, caught: Report): void {
  for (const level of ["log", "info", "debug", "warn", "error"] as const satisfies readonly Level[]) {
    const original = console[level].bind(console);
    console[level] = (...items: unknown[]) => {
      original(...items);
      say({ say: "console", level, message: items.map(show).join(" ").slice(0, LONGEST) });
    };
  }
  addEventListener("error", (event) => {
    if (!(event instanceof ErrorEvent)) return;
    // The page was written by us; where it breaks off is its own fault.
    const message = event.message.replace("Failed to execute 'write' on 'Document': ", "");
    say({ say: "error", message: message.slice(0, LONGEST), ...place(event.filename, event.lineno) });
  });
  addEventListener("unhandledrejection", (event) => {
    const top = event.reason instanceof Error ? /([^\s()]{1,300}):(\d{1,7}):\d{1,7}\)?$/m.exec(String(event.reason.stack).slice(0, 2000)) : null;
    say({ say: "error", message: `Unhandled rejection: ${show(event.reason)}`.slice(0, LONGEST), ...place(top?.[1] ?? "", Number(top?.[2] ?? 0)) });
  });
  addEventListener("securitypolicyviolation", (event) => {
    if (/^(connect-src)$/.test(event.effectiveDirective)) return;
    caught("blocked", `${event.effectiveDirective.replace(/-src.*$/, "")} from ${event.blockedURI.replace(`${location.protocol}//${location.host}/`, "")}`);
  });
}

/** File and line as a person names them; every script of the files bears its file's name, encoded as in an address. */
function place(file: string, line: number): { source: string; line: number } {
  if (!file || /\/frame$/.test(file)) return { source: "", line: 0 };
  if (/^data:/.test(file)) return { source: "a module", line: 0 };
  const name = file.replace(/^.*\/shelf\/[^/]+\//, "shelf: ").slice(0, 300);
  try {
    return { source: decodeURI(name), line };
  } catch {
    return { source: name, line };
  }
}

function show(item: unknown): string {
  if (typeof item === "string") return item;
  if (item instanceof Error) return item.stack && item.stack.includes(item.message) ? item.stack.slice(0, 1000) : String(item);
  try {
    return typeof item === "object" && item !== null ? (JSON.stringify(item) ?? String(item)) : String(item);
  } catch {
    return Object.prototype.toString.call(item);
  }
}
