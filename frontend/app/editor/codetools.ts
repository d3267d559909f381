/** The row above the editor: whose code, how it is compared, and what can be done with the file on show. */
import { announce, h, icon } from "../lib/dom";
import { format } from "./format";
import type { Mode, Workspace } from "./workspace";

export interface CodeToolsOptions {
  /** File sets that can be looked at beside "refined". */
  sources: string[];
  hasBase: boolean;
  onHistory?: (() => void) | undefined;
}

const MODES: { mode: Mode; say: string; title: string }[] = [
  { mode: "edit", say: "Code", title: "The code as it is" },
  { mode: "diff", say: "Changes", title: "Mark what differs from the base (Alt+D)" },
  { mode: "split", say: "Beside base", title: "The base at the left, the refinement at the right (Alt+Shift+D)" },
];

export class CodeTools {
  private readonly modes: HTMLButtonElement[];
  private readonly formatButton: HTMLButtonElement;
  private readonly sources: HTMLButtonElement[];
  private readonly modeGroup: HTMLElement;

  constructor(row: HTMLElement, private readonly workspace: () => Workspace, private readonly options: CodeToolsOptions) {
    this.sources = [...row.querySelectorAll<HTMLButtonElement>("[data-source]")];
    for (const button of this.sources) {
      const source = button.dataset["source"] ?? "";
      button.hidden = source !== "refined" && !options.sources.includes(source);
      button.addEventListener("click", () => workspace().setSource(source));
    }
    this.modeGroup = h("div", { class: "segmented", role: "group", "aria-label": "Compared with the base", hidden: !options.hasBase });
    this.modes = MODES.map(({ mode, say, title }) => {
      const button = h("button", { type: "button", "data-mode": mode, title, onclick: () => this.setMode(mode) }, say);
      this.modeGroup.append(button);
      return button;
    });
    const tool = (label: string, title: string, name: Parameters<typeof icon>[0], act: () => void): HTMLButtonElement =>
      h("button", { type: "button", class: "btn btn-quiet btn-small", title, "aria-label": label, onclick: act }, icon(name), h("span", { class: "tool-word" }, label));
    const find = tool("Find", "Find and replace in this file (Ctrl+F)", "find", () => workspace().find());
    this.formatButton = tool("Format", "Format this file (Alt+F)", "format", () => void this.format());
    const onHistory = options.onHistory;
    const past = onHistory ? tool("History", "Earlier versions of this draft (Alt+H)", "clock", onHistory) : "";
    row.querySelector("#source")?.after(this.modeGroup, find, this.formatButton, past);
  }

  /** Show what is on: call it when the workspace shows something else. */
  draw(): void {
    const workspace = this.workspace();
    for (const button of this.sources) button.setAttribute("aria-pressed", String(button.dataset["source"] === workspace.source));
    for (const button of this.modes) {
      button.setAttribute("aria-pressed", String(button.dataset["mode"] === workspace.mode));
      button.disabled = workspace.source !== "refined" && button.dataset["mode"] !== "edit";
    }
    this.formatButton.disabled = !workspace.editable || workspace.source !== "refined" || workspace.book.active === undefined;
  }

  setMode(mode: Mode): void {
    if (!this.options.hasBase) return;
    this.workspace().setSource("refined");
    this.workspace().setMode(mode);
  }

  /** That way of comparing, or none again. */
  toggleMode(mode: Mode): void {
    this.setMode(this.workspace().mode === mode ? "edit" : mode);
  }

  /** Format the file on show; what came of it is said, and shown when it failed. */
  async format(): Promise<void> {
    const workspace = this.workspace();
    const path = workspace.book.active;
    if (path === undefined || this.formatButton.disabled || this.formatButton.classList.contains("is-busy")) return;
    this.formatButton.classList.add("is-busy");
    try {
      const { done, say } = await format(workspace.editor, path);
      announce(say);
      if (!done) workspace.tell(say);
    } finally {
      this.formatButton.classList.remove("is-busy");
    }
  }
}
