/** Check names and results in words, and findings in order of weight. Pure. */

import type { CheckRun, Finding } from "../lib/contract";

const NAMES: Record<string, { name: string; about: string }> = {
  static: { name: "Files", about: "Parse, size, outside resources, secrets, revealing words" },
  render: { name: "Rendering", about: "Runs at 375, 768 and 1280 px and under a visitor's hands without errors" },
  accessibility: { name: "Accessibility", about: "No new serious findings against base and rival" },
  effort: { name: "Effort", about: "The refinement differs from its base" },
  originality: { name: "Originality", about: "Not copied from the rival or another submission" },
};

export function checkName(check: string): string {
  return NAMES[check]?.name ?? check.charAt(0).toUpperCase() + check.slice(1).replace(/_/g, " ");
}

export function checkAbout(check: string): string {
  return NAMES[check]?.about ?? "";
}

/** Badge class and word for a run. */
export function runBadge(run: Pick<CheckRun, "status" | "policy">): { tone: string; word: string } {
  switch (run.status) {
    case "queued": return { tone: "badge-wait", word: "Waiting" };
    case "running": return { tone: "badge-wait", word: "Running" };
    case "passed": return { tone: "badge-ok", word: "Passed" };
    case "warned": return { tone: "badge-warn", word: "Warning" };
    case "failed": return { tone: "badge-bad", word: run.policy === "block" ? "Failed, must be mended" : "Failed" };
    case "infra_error": return { tone: "badge-info", word: "Could not run" };
  }
}

const WEIGHT = { error: 0, warning: 1, note: 2 } as const;

export function byWeight(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((one, other) => WEIGHT[one.severity] - WEIGHT[other.severity]);
}

export interface Tally { errors: number; warnings: number; notes: number; pending: number }

export function tally(runs: readonly CheckRun[]): Tally {
  const all = runs.flatMap((run) => run.findings);
  const count = (severity: Finding["severity"]): number => all.filter((finding) => finding.severity === severity).length;
  return { errors: count("error"), warnings: count("warning"), notes: count("note"), pending: runs.filter((run) => run.status === "queued" || run.status === "running").length };
}

/** A finding as one line for a note to the contributor: "- index.html:12 message Fix: …". */
export function asNote(finding: Finding): string {
  const where = finding.path ? `${finding.path}${finding.line ? `:${finding.line}` : ""} ` : "";
  const width = finding.width ? ` (at ${finding.width} px)` : "";
  const end = /[.!?…]$/.test(finding.message) ? "" : ".";
  return `- ${where}${finding.message}${end}${width}${finding.fix ? ` ${finding.fix}` : ""}`;
}
