/** The tree of files beside the editor: one stop for the Tab key, arrow keys inside, F2 renames, Delete deletes. */
import { fill, h, icon } from "../lib/dom";
import { keep, load } from "../lib/store";
import type { FileBook, TabMark } from "./filebook";
import { askDelete, askName, askRename, type FileActions } from "./filedialogs";
import { treeRows, type TreeRow } from "./filetree";

export interface TreeLook {
  editable: boolean;
  limit: number;
  /** The file that opens first, if that is known. */
  entry: string | undefined;
  /** Whether another file can be made the one that opens first. */
  canEnter: (path: string) => boolean;
  /** Syntax faults by path. */
  faults: ReadonlyMap<string, number>;
}

const MARKS: Record<TabMark, { sign: string; say: string }> = {
  same: { sign: "", say: "" },
  changed: { sign: "M", say: "changed from the base" },
  added: { sign: "A", say: "added" },
  removed: { sign: "D", say: "deleted; press to put it back" },
};

export class FileTree {
  private readonly closed = new Set<string>();
  private readonly list = h("ul", { class: "tree", role: "tree", "aria-label": "Files" });
  private readonly tools = h("span", { class: "tree-tools" });
  private readonly head: HTMLElement;
  private readonly toggle: HTMLButtonElement;
  private book: FileBook | null = null;
  private look: TreeLook | null = null;
  private focused: string | undefined;
  private typed = "";
  private typedAt = 0;

  constructor(private readonly el: HTMLElement, private readonly actions: FileActions, private readonly onToggle: (open: boolean) => void) {
    this.toggle = h("button", { type: "button", class: "btn btn-quiet btn-icon btn-small tree-toggle", onclick: () => this.setOpen(!this.open, true) }, icon("files"));
    this.head = h("div", { class: "tree-head" }, this.toggle, h("h2", {}, "Files"), this.tools);
    el.append(this.head, this.list);
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.setOpen(load<boolean>("files-open") ?? true, false);
  }

  get open(): boolean {
    return !this.el.classList.contains("is-shut");
  }

  /** Show or fold the list; a folded one leaves its buttons. `chosen` is remembered. */
  setOpen(open: boolean, chosen: boolean): void {
    this.el.classList.toggle("is-shut", !open);
    this.list.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    const say = open ? "Fold the list of files" : "Show the list of files";
    this.toggle.setAttribute("aria-label", say);
    this.toggle.title = `${say} (Alt+T)`;
    if (chosen) keep("files-open", open);
    this.onToggle(open);
  }

  /** Move the focus into the list. */
  focus(): void {
    if (!this.open) this.setOpen(true, true);
    this.list.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }

  draw(book: FileBook, look: TreeLook): void {
    this.book = book;
    this.look = look;
    const had = this.list.contains(document.activeElement);
    const rows = treeRows(look.editable ? book.tabs() : book.tabs().filter((tab) => tab.mark !== "removed"), this.closed);
    const stop = rows.find((row) => row.path === this.focused) ?? rows.find((row) => row.path === book.active) ?? rows[0];
    fill(this.list, ...rows.map((row) => this.row(row, row === stop)));
    this.drawTools(book, look);
    if (had) this.list.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }

  private row(row: TreeRow, stop: boolean): HTMLElement {
    const look = this.look;
    const folder = row.kind === "folder";
    const active = !folder && row.path === this.book?.active;
    const entry = !folder && row.path === look?.entry;
    const faults = folder ? 0 : (look?.faults.get(row.path) ?? 0);
    const mark = folder ? { sign: "", say: "" } : MARKS[row.mark];
    const said = [mark.say, entry ? "opens first" : "", faults ? `${faults} syntax error${faults === 1 ? "" : "s"}` : ""].filter(Boolean).join(", ");
    return h(
      "li",
      {
        role: "treeitem", class: `tree-row is-${folder ? "folder" : row.mark}`, "aria-level": row.level, "aria-posinset": row.position, "aria-setsize": row.siblings,
        "aria-expanded": folder ? String(!this.closed.has(row.path)) : null, "aria-selected": folder ? null : String(active), tabindex: stop ? 0 : -1,
        "aria-label": said ? `${row.name}, ${said}` : row.name, title: said ? `${row.path}: ${said}` : row.path, "data-path": row.path,
        style: `--level:${row.level - 1}`,
        onclick: () => this.choose(row),
        ondblclick: () => !folder && row.mark !== "removed" && look?.editable && this.book && askRename(this.book, row.path, this.actions),
      },
      h("span", { class: "tree-twist", "aria-hidden": "true" }, folder ? icon("right") : null),
      h("span", { class: "tree-name" }, row.name),
      entry ? h("span", { class: "tree-entry" }, "entry") : null,
      faults ? h("span", { class: "count count-bad" }, faults) : null,
      mark.sign ? h("span", { class: "file-mark" }, mark.sign) : null,
    );
  }

  private drawTools(book: FileBook, look: TreeLook): void {
    if (!look.editable) return this.tools.replaceChildren();
    const full = book.paths().length >= look.limit;
    const add = h(
      "button",
      {
        type: "button", class: "btn btn-quiet btn-icon btn-small", disabled: full, title: full ? `At most ${look.limit} files` : "Add a file", "aria-label": "Add a file",
        onclick: () => askName("Add a file", "Add file", folderOf(book.active), book.paths(), (path) => this.actions.add(path)),
      },
      icon("plus"),
    );
    fill(this.tools, add, book.active === undefined ? null : this.menu(book, book.active, look));
  }

  private menu(book: FileBook, path: string, look: TreeLook): HTMLElement {
    const menu = h("details", { class: "menu", "data-menu": true });
    const item = (label: string, run: () => void): HTMLElement =>
      h("button", { type: "button", onclick: () => ((menu.open = false), run()) }, label);
    menu.append(
      h("summary", { class: "btn btn-quiet btn-icon btn-small", title: `Rename or delete ${path}`, "aria-label": `Rename or delete ${path}` }, icon("more")),
      h(
        "div",
        { class: "menu-list" },
        h("p", { class: "menu-note mono" }, path),
        item("Rename… (F2)", () => askRename(book, path, this.actions)),
        look.entry !== undefined && look.entry !== path && look.canEnter(path) ? item("Open this one first", () => this.actions.enter(path)) : null,
        item("Delete… (Del)", () => askDelete(path, this.actions)),
      ),
    );
    return menu;
  }

  private choose(row: TreeRow): void {
    this.focused = row.path;
    if (row.kind === "file") return row.mark === "removed" ? this.actions.restore(row.path) : this.actions.open(row.path);
    if (!this.closed.delete(row.path)) this.closed.add(row.path);
    this.redraw();
  }

  private redraw(): void {
    if (this.book && this.look) this.draw(this.book, this.look);
  }

  private key(event: KeyboardEvent): void {
    const items = [...this.list.querySelectorAll<HTMLElement>("[role=treeitem]")];
    const at = items.indexOf(event.target as HTMLElement);
    const item = items[at];
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const level = Number(item.getAttribute("aria-level"));
    const open = item.getAttribute("aria-expanded");
    const go = (to: HTMLElement | undefined): void => {
      if (!to) return;
      for (const other of items) other.tabIndex = other === to ? 0 : -1;
      this.focused = to.dataset["path"];
      to.focus();
    };
    const parent = (): HTMLElement | undefined => items.slice(0, at).reverse().find((other) => Number(other.getAttribute("aria-level")) < level);
    const keys: Record<string, () => void> = {
      ArrowDown: () => go(items[at + 1]),
      ArrowUp: () => go(items[at - 1]),
      Home: () => go(items[0]),
      End: () => go(items[items.length - 1]),
      ArrowRight: () => (open === "false" ? item.click() : open === "true" ? go(items[at + 1]) : undefined),
      ArrowLeft: () => (open === "true" ? item.click() : go(parent())),
      Enter: () => item.click(),
      " ": () => item.click(),
      F2: () => this.onFile(item, (path) => this.book && askRename(this.book, path, this.actions)),
      Delete: () => this.onFile(item, (path) => askDelete(path, this.actions)),
    };
    const run = keys[event.key];
    if (run) {
      event.preventDefault();
      return run();
    }
    if (event.key.length === 1 && event.key !== "?") go(this.typeahead(items, at, event.key));
  }

  private onFile(item: HTMLElement, run: (path: string) => void): void {
    const path = item.dataset["path"];
    if (path !== undefined && this.look?.editable && this.book?.has(path)) run(path);
  }

  /** Letters typed in quick succession lead to the next name that begins with them. */
  private typeahead(items: HTMLElement[], at: number, key: string): HTMLElement | undefined {
    const now = performance.now();
    this.typed = now - this.typedAt < 700 ? this.typed + key.toLowerCase() : key.toLowerCase();
    this.typedAt = now;
    const from = this.typed.length === 1 ? at + 1 : at;
    return [...items.slice(from), ...items.slice(0, from)].find((item) => (item.getAttribute("aria-label") ?? "").toLowerCase().startsWith(this.typed));
  }
}

function folderOf(path: string | undefined): string {
  return path === undefined ? "" : path.slice(0, path.lastIndexOf("/") + 1);
}
