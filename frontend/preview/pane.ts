/** One running preview: a sandboxed frame of the other origin, watched, with what it was caught doing. */
import { assembleAside } from "./aside";
import { Chrome } from "./chrome";
import type { Assembled, Files, Framework } from "./types";
import { type FrameSays, type LoadMessage, STATE_LIMIT, type Snapshot, readReport } from "./wire";

export type PaneEvent =
  | { type: "ready" }
  | { type: "loaded" }
  | { type: "error" | "console" | "caught"; level?: string; message: string; source?: string; line?: number }
  | { type: "hung" }
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
/** How long frames have to answer when one of them has fallen silent, in milliseconds. */
const LAST_CALL = 500;
/** Longest a new page stays behind the one it replaces. */
const SWAP = 400;
const REPORTS_KEPT = 200;
/** A page that leaves this often within LEAVING_WINDOW stays stopped. */
const LEAVES = 3;
const LEAVING_WINDOW = 10_000;

interface Running {
  frame: HTMLIFrameElement;
  port: MessagePort | null;
  started: number;
  heard: number;
  loaded: boolean;
  reports: number;
}

const panes = new Set<Pane>();

export class Pane {
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

  constructor(element: HTMLElement, options: PaneOptions) {
    this.#options = options;
    this.#chrome = new Chrome(element, options.width ?? "fit", {
      restart: () => this.#start(),
      forget: () => {
        this.#state = { local: {}, session: {}, cookies: {} };
        this.reload();
      },
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
    before?.port?.close();
    const frame = document.createElement("iframe");
    frame.className = "preview-frame is-coming";
    frame.title = this.#options.title;
    frame.setAttribute("sandbox", SANDBOX);
    frame.setAttribute("allow", "");
    frame.referrerPolicy = "no-referrer";
    const running: Running = { frame, port: null, started: performance.now(), heard: performance.now(), loaded: false, reports: 0 };
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
      const report = readReport(data);
      if (report && running === this.#running) this.#hear(running, report);
    };
    const message: LoadMessage = { hillclimb: "load", html, state: this.#state };
    // The frame's origin is opaque, so it cannot be named; the policy lets this frame hold no other page.
    running.frame.contentWindow?.postMessage(message, "*", [port2]);
  }

  #reveal(running: Running): void {
    if (running !== this.#running || !running.frame.classList.contains("is-coming")) return;
    this.#chrome.reveal(running.frame);
  }

  #hear(running: Running, report: FrameSays): void {
    running.heard = performance.now();
    switch (report.say) {
      case "pong":
        return;
      case "ready":
        return this.#tell({ type: "ready" });
      case "loaded":
        running.loaded = true;
        this.#reveal(running);
        return this.#tell({ type: "loaded" });
      case "leaving":
        return this.#leave();
      case "state":
        return this.#keep(report.area, report.key, report.value);
    }
    if (++running.reports > REPORTS_KEPT) return;
    if (report.say === "console") return this.#tell({ type: "console", level: report.level, message: report.message });
    if (report.say === "error") return this.#tell({ type: "error", level: "error", message: report.message, ...(report.source ? { source: report.source } : {}), ...(report.line ? { line: report.line } : {}) });
    if (report.say === "dialog") {
      this.#chrome.dialog(report.kind, report.message, report.answer);
      this.#caught(`${{ alert: "Message", confirm: "Question, answered yes", prompt: `Question, answered “${report.answer}”` }[report.kind]}: ${report.message}`);
      return;
    }
    if (report.what === "link" && this.#open(report.page)) return;
    this.#caught(report.message);
  }

  #caught(message: string): void {
    this.#chrome.caught(message);
    this.#tell({ type: "caught", message });
  }

  /** Follow a link to another page of the same project. */
  #open(reference: string): boolean {
    if (this.#framework !== "html" || /^[a-z]+:|^\/\//i.test(reference)) return false;
    const path = decodeURIComponent(reference.replace(/[?#].*$/s, "").replace(/^(\.?\/)+/, ""));
    if (!/\.html?$/i.test(path) || !Object.hasOwn(this.#files, path)) return false;
    this.#page = path;
    void this.#assemble();
    return true;
  }

  #keep(area: keyof Snapshot, key: string, value: string | null): void {
    const items = { ...this.#state[area] };
    if (value === null) delete items[key];
    else items[key] = value;
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
      this.#caught("The page reloaded or tried to leave; it was started again");
      return;
    }
    this.#stop();
    this.#chrome.notice("The page keeps leaving. It was stopped.");
    this.#caught("The page kept leaving and was stopped");
  }

  #stop(): void {
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
      stopSilent(this, now);
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

  /** Ask for a sign of life now; returns a question for later: was there one? */
  ask(): () => boolean {
    const running = this.#running;
    const asked = performance.now();
    running?.port?.postMessage({ say: "ping", beat: ++this.#beat });
    return () => running !== this.#running || running === null || running.heard > asked;
  }

  hang(): void {
    const started = this.#running?.port !== null;
    this.#stop();
    this.#chrome.notice(started ? "The page stopped answering, so it was stopped." : "The preview did not start.");
    this.#tell({ type: "hung" });
  }

  /** Stop with the one that hung and start again without it; a second time soon after counts as hanging itself. */
  stepAside(now: number): void {
    if (now - this.#restartedAt < LEAVING_WINDOW) return this.hang();
    this.#restartedAt = now;
    this.#stop();
    window.setTimeout(() => {
      if (!this.#running) this.#start();
    }, 500);
  }
}

let asking = false;

/**
 * Frames of one origin may share a process, and then hang together: all of them must go before the process ends.
 * The one last shown or pointed at is taken for the cause; the others start again.
 */
function stopSilent(first: Pane, now: number): void {
  if (asking) return;
  asking = true;
  const others = [...panes].filter((pane) => pane !== first && pane.running).map((pane) => ({ pane, answered: pane.ask() }));
  const answered = first.ask();
  window.setTimeout(() => {
    asking = false;
    if (answered()) return;
    const silent = [first, ...others.filter((other) => !other.answered()).map(({ pane }) => pane)];
    const cause = silent.reduce((last, pane) => (pane.touched > last.touched ? pane : last));
    for (const pane of silent) {
      if (pane === cause) pane.hang();
      else pane.stepAside(now);
    }
  }, LAST_CALL);
}
