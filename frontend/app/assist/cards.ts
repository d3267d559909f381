/** Pieces of an answer as cards: what goes, what comes, and whether to take it. */
import { h, plural } from "../lib/dom";
import type { Hunk } from "./hunks";

export interface Piece { hunk: Hunk; state: "open" | "taken" | "skipped"; before: string | null }

export interface CardActions {
  take(piece: Piece): void;
  skip(piece: Piece): void;
  look(piece: Piece): void;
}

/** Lines of one piece shown before the rest is folded away. */
const SHOWN = 24;

/** One piece. `at` is its line in the file as it is now, null when the person has changed those lines since. */
export function card(piece: Piece, at: number | null, number: number, actions: CardActions): HTMLElement {
  const { hunk } = piece;
  const size = piece.before === null ? `a new file, ${plural(hunk.added.length, "line")}` : at === null ? "you changed these lines since" : hunk.removed.length > 1 ? `lines ${at}–${at + hunk.removed.length - 1}` : `line ${at}`;
  const where = `${hunk.path}, ${size}`;
  const button = (text: string, kind: string, act: () => void, disabled = false): HTMLElement =>
    h("button", { type: "button", class: `btn btn-small ${kind}`, disabled, "aria-label": `${text} piece ${number}: ${where}`, "data-act": text.toLowerCase(), onclick: act }, text);
  return h(
    "li",
    { class: "piece", "data-piece": number, "data-state": piece.state },
    h("div", { class: "piece-head" }, h("button", { type: "button", class: "link mono clip", title: `Show ${where} in the editor`, onclick: () => actions.look(piece) }, hunk.path), h("span", { class: at === null ? "small warn" : "small muted tabular" }, size)),
    difference(hunk),
    h("div", { class: "row" }, button("Accept", "", () => actions.take(piece), at === null), button("Skip", "btn-quiet", () => actions.skip(piece))),
  );
}

function difference(hunk: Hunk): HTMLElement {
  const rows = [...hunk.removed.map((text) => row("minus", "−", "Removed: ", text)), ...hunk.added.map((text) => row("plus", "+", "Added: ", text))];
  const first = h("code", { class: "piece-lines" }, ...rows.slice(0, SHOWN));
  if (rows.length <= SHOWN) return h("div", { class: "piece-code" }, first);
  return h("div", { class: "piece-code" }, first, h("details", {}, h("summary", {}, `${rows.length - SHOWN} more lines`), h("code", { class: "piece-lines" }, ...rows.slice(SHOWN))));
}

function row(kind: string, sign: string, say: string, text: string): HTMLElement {
  return h("span", { class: `piece-line is-${kind}` }, h("span", { class: "piece-sign", "aria-hidden": "true" }, sign), h("span", { class: "visually-hidden" }, say), h("span", {}, text || " "));
}
