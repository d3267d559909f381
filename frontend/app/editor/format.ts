/** Formatting on demand: the worker with the formatter is loaded at the first wish. */
import type { EditorView } from "@codemirror/view";

import { Aside } from "./aside";
import type { FormatAnswer, FormatRequest } from "./format.worker";

const SCRIPT = "/static/build/app/format.worker.js";
const PATIENCE = 20_000;
const aside = new Aside<Omit<FormatRequest, "id">, FormatAnswer>(SCRIPT, PATIENCE);

/** Format what the view holds, as one edit. Returns what to say about it. */
export async function format(view: EditorView, path: string): Promise<{ done: boolean; say: string }> {
  const before = view.state.doc;
  const answer = await aside.ask({ path, text: before.toString(), cursor: view.state.selection.main.head });
  if (!answer) return { done: false, say: `${path} could not be formatted: it took too long.` };
  if ("fault" in answer) return { done: false, say: `Not formatted. ${answer.fault}` };
  if (!view.state.doc.eq(before)) return { done: false, say: "Not formatted: the file was edited meanwhile." };
  const change = difference(before.toString(), answer.text);
  if (!change) return { done: true, say: `${path} is well formatted already.` };
  view.dispatch({ changes: change, selection: { anchor: Math.min(answer.cursor, answer.text.length) }, userEvent: "format", scrollIntoView: true });
  return { done: true, say: `${path} was formatted.` };
}

/** The one replacement that makes `after` of `before`; null when they are equal. */
export function difference(before: string, after: string): { from: number; to: number; insert: string } | null {
  if (before === after) return null;
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return { from: head, to: before.length - tail, insert: after.slice(head, after.length - tail) };
}
