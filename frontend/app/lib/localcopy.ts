/** What to do with a draft copy found in the browser when the page opens, pure. */

import type { Draft, DraftBody } from "./contract";
import { sameDraft } from "./drafts";

export interface LocalCopy extends DraftBody { at: number }

export type Recovery =
  | { kind: "none" }
  /** Edits on top of the server's revision that never reached it: take them. */
  | { kind: "restore"; copy: LocalCopy }
  /** The server moved on meanwhile: show both. */
  | { kind: "conflict"; copy: LocalCopy };

/** Decide between the browser's copy and the server's draft. */
export function recover(copy: LocalCopy | null, server: Draft): Recovery {
  if (!copy || typeof copy.rev !== "number" || typeof copy.files !== "object" || copy.files === null) return { kind: "none" };
  if (sameDraft(copy, server)) return { kind: "none" };
  return copy.rev === server.rev ? { kind: "restore", copy } : { kind: "conflict", copy };
}
