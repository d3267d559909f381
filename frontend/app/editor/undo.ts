/** The undo history of each file, kept over a reload of the page: in the tab's own storage, for texts that are still the same. */
import { history, historyField } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";

import { fingerprint } from "../lib/idempotency";

/** Characters of histories that are kept; what is more is the oldest work of a long day. */
const MOST = 1_500_000;

type Kept = Record<string, { text: string; history: unknown }>;

/** Keep the histories of `states`, by path, under a name. */
export function keepUndo(name: string, states: ReadonlyMap<string, EditorState>): void {
  const kept: Kept = {};
  let size = 0;
  for (const [path, state] of states) {
    if (state.field(historyField, false) === undefined) continue;
    const entry = { text: fingerprint(state.doc.toString()), history: (state.toJSON({ history: historyField }) as { history: unknown }).history };
    size += JSON.stringify(entry).length;
    if (size > MOST) break;
    kept[path] = entry;
  }
  try {
    sessionStorage.setItem(`hillclimb:undo:${name}`, JSON.stringify(kept));
  } catch {
    // A full or forbidden storage only costs the convenience; versions are on the server.
  }
}

/** A state of `text` that holds the kept history of this path; null when there is none for this very text. */
export function keptUndo(name: string, path: string, text: string): EditorState | null {
  try {
    const entry = (JSON.parse(sessionStorage.getItem(`hillclimb:undo:${name}`) ?? "{}") as Kept)[path];
    if (!entry || entry.text !== fingerprint(text)) return null;
    const json = { doc: text, selection: { main: 0, ranges: [{ anchor: 0, head: 0 }] }, history: entry.history };
    return EditorState.fromJSON(json, { extensions: history() }, { history: historyField });
  } catch {
    return null;
  }
}
