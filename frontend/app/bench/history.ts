/** Earlier versions of a draft: listed, compared with what stands now, and put back as a new edit. */
import type { MergeView } from "@codemirror/merge";

import { sideBySide } from "../editor/sidebyside";
import type { Draft, DraftBody, DraftVersionLine, DraftVersions } from "../lib/contract";
import { announce, fill, h, plural } from "../lib/dom";
import { compareFiles, formatBytes, sameDraft } from "../lib/drafts";
import { call, Problem } from "../lib/http";
import { LOCALE } from "../lib/time";

export interface HistoryOptions {
  url: string;
  editable: boolean;
  now: () => Omit<DraftBody, "rev">;
  restore: (version: Draft) => void;
}

/** Open the dialog. Nothing is changed until a version is put back, and that is an edit like any other. */
export async function openHistory(options: HistoryOptions): Promise<void> {
  if (document.querySelector("dialog.history-dialog")) return;
  const list = h("ul", { class: "history-list", "aria-label": "Versions, newest first" });
  const view = h("div", { class: "history-view" });
  const button = h("button", { type: "button", class: "btn btn-primary", disabled: true }, "Put this version back");
  const dialog = h(
    "dialog", { class: "dialog dialog-wide history-dialog", "aria-label": "History of this draft" },
    h("div", { class: "dialog-head" }, h("h2", {}, "History of this draft")),
    h("div", { class: "dialog-body conflict-body" }, h("div", { class: "conflict-grid" }, list, view)),
    h("div", { class: "dialog-foot" }, h("p", { class: "hint history-note" }, options.editable ? "Putting a version back is a new edit: what stands now stays in this list. The newest versions are all kept, of older ones the fewer the older they are." : "This task is read only."), h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, "Close"), button),
  );
  let merge: MergeView | null = null;
  const clear = (): void => {
    merge?.destroy();
    merge = null;
  };
  const say = (text: string): void => (clear(), fill(view, h("p", { class: "soft history-say", role: "status" }, text)));
  document.body.append(dialog);
  dialog.addEventListener("close", () => (clear(), dialog.remove()));
  dialog.showModal();
  say("Loading the versions…");

  const compare = (version: Draft, path: string): void => {
    clear();
    const now = options.now();
    const body = h("div", { class: "conflict-code" });
    view.querySelector(".history-diff")?.replaceChildren(
      h("div", { class: "conflict-sides" }, h("b", {}, version.files[path] === undefined ? "Then: no such file" : "Then"), h("b", {}, now.files[path] === undefined ? "Now: no such file" : "Now")),
      body,
    );
    for (const tab of view.querySelectorAll("[data-path]")) tab.setAttribute("aria-pressed", String((tab as HTMLElement).dataset["path"] === path));
    merge = sideBySide(body, path, { label: "then", text: version.files[path] ?? "" }, { label: "now", text: now.files[path] ?? "" });
  };
  const show = (version: Draft): void => {
    clear();
    const now = options.now();
    const changes = compareFiles(version.files, now.files).filter((file) => file.change !== "same");
    const same = sameDraft({ files: version.files, rationale: version.rationale, ratings: version.ratings }, now);
    button.disabled = same || !options.editable;
    button.onclick = () => {
      dialog.close();
      options.restore(version);
      announce(`The version of ${clock(version.saved_at)} was put back.`);
    };
    if (changes.length === 0) return say(same ? "This is what stands now." : "The files are the same as now; the rationale or the ratings differ.");
    fill(
      view,
      h("div", { class: "history-files" }, ...changes.map((file) => h("button", { type: "button", class: "btn btn-quiet btn-small mono", "data-path": file.path, onclick: () => compare(version, file.path) }, file.path))),
      h("div", { class: "history-diff" }),
    );
    compare(version, changes[0]?.path ?? "");
  };
  let asked = 0;
  const pick = async (row: DraftVersionLine, item: HTMLButtonElement): Promise<void> => {
    const turn = ++asked;
    for (const other of list.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === item));
    button.disabled = true;
    say("Loading the version…");
    try {
      const version = await call<Draft>("GET", `${options.url}/${row.rev}`);
      if (turn === asked) show(version);
    } catch (error) {
      if (turn === asked) complain(error);
    }
  };

  const item = (row: DraftVersionLine): HTMLButtonElement => {
    const made = h(
      "button", { type: "button", class: "history-item", "aria-pressed": "false", title: row.changed_files.join("\n"), onclick: () => void pick(row, made) },
      h("span", { class: "tabular" }, clock(row.saved_at)),
      h("span", { class: "muted small tabular" }, `${changed(row)} · ${formatBytes(row.bytes)}`),
    );
    return made;
  };
  /** Add a page of versions to the list; the first of them. */
  const load = async (url: string): Promise<{ row: DraftVersionLine; made: HTMLButtonElement } | null> => {
    const { versions, next } = await call<DraftVersions>("GET", url);
    const made = versions.map(item);
    list.append(...made.map((button, n) => h("li", {}, button, gap(versions[n]?.forgotten ?? 0))));
    if (next !== null) {
      const more = h("button", { type: "button", class: "btn btn-quiet btn-small", onclick: () => (place.remove(), void load(next).then((first) => first?.made.focus(), complain)) }, "Older versions");
      const place = h("li", {}, more);
      list.append(place);
    }
    return versions[0] && made[0] ? { row: versions[0], made: made[0] } : null;
  };
  const complain = (error: unknown): void => say(error instanceof Problem ? error.message : String(error));
  try {
    const first = await load(options.url);
    if (!first) return say("Nothing has been saved yet. Each save makes a version that can be looked at and put back here.");
    first.made.focus();
    await pick(first.row, first.made);
  } catch (error) {
    complain(error);
  }
}

/** What a version changed against the one before it; the first against what the bench opened with. */
function changed({ rev, changed_files: files }: DraftVersionLine): string {
  if (files.length) return `${plural(files.length, "file")} changed`;
  return rev === 1 ? "Files as you got them" : "Words or ratings changed";
}

/** What is not in the list: of old versions only some are kept. */
function gap(forgotten: number): HTMLElement | null {
  return forgotten ? h("p", { class: "hint history-gap" }, `${plural(forgotten, "version")} between kept no longer`) : null;
}

/** "14:03:27", with the day when it is another one. */
function clock(at: string | null): string {
  if (at === null) return "an unknown time";
  const date = new Date(at);
  const time = date.toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString(LOCALE, { day: "numeric", month: "short" })}, ${time}`;
}
