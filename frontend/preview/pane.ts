/** One running preview: a sandboxed frame of the other origin, watched, with what it was caught doing. */
import { assembleAside } from "./aside";
import { Chrome } from "./chrome";
import { decoded } from "./decoded";
import { FOCUS_POLICY, guardFocus } from "./focus";
import { type Housemate, stopSilent, untilClear, wasStopped } from "./process";
import type { Assembled, Files, Framework } from "./types";
import { type Caught, type FrameSays, type LoadMessage, type PaneSays, STATE_LIMIT, type Snapshot, readReport } from "./wire";

export type PaneEvent =
  | { type: "ready" }
  | { type: "loaded" }
  | { type: "error" | "console"; level?: string; message: string; source?: string; line?: number }
  | { type: "caught"; what: Caught; message: string; level?: string; source?: string; line?: number }
  | { type: "hung" }
  | { type: "highlighted"; found: boolean }
  | { type: "scaled"; scale: number }
  | { type: "problems"; items: Assembled["problems"] };

export interface PaneOptions {
  /** Origin of the previews, without a trailing slash. */
  origin: string;
  /** What the frame is called for those who cannot see it. */
  title: string;
  width?: number | "fit";
  onEvent?: (event: PaneEvent) => void;
}

export const SANDBOX = "allow-scripts allow-forms";
const BEAT = 1000;
/** Milliseconds without an answer after which a page is stopped. */
const SILENCE = 3000;
/** The same while it loads, since compilers such as Babel hold the thread. */
const SILENCE_LOADING = 8000;
/** Longest a new page stays behind the one it replaces. */
const SWAP = 400;
const REPORTS_KEPT = 200;
/** A page that leaves this often within LEAVING_WINDOW stays stopped. */
const LEAVES = 3;
const LEAVING_WINDOW = 10_000;
/** Messages of one frame within a second, by port or by window, after which it is stopped: ours send a third of it. */
const FLOOD = 250;
/** A page that falls silent this soon after it took another's place may suffer from that one, in milliseconds. */
const AFTERMATH = 8000;
/** Times a page may take the keyboard by itself, and each time the key in flight: one that focuses a field as it loads does so once. */
const TAKES = 2;

interface Running {
  frame: HTMLIFrameElement;
  port: MessagePort | null;
  started: number;
  heard: number;
  loaded: boolean;
  /** What it took the place of, in the same process as a rule: a page that works may leave that process unable to draw. */
  after: "nothing" | "a page" | "a silent page";
  reports: number;
  /** Start of the second being counted, and messages heard in it. */
  second: number;
  messages: number;
  takes: number;
}

const panes = new Set<Pane>();

export class Pane implements Housemate {
  readonly #options: PaneOptions;
  readonly #chrome: Chrome;
  #files: Files = {};
  #framework: Framework = "html";
  #page: string | undefined;
  #html: string | null = null;
  #running: Running | null = null;
  #state: Snapshot = { local: {}, session: {}, cookies: {} };
  #turn = 0;
  #left: number[] = [];
  #restartedAt = -Infinity;
  #beat = 0;
  #lastTick = 0;
  #timer: number;
  #touched = 0;
  #later = 0;

  constructor(element: HTMLElement, options: PaneOptions) {
    this.#options = options;
    this.#chrome = new Chrome(element, options.width ?? "fit", {
      restart: () => this.#start(),
      forget: () => {
        this.#state = { local: {}, session: {}, cookies: {} };
        this.reload();
      },
      scaled: (scale) => this.#tell({ type: "scaled", scale }),
    });
    element.addEventListener("pointerenter", () => (this.#touched = performance.now()));
    this.#timer = window.setInterval(() => this.#tick(), BEAT);
    panes.add(this);
  }

  /** Assemble and run `files`. Resolves when they are assembled; events tell the rest. */
  async show(files: Files, framework: Framework): Promise<Assembled> {
    this.#files = files;
    this.#framework = framework;
    this.#page = undefined;
    return this.#assemble();
  }

  /** Run the same page again; what it stored is kept. */
  reload(): void {
    if (this.#html !== null) this.#start();
  }

  setWidth(width: number | "fit"): void {
    this.#chrome.setWidth(width);
  }

  /** Scale a page of a set width down to the room there is (the default), or show it as large as it is. */
  setZoom(fit: boolean): void {
    this.#chrome.setZoom(fit);
  }

  /** Outline the first element that matches, and scroll to it; "" takes the outline away. An event tells whether it was found. */
  highlight(selector: string): void {
    this.#running?.port?.postMessage({ say: "highlight", selector } satisfies PaneSays);
  }

  /** Stop and show nothing. */
  clear(): void {
    this.#turn++;
    this.#html = null;
    this.#stop();
    this.#chrome.notice(null);
    this.#chrome.forgetCaught();
  }

  destroy(): void {
    this.clear();
    window.clearInterval(this.#timer);
    panes.delete(this);
    this.#chrome.destroy();
  }

  async #assemble(): Promise<Assembled> {
    const turn = ++this.#turn;
    const assembled = await assembleAside(this.#files, this.#framework, this.#options.origin, this.#page);
    if (turn !== this.#turn) return assembled;
    this.#html = assembled.html;
    this.#left = [];
    this.#start();
    this.#tell({ type: "problems", items: assembled.problems });
    return assembled;
  }

  #tell(event: PaneEvent): void {
    this.#options.onEvent?.(event);
  }

  #start(): void {
    const html = this.#html;
    if (html === null) return;
    const before = this.#running;
    const after = before === null ? "nothing" : this.#silence(performance.now()) > 2 * BEAT ? "a silent page" : "a page";
    before?.port?.close();
    window.clearTimeout(this.#later);
    const wait = untilClear();
    if (wait > 0) {
      this.#running = null;
      this.#later = window.setTimeout(() => this.#start(), wait);
      return;
    }
    const frame = document.createElement("iframe");
    frame.className = "preview-frame is-coming";
    frame.title = this.#options.title;
    frame.setAttribute("sandbox", SANDBOX);
    frame.setAttribute("allow", FOCUS_POLICY);
    frame.referrerPolicy = "no-referrer";
    const running: Running = { frame, port: null, started: performance.now(), heard: performance.now(), loaded: false, after, reports: 0, second: 0, messages: 0, takes: 0 };
    this.#running = running;
    this.#touched = performance.now();
    frame.addEventListener("load", () => this.#hand(running, html), { once: true });
    frame.src = `${this.#options.origin}/frame`;
    this.#chrome.notice(null);
    this.#chrome.forgetCaught();
    this.#chrome.place(frame);
    window.setTimeout(() => this.#reveal(running), SWAP);
  }

  /** Send the page to the frame that has just loaded: once, and only to it. */
  #hand(running: Running, html: string): void {
    if (running !== this.#running) return;
    const { port1, port2 } = new MessageChannel();
    running.port = port1;
    running.heard = performance.now();
    port1.onmessage = ({ data }) => {
      if (running !== this.#running || this.#floods(running)) return;
      const report = readReport(data);
      if (report) this.#hear(running, report);
    };
    const message: LoadMessage = { hillclimb: "load", html, state: this.#state };
    // The frame's origin is opaque, so it cannot be named; the policy lets this frame hold no other page.
    running.frame.contentWindow?.postMessage(message, "*", [port2]);
  }

  /** Count a message; true when there are so many that the page was stopped. */
  #floods(running: Running): boolean {
    const now = performance.now();
    if (now - running.second > 1000) {
      running.second = now;
      running.messages = 0;
    }
    if (++running.messages <= FLOOD) return false;
    wasStopped();
    this.#end("The page sent messages without end, so it was stopped.");
    return true;
  }

  #end(notice: string): void {
    this.#stop();
    this.#chrome.notice(notice);
    this.#tell({ type: "hung" });
  }

  owns(element: Element | null): boolean {
    return element !== null && element === this.#running?.frame;
  }

  tookFocus(): void {
    if (this.#running && ++this.#running.takes > TAKES) this.#end("The page kept taking the keyboard, so it was stopped.");
  }

  /** A window message from this pane's frame: never an answer to anything, but enough of them hold up the app. */
  heardFrom(source: MessageEventSource | null): void {
    const running = this.#running;
    if (running && source === running.frame.contentWindow) this.#floods(running);
  }

  #reveal(running: Running): void {
    if (running !== this.#running || !running.frame.classList.contains("is-coming")) return;
    this.#chrome.reveal(running.frame);
  }

  #hear(running: Running, report: FrameSays): void {
    switch (report.say) {
      // Anything else may come out of a loop that never ends.
      case "pong":
        running.heard = performance.now();
        return;
      case "ready":
        running.heard = performance.now();
        return this.#tell({ type: "ready" });
      case "loaded":
        running.heard = performance.now();
        running.loaded = true;
        this.#reveal(running);
        return this.#tell({ type: "loaded" });
      case "leaving":
        return this.#leave();
      case "highlighted":
        return this.#tell({ type: "highlighted", found: report.found });
      case "state":
        return this.#keep(report.area, report.changes);
    }
    if (++running.reports > REPORTS_KEPT) return;
    if (report.say === "console") return this.#tell({ type: "console", level: report.level, message: report.message });
    if (report.say === "error") return this.#tell({ type: "error", level: "error", message: report.message, ...(report.source ? { source: report.source } : {}), ...(report.line ? { line: report.line } : {}) });
    if (report.say === "dialog") {
      this.#chrome.dialog(report.kind, report.message, report.answer);
      this.#caught("dialog", `${{ alert: "Message", confirm: "Question, answered yes", prompt: `Question, answered “${report.answer}”` }[report.kind]}: ${report.message}`);
      return;
    }
    if (report.what === "link" && this.#open(report.page)) return;
    this.#caught(report.what, report.message);
  }

  #caught(what: Caught, message: string): void {
    this.#chrome.caught(message);
    this.#tell({ type: "caught", what, message });
  }

  /** Follow a link to another page of the same project. */
  #open(reference: string): boolean {
    if (this.#framework !== "html" || /^[a-z]+:|^\/\//i.test(reference)) return false;
    const path = decoded(reference.replace(/[?#].*$/s, "").replace(/^(\.?\/)+/, ""));
    if (!/\.html?$/i.test(path) || !Object.hasOwn(this.#files, path)) return false;
    this.#page = path;
    void this.#assemble();
    return true;
  }

  #keep(area: keyof Snapshot, changes: [string, string | null][]): void {
    const kept = new Map(Object.entries(this.#state[area]));
    for (const [key, value] of changes) {
      if (value === null) kept.delete(key);
      else kept.set(key, value);
    }
    const items = Object.fromEntries(kept);
    const size = Object.entries(items).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
    if (size <= STATE_LIMIT) this.#state = { ...this.#state, [area]: items };
    this.#chrome.kept(Object.values(this.#state).reduce((sum, held) => sum + Object.keys(held as object).length, 0));
  }

  /** The page reloaded or sent itself elsewhere, which a preview does not follow: it starts again, unless it insists. */
  #leave(): void {
    const now = performance.now();
    this.#left = [...this.#left.filter((at) => now - at < LEAVING_WINDOW), now];
    if (this.#left.length < LEAVES) {
      this.#start();
      this.#caught("link", "The page reloaded or tried to leave; it was started again");
      return;
    }
    this.#stop();
    this.#chrome.notice("The page keeps leaving. It was stopped.");
    this.#caught("link", "The page kept leaving and was stopped");
  }

  #stop(): void {
    window.clearTimeout(this.#later);
    this.#running?.port?.close();
    this.#running = null;
    this.#chrome.empty();
  }

  #silence(now: number): number {
    return this.#running ? now - this.#running.heard : 0;
  }

  #tick(): void {
    const now = performance.now();
    const running = this.#running;
    // A page that slept, or whose own thread was held, has heard nothing through no fault of the frame.
    const slept = now - this.#lastTick > 2 * BEAT;
    this.#lastTick = now;
    if (!running) return;
    if (slept || document.hidden) {
      running.heard = now;
    } else if (this.#silence(now) > (running.loaded ? SILENCE : SILENCE_LOADING)) {
      stopSilent(this, panes, now);
      return;
    }
    running.port?.postMessage({ say: "ping", beat: ++this.#beat });
  }

  get running(): boolean {
    return this.#running?.port != null;
  }

  get touched(): number {
    return this.#touched;
  }

  ask(): () => boolean {
    const running = this.#running;
    const asked = performance.now();
    running?.port?.postMessage({ say: "ping", beat: ++this.#beat });
    return () => running !== this.#running || running === null || running.heard > asked;
  }

  /** Whether the page before may be what holds this one; the loop of a page that just loads is taken for its own. */
  mayBeInnocent(now: number): boolean {
    const running = this.#running;
    if (running === null || running.after === "nothing" || now - this.#restartedAt < 2 * LEAVING_WINDOW) return false;
    return running.after === "a silent page" || (running.loaded && now - running.started < AFTERMATH);
  }

  hang(): void {
    const started = this.#running?.port !== null;
    this.#end(started ? "The page stopped answering, so it was stopped." : "The preview did not start.");
  }

  /** A second time soon after counts as hanging itself. */
  stepAside(now: number): void {
    if (now - this.#restartedAt < LEAVING_WINDOW) return this.hang();
    this.#restartedAt = now;
    this.#stop();
    this.#start();
  }
}

window.addEventListener("message", ({ source }) => {
  for (const pane of panes) pane.heardFrom(source);
});

guardFocus((element) => [...panes].find((pane) => pane.owns(element)));
