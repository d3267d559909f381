/** What to do with a draft copy found in the browser when the page opens, pure. */

import type { Draft, DraftBody, Files } from "./contract";
import { sameDraft } from "./drafts";
import { fingerprint } from "./idempotency";

export interface LocalCopy extends DraftBody {
  /** When it was kept, and on which seat of the task. */
  at: number;
  seat: string;
  /** `printOf` the draft that was on its way to the server then, if one was. */
  sending?: string | null;
}

/** A short print of a draft's content: equal for equal drafts, whatever the order of their files. */
export function printOf(draft: Omit<DraftBody, "rev">): string {
  return fingerprint(JSON.stringify([sorted(draft.files), draft.rationale, sorted(draft.ratings)]));
}

/** The same of its files alone. */
export function printOfFiles(files: Files): string {
  return fingerprint(JSON.stringify(sorted(files)));
}

function sorted(record: Record<string, unknown>): [string, unknown][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
}

export type Recovery =
  | { kind: "none" }
  /** Edits on top of the server's revision that never reached it: take them. */
  | { kind: "restore"; copy: LocalCopy }
  /** The server moved on meanwhile: show both. */
  | { kind: "conflict"; copy: LocalCopy };

/** Whether a value read from the browser's store has the shape of a copy: it may be damaged, or of an older page. */
export function isCopy(value: unknown): value is LocalCopy {
  if (typeof value !== "object" || value === null) return false;
  const copy = value as Partial<LocalCopy>;
  const files = copy.files;
  if (typeof files !== "object" || files === null || Object.values(files).some((text) => typeof text !== "string")) return false;
  return typeof copy.rev === "number" && typeof copy.at === "number" && typeof copy.seat === "string" && typeof copy.rationale === "string" && typeof copy.ratings === "object" && copy.ratings !== null;
}

/** Decide between the browser's copy and the server's draft on `seat`. */
export function recover(copy: LocalCopy | null, server: Draft, seat: string): Recovery {
  if (!isCopy(copy) || sameDraft(copy, server)) return { kind: "none" };
  const same = copy.seat === seat;
  // The page may die between a save and its answer: the next version is then the copy's own, on its way as it was kept.
  const here = same && (copy.rev === server.rev || (copy.rev === server.rev - 1 && copy.sending === printOf(server)));
  // A lease that ran out ends the seat; the next one starts from the version this copy was written on.
  const seeded = server.seeded_from && String(server.seeded_from.seat) === copy.seat && server.seeded_from.rev === copy.rev;
  return here || seeded ? { kind: "restore", copy } : { kind: "conflict", copy };
}
