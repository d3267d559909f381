/** Check runs and their findings on the page; findings lead to their line. */
import type { CheckRun, Finding } from "../lib/contract";
import { h } from "../lib/dom";
import { byWeight, checkAbout, checkName, runBadge } from "./labels";
import { drawMatches } from "./matches";
import { drawTried } from "./tried";

export interface ListOptions {
  onOpen: (path: string, line?: number | null) => void;
  /** When given, a finding's width and element can be shown in the panes. */
  onShow?: (finding: Finding) => void;
  /** When given, each finding gets a box to pick it. */
  onPick?: (finding: Finding, picked: boolean) => void;
}

export function drawRuns(runs: readonly CheckRun[], options: ListOptions): HTMLElement {
  return h("ul", { class: "runs" }, ...runs.map((run) => drawRun(run, options)));
}

function drawRun(run: CheckRun, options: ListOptions): HTMLElement {
  const badge = runBadge(run);
  return h(
    "li",
    { class: "run" },
    h("div", { class: "run-head" }, h("h2", { title: checkAbout(run.check) }, checkName(run.check)), h("span", { class: `badge ${badge.tone}`, title: run.policy === "block" ? "This project sends a submission back when this check fails" : undefined }, badge.word)),
    run.summary ? h("p", { class: "run-summary" }, run.summary) : h("p", { class: "run-summary muted" }, checkAbout(run.check)),
    run.findings.length ? h("ul", { class: "findings" }, ...byWeight(run.findings).map((finding) => drawFinding(finding, options))) : null,
    drawMatches(run.evidence?.matches, options.onOpen),
    drawTried(run.evidence?.interaction),
  );
}

export function drawFinding(finding: Finding, options: ListOptions): HTMLElement {
  const path = finding.path;
  const where = path ? `${path}${finding.line ? `:${finding.line}` : ""}` : "";
  const place = path ? h("button", { type: "button", class: "link mono", onclick: () => options.onOpen(path, finding.line) }, where) : null;
  const show = options.onShow;
  const width = finding.width ? (show ? h("button", { type: "button", class: "link", title: "Show the pages at this width", onclick: () => show(finding) }, `at ${finding.width} px`) : h("span", { class: "muted" }, `at ${finding.width} px`)) : null;
  const selector = finding.selector ? (show ? h("button", { type: "button", class: "link mono", title: "Outline it in the page", onclick: () => show(finding) }, finding.selector) : h("code", {}, finding.selector)) : null;
  const word = { error: "Error", warning: "Warning", note: "Note" }[finding.severity];
  const pick = options.onPick
    ? h("label", { class: "check small" }, h("input", { type: "checkbox", onchange: (event: Event) => options.onPick?.(finding, (event.target as HTMLInputElement).checked) }), h("span", {}, "Send back with this"))
    : null;
  return h(
    "li",
    { class: `finding is-${finding.severity}` },
    h("p", {}, h("span", { class: "finding-sign", title: word }, h("span", { class: "visually-hidden" }, `${word}: `)), finding.message),
    finding.fix ? h("p", { class: "finding-fix" }, finding.fix) : null,
    place || width || selector ? h("p", { class: "finding-where" }, place, width, selector) : null,
    pick,
  );
}
