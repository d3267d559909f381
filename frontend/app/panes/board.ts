/** Panes side by side: one width for all, one in focus, a console each. */
import { Pane, type PaneEvent } from "../../preview/index";

import type { Files, Framework } from "../lib/contract";
import { announce, fill, h, icon, plural } from "../lib/dom";
import { keep, load } from "../lib/store";
import { levelOf, PaneLog, type LogLine } from "./log";
import { Splits } from "./splits";

export type Width = number | "fit";
export const WIDTHS: Width[] = ["fit", 375, 768, 1280];
/** Bounds of a width that is typed, in pixels. */
export const NARROWEST = 240;
export const WIDEST = 2560;

export interface PaneSpec {
  key: string;
  label: string;
  /** A class of the dot: role-base, role-rival, role-refined, side-a, side-b. */
  tone: string;
  title: string;
}

export interface BoardOptions {
  origin: string;
  panes: PaneSpec[];
  /** Consoles are for authors and reviewers; voters judge what they see. */
  consoles: boolean;
  /** Where width is remembered; none = always starts at fit. */
  remember?: string;
  onOpen?: (key: string, path: string, line?: number) => void;
  /** Whether a place named in a console can be opened. */
  canOpen?: (key: string, path: string) => boolean;
  onLoaded?: (key: string) => void;
  /** Whether the element asked for was on the page. */
  onHighlight?: (key: string, found: boolean) => void;
}

interface Slot { spec: PaneSpec; root: HTMLElement; pane: Pane; log: PaneLog; button: HTMLButtonElement; console: HTMLElement; size: HTMLElement; scale: number; sought: string; open: boolean; queued: (() => Promise<void>) | null; busy: boolean }

export class Board {
  private readonly slots = new Map<string, Slot>();
  private readonly deck = h("div", { class: "deck" });
  private readonly hidden: Set<string>;
  private readonly splits: Splits | null;
  private readonly heard = { width: [] as ((width: Width) => void)[], zoom: [] as ((zoom: boolean) => void)[], shown: [] as (() => void)[] };
  zoom: boolean;
  width: Width = "fit";
  focused: string | null = null;

  constructor(root: HTMLElement, private readonly options: BoardOptions) {
    const { remember } = options;
    const kept = remember ? load<Width>(remember) : null;
    if (kept === "fit" || (typeof kept === "number" && kept >= NARROWEST && kept <= WIDEST)) this.width = kept;
    this.zoom = (remember ? load<boolean>(`${remember}-zoom`) : null) ?? true;
    const away = (remember ? load<string[]>(`${remember}-hidden`) : null) ?? [];
    this.hidden = new Set(options.panes.map((spec) => spec.key).filter((key) => away.includes(key)));
    if (this.hidden.size === options.panes.length) this.hidden.clear();
    root.append(this.deck);
    for (const spec of options.panes) this.addSlot(spec);
    // Voters compare in equal rooms.
    this.splits = options.consoles ? new Splits(this.deck, [...this.slots.values()].map(({ spec, root }) => ({ ...spec, root })), remember && `${remember}-room`) : null;
    this.arrange();
  }

  get panes(): readonly PaneSpec[] {
    return this.options.panes;
  }

  /** Hear of the width: now, and whenever it changes. */
  onWidth(hear: (width: Width) => void): void {
    this.heard.width.push(hear);
    hear(this.width);
  }

  onZoom(hear: (zoom: boolean) => void): void {
    this.heard.zoom.push(hear);
    hear(this.zoom);
  }

  onShown(hear: () => void): void {
    this.heard.shown.push(hear);
    hear();
  }

  setWidth(width: Width): void {
    this.width = width;
    for (const slot of this.slots.values()) {
      slot.pane.setWidth(width);
      drawSize(slot, width);
    }
    for (const hear of this.heard.width) hear(width);
    this.keep("", width);
    announce(width === "fit" ? "Pages fit their panes." : `Pages are ${width} pixels wide.`);
  }

  /** Scale wide pages down to their panes, or let them scroll. */
  setZoom(zoom: boolean): void {
    this.zoom = zoom;
    for (const slot of this.slots.values()) slot.pane.setZoom(zoom);
    for (const hear of this.heard.zoom) hear(zoom);
    this.keep("-zoom", zoom);
    announce(zoom ? "Wide pages are scaled down to their panes." : "Pages are as large as they are.");
  }

  isShown(key: string): boolean {
    return !this.hidden.has(key);
  }

  /** Show or hide a pane; a hidden one goes on running. The last one on show stays. */
  setShown(key: string, shown: boolean): void {
    if (!shown && [...this.slots.keys()].every((other) => other === key || this.hidden.has(other))) return announce("One pane stays on show.");
    if (shown) this.hidden.delete(key);
    else this.hidden.add(key);
    if (!shown && this.focused === key) this.focused = null;
    this.keep("-hidden", [...this.hidden]);
    this.arrange();
    announce(`${this.slots.get(key)?.spec.label ?? key} is ${shown ? "shown" : "hidden"}.`);
  }

  /** Outline an element of a pane's page, at a width if one is given; "" takes the outline away. */
  highlight(key: string, selector: string, width?: number | null): void {
    const slot = this.slots.get(key);
    if (!slot) return;
    if (width && width !== this.width) this.setWidth(width);
    if (selector) {
      if (this.hidden.has(key)) this.setShown(key, true);
      if (this.focused !== null && this.focused !== key) this.focus(key);
    }
    slot.sought = selector;
    slot.pane.highlight(selector);
  }

  /** The next width in turn. */
  cycleWidth(): void {
    this.setWidth(WIDTHS[(WIDTHS.indexOf(this.width) + 1) % WIDTHS.length] ?? "fit");
  }

  /** Give one pane the whole room, or all the same room with null. The others keep running. */
  focus(key: string | null): void {
    this.focused = key !== null && this.slots.has(key) ? key : null;
    if (this.focused !== null) this.hidden.delete(this.focused);
    this.arrange();
  }

  private arrange(): void {
    const on = (name: string): boolean => (this.focused === null ? !this.hidden.has(name) : this.focused === name);
    this.deck.classList.toggle("is-focused", this.focused !== null);
    const shown = new Set([...this.slots.keys()].filter(on));
    this.deck.style.setProperty("--panes", String(shown.size));
    this.splits?.arrange(shown);
    for (const [name, slot] of this.slots) {
      slot.root.classList.toggle("is-aside", !on(name));
      slot.root.classList.toggle("is-hidden", this.hidden.has(name));
      // What cannot be seen is out of reach of the Tab key too; the page in it goes on running.
      slot.root.inert = !on(name);
      const alone = this.focused === name;
      const say = alone ? "Show all panes again" : `Show ${slot.spec.label} alone`;
      const button = slot.root.querySelector<HTMLElement>("[data-focus]");
      button?.setAttribute("aria-pressed", String(alone));
      button?.setAttribute("aria-label", say);
      if (button) button.title = say;
    }
    for (const hear of this.heard.shown) hear();
  }

  private keep(what: string, value: unknown): void {
    if (this.options.remember) keep(`${this.options.remember}${what}`, value);
  }

  toggleFocus(key: string): void {
    this.focus(this.focused === key ? null : key);
  }

  reload(key?: string): void {
    for (const [name, slot] of this.slots) {
      if (key !== undefined && key !== name) continue;
      slot.log.clear();
      this.drawConsole(slot);
      slot.pane.reload();
    }
  }

  /** Run files in a pane. Calls while one is being assembled are folded: the last one wins. */
  async show(key: string, files: Files, framework: Framework): Promise<void> {
    const slot = this.slots.get(key);
    if (!slot) return;
    slot.queued = async () => {
      slot.log.clear();
      const made = await slot.pane.show(files, framework);
      for (const problem of made.problems) {
        const fix = problem.fix ? ` ${problem.fix}` : "";
        slot.log.push({ level: "error", text: problem.message + fix, where: place(problem.path, problem.line), path: problem.path, line: problem.line });
      }
      for (const missing of made.unshelved) slot.log.push({ level: "warn", text: `Not loaded: ${missing.url}. ${missing.hint}`, where: "" });
      this.drawConsole(slot);
    };
    if (slot.busy) return;
    slot.busy = true;
    try {
      while (slot.queued) {
        const run: () => Promise<void> = slot.queued;
        slot.queued = null;
        await run();
      }
    } catch (error) {
      slot.log.push({ level: "error", text: error instanceof Error ? error.message : String(error), where: "" });
      this.drawConsole(slot);
    } finally {
      slot.busy = false;
    }
  }

  private addSlot(spec: PaneSpec): void {
    const body = h("div", { class: "pane-body" });
    const consoleEl = h("div", { class: "console", hidden: true, role: "log", "aria-label": `Console of ${spec.label}`, tabindex: 0 });
    const button = h("button", { type: "button", class: "btn btn-quiet btn-small", "aria-expanded": "false", title: "What the page logged and what was caught", onclick: () => this.toggleConsole(spec.key) });
    const focus = h("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", "data-focus": true, "aria-pressed": "false", title: `Show ${spec.label} alone`, "aria-label": `Show ${spec.label} alone`, onclick: () => this.toggleFocus(spec.key) }, icon("expand"));
    const reload = h("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", title: `Reload ${spec.label}`, "aria-label": `Reload ${spec.label}`, onclick: () => this.reload(spec.key) }, icon("reload"));
    const size = h("span", { class: "pane-size tabular" });
    const hide = h("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", "data-hide": true, title: `Hide ${spec.label}`, "aria-label": `Hide ${spec.label}`, onclick: () => this.setShown(spec.key, false) }, icon("hide"));
    const root = h(
      "section",
      { class: "pane-slot", "data-pane": spec.key, "aria-label": spec.label },
      h("header", { class: "pane-head" }, h("span", { class: `dot ${spec.tone}` }), h("h2", { class: "clip" }, spec.label), size, h("span", { class: "push" }), this.options.consoles ? button : null, reload, focus, this.options.consoles ? hide : null),
      body,
      consoleEl,
    );
    this.deck.append(root);
    const log = new PaneLog();
    const pane = new Pane(body, { origin: this.options.origin, title: spec.title, width: this.width, onEvent: (event) => this.hear(spec.key, event) });
    const slot: Slot = { spec, root, pane, log, button, console: consoleEl, size, scale: 1, sought: "", open: false, queued: null, busy: false };
    this.slots.set(spec.key, slot);
    pane.setZoom(this.zoom);
    drawSize(slot, this.width);
    this.drawConsole(slot);
  }

  private hear(key: string, event: PaneEvent): void {
    const slot = this.slots.get(key);
    if (!slot) return;
    if (event.type === "scaled") {
      slot.scale = event.scale;
      return drawSize(slot, this.width);
    }
    if (event.type === "highlighted") {
      if (slot.sought && !event.found) announce(`${slot.sought} is not on ${slot.spec.label} now.`);
      if (slot.sought) this.options.onHighlight?.(key, event.found);
      return;
    }
    if (event.type === "loaded") this.options.onLoaded?.(key);
    if (event.type === "hung") {
      slot.log.push({ level: "error", text: "The page stopped answering and was stopped.", where: "" });
      this.options.onLoaded?.(key);
    }
    if (event.type === "error" || event.type === "console" || event.type === "caught") {
      slot.log.push({ level: levelOf(event.type, event.level), text: event.message, where: place(event.source, event.line), path: event.source, line: event.line });
    }
    if (event.type !== "ready" && event.type !== "loaded") this.drawConsole(slot);
  }

  private toggleConsole(key: string): void {
    const slot = this.slots.get(key);
    if (!slot) return;
    slot.open = !slot.open;
    this.drawConsole(slot);
  }

  private drawConsole(slot: Slot): void {
    if (!this.options.consoles) return;
    const errors = slot.log.count("error");
    const warnings = slot.log.count("warn");
    const total = slot.log.all().length;
    const tone = errors ? "count count-bad" : warnings ? "count count-warn" : "count";
    const say = errors ? plural(errors, "error") : total ? plural(total, "line") : "nothing logged";
    fill(slot.button, icon("terminal"), total ? h("span", { class: tone }, errors || total) : null);
    slot.button.setAttribute("aria-expanded", String(slot.open));
    slot.button.setAttribute("aria-label", `Console of ${slot.spec.label}: ${say}`);
    slot.console.hidden = !slot.open;
    if (!slot.open) return;
    if (total === 0) return fill(slot.console, h("p", { class: "console-empty" }, "Nothing logged."));
    fill(slot.console, ...slot.log.all().map((line) => this.consoleLine(slot, line)));
    slot.console.scrollTop = slot.console.scrollHeight;
  }

  private consoleLine(slot: Slot, line: LogLine): HTMLElement {
    const sign = { error: "✕", warn: "!", info: "·", caught: "⇥" }[line.level];
    const say = { error: "Error", warn: "Warning", info: "Log", caught: "Caught" }[line.level];
    const path = line.path;
    const target = path !== undefined && path !== "" && this.options.onOpen && (this.options.canOpen?.(slot.spec.key, path) ?? true);
    const where = target
      ? h("button", { type: "button", class: "link", onclick: () => this.options.onOpen?.(slot.spec.key, path, line.line) }, line.where)
      : h("span", { class: "muted" }, line.where);
    return h(
      "p",
      { class: `console-line is-${line.level}` },
      h("span", { class: "console-sign", title: say, "aria-label": say }, sign),
      h("span", { class: "console-text" }, line.text),
      line.count > 1 ? h("span", { class: "count" }, line.count) : null,
      line.where ? where : null,
    );
  }
}

/** The width a page is laid out at and how much smaller it is drawn, where that is not plain to see. */
function drawSize(slot: Slot, width: Width): void {
  slot.size.textContent = width === "fit" ? "" : slot.scale < 0.995 ? `${width} px at ${Math.round(slot.scale * 100)}%` : `${width} px`;
}

function place(path?: string, line?: number): string {
  if (!path) return "";
  return line ? `${path}:${line}` : path;
}
