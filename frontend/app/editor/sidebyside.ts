/** Two texts side by side, read-only: for conflicts. */
import { MergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

import { languageFor } from "./language";
import { described, reading } from "./setup";

/** Draw `left` and `right` into `parent`; call destroy() on the result when done. */
export function sideBySide(parent: HTMLElement, path: string, left: { label: string; text: string }, right: { label: string; text: string }): MergeView {
  const side = (label: string): Extension => [reading, languageFor(path), EditorState.readOnly.of(true), EditorView.lineWrapping, described(`${path}, ${label}`)];
  return new MergeView({
    parent,
    a: { doc: left.text, extensions: side(left.label) },
    b: { doc: right.text, extensions: side(right.label) },
    gutter: true,
    highlightChanges: true,
    collapseUnchanged: { margin: 3, minSize: 8 },
    diffConfig: { scanLimit: 2000, timeout: 400 },
  });
}
