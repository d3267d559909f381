/** How the room of a tool page is divided: task, pages and code; moved by mouse or keys, and remembered. */
import { type Divider, edge } from "../lib/divider";
import { announce, find, h, icon } from "../lib/dom";
import { keep, load } from "../lib/store";

export interface LayoutOptions {
  /** A name under which places are remembered. */
  name: string;
  /** Share of the pages, in per cent, at first. */
  stage: number;
}

export class Layout {
  private readonly stage: Divider;
  private readonly flip: HTMLButtonElement;
  private beside: boolean;

  constructor(private readonly root: HTMLElement, private readonly options: LayoutOptions) {
    const grid = find(".tool-grid", root);
    const side = h("div", { "aria-label": "Width of the task panel" });
    find(".work", root).before(side);
    edge(side, { container: grid, variable: "--side", name: "side", initial: 328, least: 240, most: 560, unit: "px", axis: "x" });
    this.stage = edge(find("#divider", root), { container: find("#work", root), variable: "--stage", name: options.name, initial: options.stage, least: 15, most: 85, unit: "%", axis: "y" });
    this.flip = h("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", onclick: () => this.setBeside(!this.beside) });
    find("#pane-tools", root).append(this.flip);
    this.beside = load<boolean>(`beside:${options.name}`) ?? false;
    this.draw();
    this.side();
  }

  /** Give the pages this share of the room, in per cent. */
  share(stage: number): void {
    this.stage.set(stage);
  }

  /** Code at the right of the pages, or below them. */
  setBeside(beside: boolean): void {
    this.beside = beside;
    keep(`beside:${this.options.name}`, beside);
    this.draw();
    announce(beside ? "Code beside the pages." : "Code below the pages.");
  }

  toggleBeside(): void {
    this.setBeside(!this.beside);
  }

  /** Move the focus to the next part of the page, or the one before. */
  step(by: 1 | -1): void {
    const parts = [...this.root.querySelectorAll<HTMLElement>(".side, .stage, .files, .editor-side")].filter((part) => part.checkVisibility());
    const at = parts.findIndex((part) => part.contains(document.activeElement));
    const next = parts[(at + by + parts.length) % parts.length];
    const target = next?.querySelector<HTMLElement>('[role=tab][aria-selected=true], [role=treeitem][tabindex="0"], .cm-content, button:not(:disabled), [tabindex="0"]');
    target?.focus();
  }

  private draw(): void {
    find("#work", this.root).classList.toggle("is-beside", this.beside);
    this.stage.setAxis(this.beside ? "x" : "y");
    const say = this.beside ? "Put the code below the pages" : "Put the code beside the pages";
    this.flip.replaceChildren(icon(this.beside ? "rows" : "columns"));
    this.flip.title = `${say} (Alt+B)`;
    this.flip.setAttribute("aria-label", say);
  }

  private side(): void {
    const button = this.root.querySelector<HTMLElement>("#side-toggle");
    if (!button) return;
    const set = (hidden: boolean): void => {
      this.root.classList.toggle("is-wide", hidden);
      button.setAttribute("aria-expanded", String(!hidden));
    };
    set(load<boolean>(`wide:${this.options.name}`) ?? false);
    button.addEventListener("click", () => {
      const hidden = !this.root.classList.contains("is-wide");
      keep(`wide:${this.options.name}`, hidden);
      set(hidden);
    });
  }
}
