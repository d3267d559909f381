/** The review page: three running pages, the difference, the checks, and one decision. */
import { Layout } from "./bench/layout";
import { drawRatings } from "./bench/ratings";
import { Sections } from "./bench/sections";
import { tally } from "./checks/labels";
import { drawRuns } from "./checks/list";
import { CodeTools } from "./editor/codetools";
import { Workspace } from "./editor/workspace";
import type { Decision, ReviewData } from "./lib/contract";
import { fill, find, h, readJson } from "./lib/dom";
import { compareFiles, lineDelta, sameFiles } from "./lib/drafts";
import { Lease } from "./lib/lease";
import { askRelease } from "./lib/release";
import { shortcut } from "./lib/shortcuts";
import { Board, type PaneSpec } from "./panes/board";
import { showControl, widthControl, zoomControl } from "./panes/tools";
import { DecisionForm } from "./review/decision";
import { collect, drawScreenshots } from "./review/screenshots";

const data = readJson<ReviewData>("review-data");
const framework = data.prompt.framework;
const active = data.assignment.status === "active";
const queue = data.urls.queue ?? "/";
const refined = data.refined?.files ?? data.base?.files ?? {};
const hasRefined = data.refined !== null && data.submission.outcome === "refined";

let previewTimer = 0;
let stop = 0;
let ready = false;

const specs: PaneSpec[] = [
  ...(data.base ? [{ key: "base", label: "Base", tone: "role-base", title: "The base, running" }] : []),
  ...(data.rival ? [{ key: "rival", label: "Rival", tone: "role-rival", title: "The rival, running" }] : []),
  ...(hasRefined ? [{ key: "refined", label: "Refined", tone: "role-refined", title: "The refinement, running" }] : []),
];
const board = new Board(find("#panes"), {
  origin: data.preview.origin, panes: specs, consoles: true, remember: "pane-width",
  onOpen: (key, path, line) => {
    workspace.look(key, path, line);
  },
  canOpen: (key, path) => path in (key === "base" ? (data.base?.files ?? {}) : key === "rival" ? (data.rival?.files ?? {}) : workspace.files()),
});
const sections = new Sections(find("#side"));
const workspace: Workspace = new Workspace(find("#workspace"), {
  files: refined,
  base: data.base?.files ?? null,
  others: { ...(data.base ? { base: data.base.files } : {}), ...(data.rival ? { rival: data.rival.files } : {}) },
  limit: data.limits?.files ?? 50,
  editable: false,
  framework,
  onView: () => ready && tools.draw(),
  onChange: () => {
    clearTimeout(previewTimer);
    previewTimer = window.setTimeout(() => void board.show("refined", workspace.files(), framework), 150);
    form.draw();
    drawStatus();
  },
});
const layout = new Layout(find("#review"), { name: "review", stage: 50 });
const tools = new CodeTools(find("#code-tools"), () => workspace, { sources: specs.map((spec) => spec.key), hasBase: data.base !== null });
const form = new DecisionForm(find("#decision"), {
  url: data.urls.decide, scope: `decide:${data.assignment.id}`, queue, rules: data.rules, criteria: data.criteria, hasFiles: hasRefined,
  files: () => workspace.files(),
  fixed: () => !sameFiles(workspace.files(), refined),
  onDecision: (decision) => decided(decision),
});
const lease = new Lease(find("#lease"), active ? data.assignment.lease_until : null, data.urls.heartbeat, () => {
  lease.stop();
  for (const button of document.querySelectorAll<HTMLButtonElement>("#decision button, #release")) button.disabled = true;
  fill(find("#notices"), h("div", { class: "flash flash-error", role: "alert" }, h("span", {}, "The lease on this review ended; somebody else may have it. Nothing was decided."), h("a", { class: "btn btn-small push", href: queue }, "Back to the queue")));
});

/** Fixing opens the editor; leaving that choice closes it, keeping what was typed. */
function decided(decision: Decision | null): void {
  const editable = decision === "fix_accept";
  if (workspace.editable === editable) return;
  workspace.setEditable(editable);
  find("#edit-note").hidden = !editable;
  if (editable) tools.setMode("edit");
}

function drawStatus(): void {
  const changes = compareFiles(data.base?.files ?? {}, workspace.files()).filter((file) => file.change !== "same");
  let added = 0;
  let removed = 0;
  for (const { path } of changes) {
    const delta = lineDelta(data.base?.files[path] ?? "", workspace.files()[path] ?? "");
    added += delta.added;
    removed += delta.removed;
  }
  fill(find("#code-status"), h("span", { class: "tabular" }, `${changes.length} of ${Object.keys(workspace.files()).length} files differ from the base `, h("span", { class: "plus" }, `+${added}`), " ", h("span", { class: "minus" }, `−${removed}`)));
}

/** Step through the findings that have a place, or the changed files when there are none. */
function next(by: number): void {
  const findings = data.checks.flatMap((run) => run.findings).filter((finding) => finding.path && workspace.book.has(finding.path));
  const places = findings.length ? findings.map((finding) => ({ path: finding.path ?? "", line: finding.line ?? 1 })) : compareFiles(data.base?.files ?? {}, refined).filter((file) => file.change === "changed" || file.change === "added").map((file) => ({ path: file.path, line: 1 }));
  if (places.length === 0) return;
  stop = (stop + by + places.length) % places.length;
  const place = places[stop];
  if (place) workspace.open(place.path, place.line);
  // The editor keeps the focus only where there is something to type.
  if (!workspace.editable) (document.activeElement as HTMLElement | null)?.blur();
}

function release(): void {
  askRelease({ url: data.urls.release, queue, note: "The review goes back to the queue. Nothing is decided." });
}

function start(): void {
  ready = true;
  find("#pane-tools").prepend(widthControl(board), zoomControl(board), showControl(board));
  find("#reload-all").addEventListener("click", () => board.reload());
  find("#release").addEventListener("click", release);
  const { errors, warnings } = tally(data.checks);
  sections.count("checks", errors + warnings ? String(errors + warnings) : "", errors ? "count-bad" : "count-warn");
  fill(find("#checks-body"), drawRuns(data.checks, { onOpen: (path, line) => workspace.open(path, line), onShow: (finding) => board.highlight(hasRefined ? "refined" : "base", finding.selector ?? "", finding.width), onPick: (finding, picked) => form.pick(finding, picked) }));
  drawScreenshots(find("#screenshots"), collect(data.checks));
  workspace.setFindings(data.checks.flatMap((run) => run.findings));
  if (Object.keys(data.submission.ratings).length) {
    drawRatings(find("#author-ratings"), data.criteria, data.submission.ratings, () => undefined);
    for (const input of document.querySelectorAll<HTMLInputElement>("#author-ratings input")) input.disabled = true;
  }
  const decide = (keys: string, say: string, decision: Decision): void => shortcut({ keys, say, run: () => form.chooseByKey(decision) });
  decide("1", "Accept", "accept");
  if (hasRefined) decide("2", "Fix and accept", "fix_accept");
  decide("3", "Request changes", "request_changes");
  decide("4", "Reject", "reject");
  shortcut(
    { keys: "Mod+Enter", say: "Send the decision", typing: true, run: () => form.submit() },
    { keys: "j", say: "Next finding or changed file", run: () => next(1) },
    { keys: "k", say: "Previous finding or changed file", run: () => next(-1) },
    { keys: "d", say: "Changes against the base, on or off", run: () => tools.toggleMode("diff") },
    { keys: "s", say: "The base beside the code, on or off", run: () => tools.toggleMode("split") },
    { keys: "w", say: "Next page width", run: () => board.cycleWidth() },
    { keys: "r", say: "Reload all pages", run: () => board.reload() },
    { keys: "c", say: "Show the checks", run: () => sections.open("checks") },
    { keys: "t", say: "Show the task", run: () => sections.open("task") },
    { keys: "0", say: "Show all panes", run: () => board.focus(null) },
    ...specs.map((spec, index) => ({ keys: `Alt+${index + 1}`, say: `Show ${spec.label.toLowerCase()} alone, or all again`, typing: true, run: () => board.toggleFocus(spec.key) })),
    { keys: "p", say: "More room for the pages", run: () => layout.share(72) },
    { keys: "e", say: "More room for the code", run: () => layout.share(25) },
    { keys: "b", say: "Code beside or below the pages", run: () => layout.toggleBeside() },
    { keys: "F6", say: "Next part of the page", typing: true, run: () => layout.step(1) },
    { keys: "Shift+F6", say: "Part of the page before", typing: true, run: () => layout.step(-1) },
  );
  tools.setMode(data.base !== null && hasRefined ? "diff" : "edit");
  tools.draw();
  drawStatus();
  stop = -1;
  if (data.base) void board.show("base", data.base.files, framework);
  if (data.rival) void board.show("rival", data.rival.files, framework);
  if (hasRefined) void board.show("refined", refined, framework);
}

start();
