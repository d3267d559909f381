/** The line below the code: what changed against the base, syntax errors, the file on show, and how much of the limits is used. */
import { fill, h, plural } from "../lib/dom";
import { byteSize, formatBytes, lineDelta } from "../lib/drafts";
import type { Workspace } from "./workspace";

export function drawCodeStatus(el: HTMLElement, workspace: Workspace, of: { hasBase: boolean; limits: { files: number; bytes: number } }): void {
  const cursor = workspace.cursor;
  const path = workspace.book.active;
  const files = workspace.files();
  const delta = of.hasBase && path !== undefined ? lineDelta(workspace.book.original(path), files[path] ?? "") : null;
  const faults = workspace.faults();
  const fault = faults.find((one) => one.path === path) ?? faults[0];
  const size = byteSize(files);
  fill(
    el,
    delta ? h("span", { class: "tabular", title: "Lines against the base" }, h("span", { class: "plus" }, `+${delta.added}`), " ", h("span", { class: "minus" }, `−${delta.removed}`)) : null,
    fault ? h("button", { type: "button", class: "link minus", title: `${fault.path}:${fault.line} ${fault.message}`, onclick: () => workspace.open(fault.path, fault.line) }, plural(faults.length, "syntax error")) : null,
    cursor ? h("span", { class: "clip" }, workspace.source === "refined" ? cursor.path : `${cursor.path} (${workspace.source}, read only)`) : null,
    h("span", { class: "push tabular", title: "Files and size, of what the project allows" }, `${Object.keys(files).length}/${of.limits.files} files · `, h("span", { class: size > of.limits.bytes ? "minus" : "" }, `${formatBytes(size)} of ${formatBytes(of.limits.bytes)}`)),
  );
}
