/** The row of file tabs, and the dialogs that name and delete files. */
import { fill, h, icon } from "../lib/dom";
import { pathProblem } from "../lib/paths";
import type { FileBook, TabMark } from "./filebook";

export interface TabActions {
  open(path: string): void;
  add(path: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  restore(path: string): void;
}

const MARKS: Record<TabMark, { sign: string; say: string }> = {
  same: { sign: "", say: "" },
  changed: { sign: "M", say: "changed from the base" },
  added: { sign: "A", say: "added" },
  removed: { sign: "D", say: "deleted; press to put it back" },
};

/** Draw the tabs of a book into `el`. */
export function drawTabs(el: HTMLElement, book: FileBook, actions: TabActions, options: { editable: boolean; limit: number; panel: string }): void {
  const list = h("div", { class: "file-tabs", role: "tablist", "aria-label": "Files" });
  for (const { path, mark } of book.tabs()) {
    const active = path === book.active;
    const gone = mark === "removed";
    if (gone && !options.editable) continue;
    const tab = h(
      "button",
      {
        type: "button", role: "tab", class: `file-tab is-${mark}`, "aria-selected": String(active), "aria-controls": options.panel, tabindex: active ? 0 : -1,
        title: MARKS[mark].say ? `${path}: ${MARKS[mark].say}` : path, "data-path": path,
        onclick: () => (gone ? actions.restore(path) : actions.open(path)),
        ondblclick: () => options.editable && !gone && askRename(book, path, actions),
      },
      h("span", { class: "clip" }, path),
      MARKS[mark].sign ? h("span", { class: "file-mark", "aria-hidden": "true" }, MARKS[mark].sign) : null,
      MARKS[mark].say ? h("span", { class: "visually-hidden" }, ` (${MARKS[mark].say})`) : null,
    );
    list.append(tab);
  }
  list.addEventListener("keydown", (event) => roam(event, list));
  const tools = h("div", { class: "file-tools" });
  if (options.editable) {
    const full = book.paths().length >= options.limit;
    tools.append(
      h("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", title: full ? `At most ${options.limit} files` : "Add a file", "aria-label": "Add a file", disabled: full, onclick: () => askName("Add a file", "Add file", "", book.paths(), actions.add) }, icon("plus")),
    );
    if (book.active) tools.append(fileMenu(book, book.active, actions));
  }
  fill(el, list, tools);
  const selected = list.querySelector<HTMLElement>('[aria-selected="true"]');
  // Not scrollIntoView: it would scroll the page as well.
  if (selected) list.scrollLeft = Math.max(0, selected.offsetLeft + selected.offsetWidth - list.clientWidth);
}

/** Arrow keys, Home and End move between tabs, as in any tab list. */
function roam(event: KeyboardEvent, list: HTMLElement): void {
  const tabs = [...list.querySelectorAll<HTMLButtonElement>("[role=tab]")];
  const at = tabs.indexOf(document.activeElement as HTMLButtonElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  tabs[(to + tabs.length) % tabs.length]?.focus();
}

function fileMenu(book: FileBook, path: string, actions: TabActions): HTMLElement {
  const menu = h("details", { class: "menu", "data-menu": true });
  const close = (then: () => void) => () => {
    menu.open = false;
    then();
  };
  menu.append(
    h("summary", { class: "btn btn-quiet btn-icon btn-small", title: `Rename or delete ${path}`, "aria-label": `Rename or delete ${path}` }, icon("more")),
    h(
      "div",
      { class: "menu-list" },
      h("button", { type: "button", onclick: close(() => askRename(book, path, actions)) }, "Rename…"),
      h("button", { type: "button", onclick: close(() => askDelete(path, actions)) }, "Delete…"),
    ),
  );
  return menu;
}

function askRename(book: FileBook, path: string, actions: TabActions): void {
  askName("Rename the file", "Rename", path, book.paths().filter((other) => other !== path), (to) => to !== path && actions.rename(path, to));
}

function askName(title: string, verb: string, value: string, others: string[], done: (path: string) => void): void {
  const input = h("input", { id: "file-name", class: "mono", value, autocomplete: "off", spellcheck: "false", autocapitalize: "off", "aria-describedby": "file-name-error" });
  const error = h("p", { class: "error", id: "file-name-error", role: "alert", hidden: true });
  const dialog = h("dialog", { class: "dialog", "aria-label": title });
  const submit = (event: Event): void => {
    event.preventDefault();
    const problem = pathProblem(input.value, others);
    error.hidden = problem === null;
    error.textContent = problem ?? "";
    input.setAttribute("aria-invalid", String(problem !== null));
    if (problem !== null) return input.focus();
    dialog.close();
    done(input.value);
  };
  dialog.append(
    h(
      "form",
      { method: "dialog", onsubmit: submit },
      h("div", { class: "dialog-head" }, h("h2", {}, title)),
      h("div", { class: "dialog-body" }, h("div", { class: "field" }, h("label", { for: "file-name" }, "Name, with its folder"), input, h("p", { class: "hint" }, "For example styles.css or components/Card.tsx."), error)),
      h("div", { class: "dialog-foot" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, "Cancel"), h("button", { type: "submit", class: "btn btn-primary" }, verb)),
    ),
  );
  present(dialog);
  const dot = value.lastIndexOf(".");
  input.setSelectionRange(value.lastIndexOf("/") + 1, dot > 0 ? dot : value.length);
}

function askDelete(path: string, actions: TabActions): void {
  const dialog = h("dialog", { class: "dialog", "aria-label": "Delete the file" });
  const act = (): void => {
    dialog.close();
    actions.remove(path);
  };
  dialog.append(
    h("div", { class: "dialog-head" }, h("h2", {}, "Delete the file")),
    h("div", { class: "dialog-body" }, h("p", {}, "Delete ", h("code", {}, path), " from your refinement? Files of the base can be put back from the tabs; for others this cannot be undone.")),
    h("div", { class: "dialog-foot" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, "Keep it"), h("button", { type: "button", class: "btn btn-danger", onclick: act }, `Delete ${path}`)),
  );
  present(dialog);
}

/** Show a dialog that exists only while it is open. */
export function present(dialog: HTMLDialogElement): void {
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
