/** What would be sent, and what is missing: pure, for the dialog that submits. */
import { byWeight, checkName } from "../checks/labels";
import type { CheckReport, Criterion, Finding } from "../lib/contract";
import { plural } from "../lib/dom";
import { formatBytes } from "../lib/drafts";
import type { ChangeSummary } from "../lib/summary";

/** Characters; the server asks the same. */
export const SHORTEST_REASON = 12;

export type Jump = "files" | "claim" | "ratings" | "checks";
export interface Point {
  /** bad: it cannot be sent, or a check would send it back; look: worth a look; ok. */
  tone: "ok" | "look" | "bad";
  text: string;
  /** Where to mend it, and the button's words. */
  jump?: { to: Jump; label: string };
  findings?: Finding[];
}

export interface Look {
  changes: ChangeSummary;
  hasBase: boolean;
  limit: number;
  claim: string;
  criteria: Criterion[];
  ratings: Record<string, number>;
  report: CheckReport | null;
  /** Whether the files have been edited since the report. */
  older: boolean;
}

export function points(look: Look): Point[] {
  return [files(look), claim(look), ...ratings(look), checks(look)];
}

/** "3 files: 2 changed, 1 added; +40 −12 lines; 14.2 kB (was 12.0 kB)". */
export function changeLine({ files, added, removed, bytes, before }: ChangeSummary, hasBase: boolean): string {
  const count = (change: string): number => files.filter((file) => file.change === change).length;
  const kinds = [[count("changed"), "changed"], [count("added"), "added"], [count("removed"), "deleted"]].filter(([n]) => n).map(([n, word]) => `${n} ${word}`);
  const size = hasBase && bytes !== before ? `${formatBytes(bytes)}, was ${formatBytes(before)}` : formatBytes(bytes);
  return `${plural(files.length, "file")} (${kinds.join(", ")}), +${added} −${removed} lines, ${size}`;
}

function files({ changes, hasBase, limit }: Look): Point {
  const jump = { to: "files" as const, label: "Go to the code" };
  if (changes.bytes > limit) return { tone: "bad", text: `The files are ${formatBytes(changes.bytes)}; this project takes ${formatBytes(limit)}.`, jump };
  if (changes.files.length === 0) return { tone: "bad", text: hasBase ? "Nothing differs from the base yet." : "No file has been written yet.", jump };
  return { tone: "ok", text: changeLine(changes, hasBase) };
}

function claim({ claim }: Look): Point {
  const written = claim.trim().length;
  if (written >= SHORTEST_REASON) return { tone: "ok", text: "Claim written." };
  return { tone: "bad", text: written ? "The claim is too short: say in a sentence why it beats the rival." : "The claim is missing: say why it beats the rival.", jump: { to: "claim", label: "Write it" } };
}

function ratings({ criteria, ratings }: Look): Point[] {
  if (criteria.length === 0) return [];
  const missing = criteria.filter((criterion) => !ratings[criterion.slug]);
  if (missing.length === 0) return [{ tone: "ok", text: `${plural(criteria.length, "criterion", "criteria")} rated.` }];
  return [{ tone: "look", text: `Not rated yet: ${missing.map((criterion) => criterion.name).join(", ")}.`, jump: { to: "ratings", label: "Rate" } }];
}

function checks({ report, older }: Look): Point {
  const jump = { to: "checks" as const, label: "Run the checks" };
  const runs = report?.runs ?? [];
  if (!report || runs.length === 0) return { tone: "look", text: "The checks have not run on this draft.", jump };
  if (!report.done) return { tone: "look", text: "The checks are still running.", jump: { to: "checks", label: "See them" } };
  const blocking = runs.filter((run) => run.status === "failed" && run.policy === "block");
  const open = byWeight(blocking.flatMap((run) => run.findings).filter((finding) => finding.severity === "error"));
  const note = older ? ` You have edited the files since they ran on draft ${report.rev}.` : "";
  if (blocking.length) {
    const names = blocking.map((run) => checkName(run.check)).join(", ");
    return { tone: "bad", text: `${names}: would be sent back${open.length ? ` with ${plural(open.length, "finding")}` : ""}.${note}`, findings: open, jump: older ? jump : { to: "checks", label: "See all" } };
  }
  const found = runs.flatMap((run) => run.findings).filter((finding) => finding.severity !== "note").length;
  if (older) return { tone: "look", text: `Nothing blocked.${note}`, jump };
  if (found) return { tone: "look", text: `Nothing blocks; ${plural(found, "finding")} for the reviewer to see.`, jump: { to: "checks", label: "See them" } };
  return { tone: "ok", text: "Checks found nothing to mend." };
}
