/** How the editor shows what differs from the base: marked in place, or beside it. */
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

import { h } from "../lib/dom";
import { languageFor } from "./language";
import { described, reading } from "./setup";
import { extensionsOf, type Making, selectionOf } from "./states";

const COLLAPSE = { margin: 3, minSize: 8 };
const DIFF = { scanLimit: 2000, timeout: 250 };

/** One control per change: put the base's lines back. Accepting a change would only hide it. */
function putBack(type: "accept" | "reject", act: (event: MouseEvent) => void): HTMLElement {
  if (type === "accept") return h("span", { hidden: true });
  return h("button", { type: "button", class: "put-back", onmousedown: act, title: "Put the base's lines back here" }, "Put back");
}

/** Changes against `original`, marked in the text itself. */
export function inPlace(original: string, editable: boolean): Extension {
  return unifiedMergeView({ original, gutter: true, highlightChanges: true, syntaxHighlightDeletions: true, mergeControls: editable && putBack, collapseUnchanged: COLLAPSE, diffConfig: DIFF });
}

/** The base at the left, read only; the file at the right, as editable as ever. */
export function beside(parent: HTMLElement, original: string, making: Making): MergeView {
  return new MergeView({
    parent,
    a: { doc: original, extensions: [reading, languageFor(making.path), EditorState.readOnly.of(true), EditorView.editable.of(false), EditorView.lineWrapping, described(`${making.path}, base`)] },
    b: { doc: making.text, selection: selectionOf(making), extensions: [extensionsOf(making), EditorView.lineWrapping] },
    gutter: true, highlightChanges: true, collapseUnchanged: COLLAPSE, diffConfig: DIFF,
    ...(making.editable ? { revertControls: "a-to-b" as const, renderRevertControl: () => h("button", { type: "button", class: "put-back-side", title: "Put the base's lines back here", "aria-label": "Put the base's lines back here" }, "→") } : {}),
  });
}
