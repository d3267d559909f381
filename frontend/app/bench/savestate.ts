/** The line that says whether the work is safe. */
import type { SaveState } from "../lib/autosave";
import { h } from "../lib/dom";
import { LOCALE } from "../lib/time";

export interface SaveLine { tone: string; word: string; more: string }

/** What to say about a save state. */
export function saveLine(state: SaveState, keptHere: boolean): SaveLine {
  const at = state.savedAt ? new Date(state.savedAt).toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit" }) : "";
  const copy = keptHere ? "A copy is kept in this browser." : "This browser refused to keep a copy: do not close the page.";
  switch (state.status) {
    case "saved": return { tone: "badge-ok", word: at ? `Saved ${at}` : "Saved", more: `Draft ${state.rev}` };
    case "dirty":
    case "saving": return { tone: "badge-wait", word: "Saving…", more: copy };
    case "offline": return { tone: "badge-warn", word: `${state.signedOut ? "Signed out" : "Offline"}, ${keptHere ? "kept in this browser" : "not kept"}`, more: `${state.message} ${copy} Saving goes on by itself as soon as it can.` };
    case "conflict": return { tone: "badge-warn", word: "Two versions", more: `The draft was changed elsewhere. ${copy}` };
    case "refused": return { tone: "badge-bad", word: "Not saved", more: state.message };
    case "lost": return { tone: "badge-bad", word: "Lease ended", more: `${state.message} ${copy}` };
  }
}

export function drawSaveState(el: HTMLElement, state: SaveState, keptHere: boolean): void {
  const line = saveLine(state, keptHere);
  // Redrawing the same words would make screen readers repeat them.
  if (el.textContent === line.word && el.title === line.more) return;
  el.title = line.more;
  el.replaceChildren(h("span", { class: `badge ${line.tone} tabular` }, line.word));
}
