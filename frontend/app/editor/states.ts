/** The CodeMirror state of each file: made afresh, kept while another is on show, edited behind the scenes. */
import { historyField } from "@codemirror/commands";
import { lintGutter } from "@codemirror/lint";
import { Compartment, EditorSelection, EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

import { languageFor } from "./language";
import { described, reading, writing } from "./setup";

/** What may change in a state while it is on show. */
export const access = new Compartment();
export const diff = new Compartment();

const READ_ONLY: Extension = [EditorState.readOnly.of(true), EditorView.editable.of(false)];

export function accessFor(editable: boolean): Extension {
  return editable ? writing : READ_ONLY;
}

export interface Making {
  path: string;
  text: string;
  /** What a screen reader calls it. */
  label: string;
  editable: boolean;
  onText: (text: string) => void;
  onSelect?: () => void;
  /** A state whose undo history (and selection, if the text is the same) goes on in the new one. */
  from: EditorState | null;
}

/** The extensions of a file, for a view of its own or one side of a comparison. */
export function extensionsOf(making: Making): Extension {
  const past = making.editable ? making.from?.field(historyField, false) : undefined;
  return [
    past ? historyField.init(() => past) : [],
    access.of(accessFor(making.editable)), reading, lintGutter(), languageFor(making.path), described(making.label), diff.of([]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) making.onText(update.state.doc.toString());
      if (update.docChanged || update.selectionSet) making.onSelect?.();
    }),
  ];
}

export function selectionOf(making: Making): EditorSelection {
  const { from, text } = making;
  return from && from.doc.toString() === text ? EditorSelection.single(from.selection.main.anchor, from.selection.main.head) : EditorSelection.single(0);
}

export function makeState(making: Making): EditorState {
  return EditorState.create({ doc: making.text, selection: selectionOf(making), extensions: extensionsOf(making) });
}

/** The same state with another text, as an edit that can be undone. */
export function withText(state: EditorState, text: string): EditorState {
  return state.update({ changes: { from: 0, to: state.doc.length, insert: text }, selection: EditorSelection.single(0), userEvent: "restore" }).state;
}
