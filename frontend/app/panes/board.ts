/** Panes side by side: one width for all, one in focus, a console each. */
import { Pane, type PaneEvent } from "../../preview/index";

import type { Files, Framework } from "../lib/contract";
import { announce, fill, h, icon, plural } from "../lib/dom";
import { keep, load } from "../lib/store";
import { levelOf, PaneLog, type LogLine } from "./log";

export type Width = number | "fit";
export const WIDTHS: Width[] = ["fit", 375, 768, 1280];

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
}

interface Slot { spec: PaneSpec; root: HTMLElement; pane: Pane; log: PaneLog; button: HTMLButtonElement; console: HTMLElement; open: boolean; queued: (() => Promise<void>) | null; busy: boolean }

export class Board {
  private readonly slots = new Map<string, Slot>();
  private readonly deck = h("div", { class: "deck" });
  private widthInputs: HTMLInputElement[] = [];
  width: Width = "fit";
  focused: string | null = null;

  constructor(root: HTMLElement, private readonly options: BoardOptions) {
    const kept = options.remember ? load<Width>(options.remember) : null;
    if (kept !== null && WIDTHS.includes(kept)) this.width = kept;
    root.append(this.deck);
    for (const spec of options.panes) this.addSlot(spec);
    this.deck.style.setProperty("--panes", String(options.panes.length));
  }

  /** The control that sets the width of all panes. */
  widthControl(): HTMLElement {
    const group = h("div", { class: "segmented", role: "radiogroup", "aria-label": "Width of the pages" });
    this.widthInputs = WIDTHS.map((width) => {
      const input = h("input", { type: "radio", name: "pane-width", value: String(width), onchange: () => this.setWidth(width) });
      input.checked = width === this.width;
      const say = width === "fit" ? "Fit" : String(width);
      group.append(h("label", { title: width === "fit" ? "As wide as the pane" : `${width} px wide, scaled to the pane` }, input, h("span", { class: "tabular" }, say)));
      return input;
    });
    return group;
  }

  setWidth(width: Width): void {
    this.width = width;
    for (const slot of this.slots.values()) slot.pane.setWidth(width);
    for (const input of this.widthInputs) input.checked = input.value === String(width);
    if (this.options.remember) keep(this.options.remember, width);
    announce(width === "fit" ? "Pages fit their panes." : `Pages are ${width} pixels wide.`);
  }

  /** The next width in turn. */
  cycleWidth(): void {
    this.setWidth(WIDTHS[(WIDTHS.indexOf(this.width) + 1) % WIDTHS.length] ?? "fit");
  }

  /** Give one pane the whole room, or all the same room with null. The others keep running. */
  focus(key: string | null): void {
    this.focused = key !== null && this.slots.has(key) ? key : null;
    this.deck.classList.toggle("is-focused", this.focused !== null);
    for (const [name, slot] of this.slots) {
      slot.root.classList.toggle("is-aside", this.focused !== null && this.focused !== name);
      slot.root.querySelector("[data-focus]")?.setAttribute("aria-pressed", String(this.focused === name));
    }
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
    const root = h(
      "section",
      { class: "pane-slot", "data-pane": spec.key, "aria-label": spec.label },
      h("header", { class: "pane-head" }, h("span", { class: `dot ${spec.tone}` }), h("h2", { class: "clip" }, spec.label), h("span", { class: "push" }), this.options.consoles ? button : null, reload, focus),
      body,
      consoleEl,
    );
    this.deck.append(root);
    const log = new PaneLog();
    const pane = new Pane(body, { origin: this.options.origin, title: spec.title, width: this.width, onEvent: (event) => this.hear(spec.key, event) });
    const slot: Slot = { spec, root, pane, log, button, console: consoleEl, open: false, queued: null, busy: false };
    this.slots.set(spec.key, slot);
    this.drawConsole(slot);
  }

  private hear(key: string, event: PaneEvent): void {
    const slot = this.slots.get(key);
    if (!slot) return;
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

function place(path?: string, line?: number): string {
  if (!path) return "";
  return line ? `${path}:${line}` : path;
}
