/** The bench: where a base is refined until it beats its rival. Wires the parts; each part knows nothing of the others. */
import { ChecksPanel } from "./bench/checkspanel";
import { openConflict } from "./bench/conflict";
import { divider } from "./bench/divider";
import { drawFeedback } from "./bench/feedback";
import { drawRatings } from "./bench/ratings";
import { drawSaveState } from "./bench/savestate";
import { Saver } from "./bench/saver";
import { Sections } from "./bench/sections";
import { openSubmit } from "./bench/submit";
import { Workspace } from "./editor/workspace";
import type { BenchData, Draft, DraftBody } from "./lib/contract";
import { announce, fill, find, h, readJson } from "./lib/dom";
import { byteSize, compareFiles, formatBytes, lineDelta } from "./lib/drafts";
import { call, Problem } from "./lib/http";
import { Lease } from "./lib/lease";
import { recover } from "./lib/localcopy";
import { askRelease } from "./lib/release";
import { shortcut } from "./lib/shortcuts";
import { money } from "./lib/time";
import { Board, type PaneSpec } from "./panes/board";

/** Pause after a keystroke before the refinement runs again. */
const PREVIEW_PAUSE = 100;

const data = readJson<BenchData>("bench-data");
const name = String(data.assignment.id);
const framework = data.prompt.framework;
const active = data.assignment.status === "active";

let rationale = data.draft.rationale;
let ratings = data.draft.ratings ?? {};
let live = true;
let previewTimer = 0;
let ready = false;

const specs: PaneSpec[] = [
  ...(data.base ? [{ key: "base", label: "Base", tone: "role-base", title: "The base, running" }] : []),
  ...(data.rival ? [{ key: "rival", label: "Rival", tone: "role-rival", title: "The rival, running" }] : []),
  { key: "refined", label: "Refined", tone: "role-refined", title: "Your refinement, running" },
];
const board = new Board(find("#panes"), {
  origin: data.preview.origin, panes: specs, consoles: true, remember: "pane-width",
  onOpen: (key, path, line) => {
    workspace.look(key, path, line);
  },
  canOpen: (key, path) => path in (key === "base" ? (data.base?.files ?? {}) : key === "rival" ? (data.rival?.files ?? {}) : workspace.files()),
});
const sections = new Sections(find("#side"));
const workspace = new Workspace(find("#workspace"), {
  files: data.draft.files,
  base: data.base?.files ?? null,
  others: { ...(data.base ? { base: data.base.files } : {}), ...(data.rival ? { rival: data.rival.files } : {}) },
  limit: data.limits.files,
  editable: active,
  onChange: () => {
    saver.edited();
    drawStatus();
    if (live) preview();
  },
  onView: () => {
    if (ready) syncSource();
    drawStatus();
  },
});

const saver = new Saver(data.urls.draft, name, data.draft, {
  read: () => ({ files: workspace.files(), rationale, ratings }),
  onState: (state, keptHere) => drawSaveState(find("#save-state"), state, keptHere),
  onSaved: (saved) => {
    lease.extend(saved.lease_until);
    checks.draw();
  },
  onConflict: (theirs) => settle({ ...currentDraft(), rev: saver.rev }, theirs),
  onLost: (problem) => lost(problem),
});
const lease = new Lease(find("#lease"), active ? data.assignment.lease_until : null, data.urls.heartbeat, (problem) => void probe(problem));

const checks = new ChecksPanel(find("#checks-body"), [find("#run-checks"), find("#run-checks-here")] as HTMLButtonElement[], data.urls.checks, {
  save: () => {
    // Checks look at a saved version, and an untouched draft has none yet.
    if (saver.rev === 0) saver.edited();
    return saver.flush();
  },
  rev: () => saver.rev,
  onOpen: (path, line) => workspace.open(path, line),
  onFindings: (findings) => workspace.setFindings(findings),
  onCount: (text, tone) => sections.count("checks", text, tone),
});

function currentDraft(): Omit<DraftBody, "rev"> {
  return { files: workspace.files(), rationale, ratings };
}

function preview(pause = PREVIEW_PAUSE): void {
  clearTimeout(previewTimer);
  previewTimer = window.setTimeout(() => void board.show("refined", workspace.files(), framework), pause);
}

function drawStatus(): void {
  if (!ready) return;
  const cursor = workspace.cursor;
  const path = workspace.book.active;
  const files = workspace.files();
  const delta = data.base && path !== undefined ? lineDelta(workspace.book.original(path), files[path] ?? "") : null;
  const size = byteSize(files);
  const over = size > data.limits.bytes;
  fill(
    find("#code-status"),
    delta ? h("span", { class: "tabular", title: "Lines against the base" }, h("span", { class: "plus" }, `+${delta.added}`), " ", h("span", { class: "minus" }, `−${delta.removed}`)) : null,
    cursor ? h("span", { class: "clip" }, workspace.source === "refined" ? cursor.path : `${cursor.path} (${workspace.source}, read only)`) : null,
    h("span", { class: "push tabular", title: "Files and size, of what the project allows" }, `${Object.keys(files).length}/${data.limits.files} files · `, h("span", { class: over ? "minus" : "" }, `${formatBytes(size)} of ${formatBytes(data.limits.bytes)}`)),
  );
}

/** Put a whole draft on the page. */
function take(draft: DraftBody): void {
  rationale = draft.rationale;
  ratings = draft.ratings;
  find<HTMLTextAreaElement>("#rationale").value = rationale;
  drawRatings(find("#ratings"), data.criteria, ratings, rated);
  workspace.replaceFiles(draft.files);
  drawStatus();
  preview(0);
}

function rated(next: Record<string, number>): void {
  ratings = next;
  saver.edited();
  countNotes();
}

function settle(mine: DraftBody, theirs: Draft): void {
  openConflict(mine, theirs, (merged) => {
    take(merged);
    saver.resolved(theirs.rev);
  });
}

function notice(tone: string, text: string, ...actions: HTMLElement[]): void {
  const close = h("button", { type: "button", class: "btn btn-small", onclick: () => box.remove() }, "Close");
  const box = h("div", { class: `flash flash-${tone}`, role: tone === "error" ? "alert" : "status" }, h("span", {}, text), h("span", { class: "push row" }, ...actions, tone === "error" ? null : close));
  find("#notices").append(box);
}

function lost(problem: Problem | null): void {
  lease.stop();
  find("#lease").replaceChildren();
  if (saver.status !== "lost") saver.lost(problem?.message ?? "The lease ran out.");
  workspace.setEditable(false);
  for (const button of document.querySelectorAll<HTMLButtonElement>("#submit, #release, #run-checks, #run-checks-here")) button.disabled = true;
  const again = problem?.body["take_again_url"];
  const copy = h("button", { type: "button", class: "btn btn-small", onclick: download }, "Download my files");
  const take = typeof again === "string" ? [h("a", { class: "btn btn-small btn-primary", href: again }, "Take it again")] : [h("a", { class: "btn btn-small", href: data.urls.queue }, "Back to the queue")];
  find("#notices").replaceChildren();
  notice("error", typeof again === "string" ? "The lease on this task ended. Your draft is kept: take the task again to go on." : "The lease on this task ended and somebody else may have it. Your text is still on this page and in this browser.", copy, ...take);
}

/** A heartbeat only says that the lease is gone; a save also says whether the task can be taken again. */
async function probe(problem: Problem | null): Promise<void> {
  try {
    await call("PUT", data.urls.draft, { ...currentDraft(), rev: saver.rev });
    lost(problem);
  } catch (told) {
    lost(told instanceof Problem && told.code === "lease_lost" ? told : problem);
  }
}

/** Offer the files as one JSON file, for when the server will not take them. */
function download(): void {
  const blob = new Blob([JSON.stringify(currentDraft(), null, 2)], { type: "application/json" });
  const link = h("a", { href: URL.createObjectURL(blob), download: `hillclimb-draft-${name}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function countNotes(): void {
  const open = data.criteria.filter((criterion) => !ratings[criterion.slug]).length + (rationale.trim() ? 0 : 1);
  sections.count("notes", open ? String(open) : "");
}

function toggleDiff(on = workspace.mode !== "diff"): void {
  if (!data.base) return;
  workspace.setSource("refined");
  workspace.setMode(on ? "diff" : "edit");
  find("#diff").setAttribute("aria-pressed", String(on));
}

function syncSource(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("#source [data-source]")) button.setAttribute("aria-pressed", String(button.dataset["source"] === workspace.source));
}

function submit(): void {
  openSubmit({
    url: data.urls.submit, scope: `submit:${name}`, hasBase: data.base !== null, criteria: data.criteria,
    save: () => saver.flush(),
    rev: () => saver.rev,
    review: () => {
      const changes = compareFiles(data.base?.files ?? {}, workspace.files());
      const count = (change: string): number => changes.filter((file) => file.change === change).length;
      return { changed: count("changed"), added: count("added"), removed: count("removed"), rationale, rated: data.criteria.filter((criterion) => ratings[criterion.slug]).length, checks: checks.summary() };
    },
    done: () => saver.done(),
  });
}

function release(): void {
  askRelease({ url: data.urls.release, queue: data.urls.queue, note: "Your draft is kept. The task goes back to the queue and may be given to somebody else.", before: () => saver.flush() });
}

function start(): void {
  ready = true;
  const { quote_minor: quote, currency } = data.assignment;
  if (quote !== null && quote !== undefined && currency) find("#quote").textContent = money(quote, currency);
  find("#pane-tools").prepend(board.widthControl());
  if (data.feedback) find("#feedback").append(drawFeedback(data.feedback, Object.keys(data.draft.files), (path, line) => workspace.open(path, line)));
  drawRatings(find("#ratings"), data.criteria, ratings, rated);
  const text = find<HTMLTextAreaElement>("#rationale");
  text.value = rationale;
  text.readOnly = !active;
  text.addEventListener("input", () => {
    rationale = text.value;
    saver.edited();
    countNotes();
  });
  find("#live").addEventListener("click", (event) => {
    live = !live;
    (event.currentTarget as HTMLElement).setAttribute("aria-pressed", String(live));
    if (live) preview(0);
  });
  find("#reload-all").addEventListener("click", () => (board.reload(), preview(0)));
  find("#diff").addEventListener("click", () => toggleDiff());
  find("#diff").hidden = !data.base;
  for (const button of document.querySelectorAll<HTMLButtonElement>("#source [data-source]")) {
    const source = button.dataset["source"] ?? "refined";
    button.hidden = (source === "base" && !data.base) || (source === "rival" && !data.rival);
    button.addEventListener("click", () => workspace.setSource(source));
  }
  find("#submit").addEventListener("click", submit);
  find("#release").addEventListener("click", release);
  for (const button of document.querySelectorAll<HTMLButtonElement>("#submit, #release, #run-checks, #run-checks-here")) button.disabled = !active;
  find("#side-toggle").addEventListener("click", (event) => {
    const hidden = find("#bench").classList.toggle("is-wide");
    (event.currentTarget as HTMLElement).setAttribute("aria-expanded", String(!hidden));
  });
  const split = divider(find("#divider"), find("#work"), "--stage", "bench", 46);
  shortcut(
    { keys: "Mod+S", say: "Save now", typing: true, run: () => void saver.flush().then((saved) => announce(saved ? "Saved." : "Not saved yet.")) },
    { keys: "Mod+Enter", say: "Submit…", typing: true, run: () => active && submit() },
    ...specs.map((spec, index) => ({ keys: `Alt+${index + 1}`, say: `Show ${spec.label.toLowerCase()} alone, or all again`, typing: true, run: () => board.toggleFocus(spec.key) })),
    { keys: "Alt+0", say: "Show all panes", typing: true, run: () => board.focus(null) },
    { keys: "Alt+W", say: "Next page width", typing: true, run: () => board.cycleWidth() },
    { keys: "Alt+R", say: "Reload all panes", typing: true, run: () => (board.reload(), preview(0)) },
    { keys: "Alt+D", say: "Changes against the base, on or off", typing: true, run: () => toggleDiff() },
    { keys: "Alt+K", say: "Run the checks", typing: true, run: () => (sections.open("checks"), void checks.run()) },
    { keys: "Alt+E", say: "Go to the code", typing: true, run: () => workspace.focus() },
    { keys: "Alt+P", say: "More room for the pages", typing: true, run: () => split(70) },
    { keys: "Alt+C", say: "More room for the code", typing: true, run: () => split(25) },
  );
  drawStatus();
  countNotes();
  if (!active) notice("info", "This task is not open for you any more. You can read it, not change it.");

  if (data.base) void board.show("base", data.base.files, framework);
  if (data.rival) void board.show("rival", data.rival.files, framework);
  const recovery = active ? recover(Saver.localCopy(name), data.draft) : { kind: "none" as const };
  if (recovery.kind === "restore") {
    take(recovery.copy);
    saver.edited();
    notice("info", "Edits that had not reached the server were put back from this browser.");
  } else if (recovery.kind === "conflict") {
    saver.conflict();
    settle(recovery.copy, data.draft);
    preview(0);
  } else {
    preview(0);
  }
}

start();
