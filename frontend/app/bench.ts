/** The bench: where a base is refined until it beats its rival. Wires the parts; each part knows nothing of the others. */
import type { AskPanel } from "./assist/panel";
import { ChecksPanel } from "./bench/checkspanel";
import { drawFeedback } from "./bench/feedback";
import { Layout } from "./bench/layout";
import { drawRatings } from "./bench/ratings";
import { drawSaveState } from "./bench/savestate";
import { Saver } from "./bench/saver";
import { Sections } from "./bench/sections";
import { openSubmit } from "./bench/submit";
import { openTerms, quoteLine, type Terms } from "./bench/terms";
import { drawCodeStatus } from "./editor/codestatus";
import { CodeTools } from "./editor/codetools";
import { Workspace } from "./editor/workspace";
import type { Jump } from "./bench/lastlook";
import type { BenchData, Draft, DraftBody, Finding } from "./lib/contract";
import { announce, find, h, readJson } from "./lib/dom";
import { CopyStore, type KeptCopy } from "./lib/copystore";
import { call, Problem } from "./lib/http";
import { Lease } from "./lib/lease";
import { recover } from "./lib/localcopy";
import { askRelease } from "./lib/release";
import { shortcut } from "./lib/shortcuts";
import { summarise } from "./lib/summary";
import { Board, type PaneSpec } from "./panes/board";
import { showControl, widthControl, zoomControl } from "./panes/tools";

/** Pause after a keystroke before the refinement runs again. */
const PREVIEW_PAUSE = 100;
/** When parts that nobody needs to begin with are loaded, and how soon one that did not come is tried again. */
const PARTS_AFTER = 1500;
const PART_AGAIN = 3000;

const data = readJson<BenchData>("bench-data");
const name = String(data.assignment.id);
const framework = data.prompt.framework;
const active = data.assignment.status === "active";

let rationale = data.draft.rationale;
let ratings = data.draft.ratings ?? {};
let live = true;
let previewTimer = 0;
let ready = false;
/** Whether the refinement was not run anew while the server was away. */
let missed = false;
let ask: AskPanel | null = null;

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
  framework,
  remember: name,
  onFaults: () => drawStatus(),
  onChange: () => {
    saver.edited();
    drawStatus();
    if (live) preview();
  },
  onView: () => {
    if (ready) tools.draw();
    drawStatus();
    ask?.moved();
  },
  onSelect: () => ask?.moved(),
});

const layout = new Layout(find("#bench"), { name: "bench", stage: 52 });
const tools = new CodeTools(find("#code-tools"), () => workspace, { sources: specs.map((spec) => spec.key), hasBase: data.base !== null, onHistory: () => void showHistory() });

const task = String(data.terms.task);
const terms: Terms = { quote: data.assignment.quote_minor, currency: data.assignment.currency, leaseMinutes: data.terms.lease_minutes, payAfterDays: data.terms.pay_after_days };
/** Copies of dead pages that are on this page now: the server has them once it has saved. */
let recovered: KeptCopy[] = [];

const saver = new Saver(data.urls.draft, name, data.draft, new CopyStore(task), {
  read: () => ({ files: workspace.files(), rationale, ratings }),
  onState: (state, keptHere) => {
    drawSaveState(find("#save-state"), state, keptHere);
    if (state.status === "offline") missed = true;
  },
  onSaved: (saved) => {
    if (missed && live) preview(0);
    missed = false;
    lease.extend(saved.lease_until);
    checks.draw();
    if (saver.status === "saved") {
      for (const { key } of recovered) CopyStore.drop(key);
      recovered = [];
    }
  },
  onConflict: (theirs) => void settle({ ...currentDraft(), rev: saver.rev }, theirs),
  onLost: (problem) => lost(problem),
});
const lease = new Lease(find("#lease"), active ? data.assignment.lease_until : null, data.urls.heartbeat, (problem) => void probe(problem), () => openTerms(terms, active && saver.status !== "lost", release));

const checks = new ChecksPanel(find("#checks-body"), [find("#run-checks"), find("#run-checks-here")] as HTMLButtonElement[], data.urls.checks, {
  save: () => {
    // Checks look at a saved version, and an untouched draft has none yet.
    if (saver.rev === 0) saver.edited();
    return saver.flush();
  },
  rev: () => saver.rev,
  files: () => workspace.files(),
  onOpen: (path, line) => workspace.open(path, line),
  onShow: show,
  onFindings: (findings) => workspace.setFindings(findings),
  onCount: (text, tone) => sections.count("checks", text, tone),
});

function currentDraft(): Omit<DraftBody, "rev"> {
  return { files: workspace.files(), rationale, ratings };
}

function preview(pause = PREVIEW_PAUSE): void {
  clearTimeout(previewTimer);
  previewTimer = window.setTimeout(() => {
    // Without a server a pane cannot load its frame: the page that runs is left alone until a save gets through.
    if (!navigator.onLine || saver.status === "offline") missed = true;
    else void board.show("refined", workspace.files(), framework);
  }, pause);
}

function drawStatus(): void {
  if (ready) drawCodeStatus(find("#code-status"), workspace, { hasBase: data.base !== null, limits: data.limits });
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

/** A part that is loaded when it is first needed, or once the pages run; where the server is away it is tried again. */
async function part<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PART_AGAIN));
    }
  }
}

async function settle(mine: DraftBody, theirs: Draft): Promise<void> {
  const { openConflict } = await part(() => import("./bench/conflict"));
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
  find<HTMLTextAreaElement>("#rationale").readOnly = true;
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

/** The Ask panel, loaded only where there is a model to ask, once the pages run or somebody turns to it. */
async function openAsk(): Promise<AskPanel | null> {
  if (!data.assist) return null;
  const { AskPanel } = await part(() => import("./assist/panel"));
  return ask ??= new AskPanel(data.assist, {
    save: () => (saver.rev === 0 && saver.edited(), saver.flush()),
    rev: () => saver.rev,
    files: () => workspace.files(),
    selection: () => workspace.chosen,
    replace: (path, first, count, lines) => workspace.replaceLines(path, first, count, lines),
    look: (path, line) => workspace.open(path, line),
    onCount: (text, tone) => sections.count("ask", text, tone),
    canEdit: () => workspace.editable,
  });
}

function countNotes(): void {
  const open = data.criteria.filter((criterion) => !ratings[criterion.slug]).length + (rationale.trim() ? 0 : 1);
  sections.count("notes", open ? String(open) : "");
}

/** Versions are of what was saved: what stands now becomes one first, so that nothing is lost by going back. */
async function showHistory(): Promise<void> {
  await saver.flush();
  const { openHistory } = await part(() => import("./bench/history"));
  await openHistory({
    url: data.urls.versions, editable: active, now: currentDraft,
    restore: (version) => {
      take({ ...version, rev: saver.rev });
      saver.edited();
    },
  });
}

/** Bring a finding's width and element into view in the panes. */
function show(finding: Finding): void {
  if (finding.selector) board.highlight("refined", finding.selector, finding.width ?? null);
  else if (finding.width) board.setWidth(finding.width);
}

function open(finding: Finding): void {
  sections.open("checks");
  if (finding.path) workspace.open(finding.path, finding.line);
  show(finding);
}

function jump(to: Jump): void {
  if (to === "files") return workspace.focus();
  if (to === "checks") {
    sections.open("checks");
    if (!checks.isCurrent) void checks.run();
    return find("#tab-checks").focus();
  }
  sections.open("notes");
  (to === "claim" ? find("#rationale") : (document.querySelector<HTMLElement>("#ratings fieldset:not(:has(:checked)) input") ?? find("#ratings"))).focus();
}

function submit(): void {
  openSubmit({
    url: data.urls.submit, scope: `submit:${name}`, hasBase: data.base !== null, pay: quoteLine(terms),
    save: () => saver.flush(),
    away: () => saver.status === "offline",
    rev: () => saver.rev,
    look: () => ({
      changes: summarise(data.base?.files ?? {}, workspace.files()), hasBase: data.base !== null, limit: data.limits.bytes,
      claim: rationale, criteria: data.criteria, ratings, report: checks.report, older: checks.isOlder,
    }),
    claim: (text) => {
      rationale = text;
      find<HTMLTextAreaElement>("#rationale").value = text;
      saver.edited();
      countNotes();
    },
    jump,
    open,
    done: () => saver.done(),
  });
}

function release(): void {
  askRelease({ url: data.urls.release, queue: data.urls.queue, note: "It costs you nothing. Your draft is kept; the task goes back to the queue and may be given to somebody else.", before: () => saver.flush(), done: () => saver.status === "saved" && saver.done() });
}

function start(): void {
  ready = true;
  find("#quote").append(h("button", { type: "button", class: "link", title: "When it is paid, and how long the task is yours", onclick: () => openTerms(terms, active && saver.status !== "lost", release) }, quoteLine(terms) || "not paid"));
  find("#pane-tools").prepend(widthControl(board), zoomControl(board), showControl(board));
  if (data.feedback) find("#feedback").append(drawFeedback(data.feedback, Object.keys(data.draft.files), (path, line) => workspace.open(path, line), show));
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
  tools.draw();
  find("#submit").addEventListener("click", submit);
  find("#release").addEventListener("click", release);
  for (const button of document.querySelectorAll<HTMLButtonElement>("#submit, #release, #run-checks, #run-checks-here")) button.disabled = !active;
  // What they find appears there, whichever tab was open.
  find("#run-checks").addEventListener("click", () => sections.open("checks"));
  shortcut(
    { keys: "Mod+S", say: "Save now", typing: true, run: () => void saver.flush().then((saved) => announce(saved ? "Saved." : "Not saved yet.")) },
    { keys: "Mod+Enter", say: "Submit…", typing: true, run: () => active && submit() },
    ...specs.map((spec, index) => ({ keys: `Alt+${index + 1}`, say: `Show ${spec.label.toLowerCase()} alone, or all again`, typing: true, run: () => board.toggleFocus(spec.key) })),
    { keys: "Alt+0", say: "Show all panes", typing: true, run: () => board.focus(null) },
    { keys: "Alt+W", say: "Next page width", typing: true, run: () => board.cycleWidth() },
    { keys: "Alt+R", say: "Reload all panes", typing: true, run: () => (board.reload(), preview(0)) },
    { keys: "Alt+Z", say: "Zoom to fit, on or off", typing: true, run: () => board.setZoom(!board.zoom) },
    { keys: "Alt+Shift+D", say: "The base beside the code, on or off", typing: true, run: () => tools.toggleMode("split") },
    { keys: "Alt+D", say: "Changes against the base, on or off", typing: true, run: () => tools.toggleMode("diff") },
    { keys: "Alt+F", say: "Format the file", typing: true, run: () => void tools.format() },
    { keys: "Alt+H", say: "Earlier versions of this draft", typing: true, run: () => void showHistory() },
    { keys: "Alt+K", say: "Run the checks", typing: true, run: () => (sections.open("checks"), void checks.run()) },
    ...(data.assist ? [
      { keys: "Alt+A", say: "Ask the model…", typing: true, run: () => (sections.open("ask"), void openAsk().then((panel) => panel?.focus())) },
      { keys: "Alt+Enter", say: "Send the question to the model", typing: true, run: () => void openAsk().then((panel) => panel?.ask()) },
    ] : []),
    { keys: "Alt+E", say: "Go to the code", typing: true, run: () => workspace.focus() },
    { keys: "Alt+T", say: "Go to the list of files", typing: true, run: () => workspace.focusTree() },
    { keys: "F6", say: "Next part of the page: task, pages, files, code", typing: true, run: () => layout.step(1) },
    { keys: "Shift+F6", say: "Part of the page before", typing: true, run: () => layout.step(-1) },
    { keys: "Alt+P", say: "More room for the pages", typing: true, run: () => layout.share(70) },
    { keys: "Alt+C", say: "More room for the code", typing: true, run: () => layout.share(25) },
    { keys: "Alt+B", say: "Code beside or below the pages", typing: true, run: () => layout.toggleBeside() },
  );
  drawStatus();
  countNotes();
  for (const place of document.querySelectorAll("#tab-ask, #section-ask")) place.addEventListener("focusin", () => void openAsk(), { once: true });
  setTimeout(() => void Promise.all([openAsk(), import("./bench/conflict"), import("./bench/history")]).catch(() => undefined), PARTS_AFTER);
  if (!active) notice("info", "This task is not open for you any more. You can read it, not change it.");

  if (data.base) void board.show("base", data.base.files, framework);
  if (data.rival) void board.show("rival", data.rival.files, framework);
  preview(0);
  if (active) void recoverCopies();
}

/** Put back what pages that died before saving left in this browser. */
async function recoverCopies(): Promise<void> {
  const left = await CopyStore.left(task);
  const newest = left[0];
  if (!newest) return;
  const recovery = recover(newest.copy, data.draft, name);
  // Whoever began to type before the store was read is shown both, as is anybody whose draft moved on.
  const typed = saver.status !== "saved";
  if (recovery.kind === "conflict" || (recovery.kind === "restore" && typed)) {
    recovered = [newest];
    const here = typed ? { ...currentDraft(), rev: saver.rev, saved_at: null } : data.draft;
    saver.conflict();
    void settle(recovery.copy, here);
  } else if (recovery.kind === "restore") {
    recovered = [newest];
    take({ ...recovery.copy, rev: data.draft.rev });
    saver.edited();
    notice("info", "Edits that had not reached the server were put back from this browser.");
  } else {
    CopyStore.drop(newest.key);
  }
}

start();
