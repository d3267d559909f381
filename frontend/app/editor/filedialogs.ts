/** The dialogs that name and delete files. */
import { h } from "../lib/dom";
import { pathProblem } from "../lib/paths";
import type { FileBook } from "./filebook";

export interface FileActions {
  open(path: string): void;
  add(path: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  restore(path: string): void;
  /** Make a file the one that opens first. */
  enter(path: string): void;
}

/** Ask for a file's new name. */
export function askRename(book: FileBook, path: string, actions: FileActions): void {
  askName("Rename the file", "Rename", path, book.paths().filter((other) => other !== path), (to) => to !== path && actions.rename(path, to));
}

/** Ask for a name that may be used beside `others`. */
export function askName(title: string, verb: string, value: string, others: string[], done: (path: string) => void): void {
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

/** Ask before a file goes. */
export function askDelete(path: string, actions: FileActions): void {
  const dialog = h("dialog", { class: "dialog", "aria-label": "Delete the file" });
  const act = (): void => {
    dialog.close();
    actions.remove(path);
  };
  dialog.append(
    h("div", { class: "dialog-head" }, h("h2", {}, "Delete the file")),
    h("div", { class: "dialog-body" }, h("p", {}, "Delete ", h("code", {}, path), " from your refinement? A file of the base can be put back from the list of files; any other from an earlier version, under History.")),
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
