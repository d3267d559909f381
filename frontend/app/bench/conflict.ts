/** Two versions of one draft: both are shown, and for each file one is chosen. */
import type { MergeView } from "@codemirror/merge";

import { sideBySide } from "../editor/sidebyside";
import type { Draft, DraftBody } from "../lib/contract";
import { h, plural } from "../lib/dom";
import { compareFiles, mergeDrafts, sameRatings, type Side } from "../lib/drafts";
import { LOCALE } from "../lib/time";

/** Ask which side to keep. `done` gets the merged draft, based on the server's revision. */
export function openConflict(mine: DraftBody, theirs: Draft, done: (merged: DraftBody) => void): void {
  if (document.querySelector("dialog.conflict-dialog")) return;
  const changes = compareFiles(theirs.files, mine.files).filter((file) => file.change !== "same");
  const pick: Record<string, Side> = Object.fromEntries(changes.map((file) => [file.path, "mine" as Side]));
  let rationale: Side = "mine";
  let ratings: Side = "mine";
  let merge: MergeView | null = null;
  const view = h("div", { class: "conflict-view" });
  const dialog = h("dialog", { class: "dialog dialog-wide conflict-dialog", "aria-label": "Two versions of this draft" });

  const look = (path: string): void => {
    merge?.destroy();
    merge = null;
    const left = theirs.files[path];
    const right = mine.files[path];
    view.replaceChildren(h("div", { class: "conflict-sides" }, h("b", {}, left === undefined ? "On the server: no such file" : "On the server"), h("b", {}, right === undefined ? "Here: no such file" : "Here")));
    const body = h("div", { class: "conflict-code" });
    view.append(body);
    merge = sideBySide(body, path, { label: "on the server", text: left ?? "" }, { label: "here", text: right ?? "" });
  };
  const lookAtText = (): void => {
    merge?.destroy();
    merge = null;
    view.replaceChildren(
      h("div", { class: "conflict-sides" }, h("b", {}, "On the server"), h("b", {}, "Here")),
      h("div", { class: "conflict-sides conflict-prose" }, h("p", {}, theirs.rationale || "(empty)"), h("p", {}, mine.rationale || "(empty)")),
    );
  };
  const chooser = (name: string, value: Side, set: (side: Side) => void): HTMLElement => {
    const option = (side: Side, label: string): HTMLElement => {
      const input = h("input", { type: "radio", name, value: side, onchange: () => set(side) });
      input.checked = side === value;
      return h("label", {}, input, h("span", {}, label));
    };
    return h("span", { class: "segmented", role: "radiogroup", "aria-label": `Version to keep: ${name}` }, option("theirs", "Server"), option("mine", "Here"));
  };
  const rows = changes.map((file) =>
    h(
      "li",
      {},
      h("button", { type: "button", class: "link mono clip", onclick: () => look(file.path) }, file.path),
      chooser(file.path, "mine", (side) => {
        pick[file.path] = side;
        look(file.path);
      }),
    ),
  );
  if (mine.rationale !== theirs.rationale) {
    rows.push(h("li", {}, h("button", { type: "button", class: "link", onclick: lookAtText }, "Rationale"), chooser("the rationale", "mine", (side) => ((rationale = side), lookAtText()))));
  }
  if (!sameRatings(mine.ratings, theirs.ratings)) {
    rows.push(h("li", {}, h("span", {}, "Ratings"), chooser("the ratings", "mine", (side) => (ratings = side))));
  }
  const finish = (merged: DraftBody): void => {
    dialog.close();
    done(merged);
  };
  const when = theirs.saved_at ? ` at ${new Date(theirs.saved_at).toLocaleTimeString(LOCALE)}` : "";
  dialog.append(
    h("div", { class: "dialog-head" }, h("h2", {}, "Two versions of this draft")),
    h(
      "div",
      { class: "dialog-body conflict-body" },
      h("p", { class: "soft" }, `This draft was saved elsewhere${when}, perhaps in another tab. Both versions are kept until you choose. ${plural(changes.length, "file")} differ${changes.length === 1 ? "s" : ""}.`),
      h("div", { class: "conflict-grid" }, h("ul", { class: "conflict-list" }, ...rows), view),
    ),
    h(
      "div",
      { class: "dialog-foot" },
      h("button", { type: "button", class: "btn", onclick: () => finish({ ...theirs }) }, "Keep all of the server's"),
      h("button", { type: "button", class: "btn btn-primary", onclick: () => finish(mergeDrafts(mine, theirs, { files: pick, rationale, ratings })) }, "Keep what is chosen"),
    ),
  );
  // Escape would leave the draft in limbo: choosing is the only way on.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    merge?.destroy();
    dialog.remove();
  });
  dialog.showModal();
  const first = changes[0];
  if (first) look(first.path);
  else lookAtText();
}
