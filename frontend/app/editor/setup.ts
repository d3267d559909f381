/** What every editor of the site has: history, search, brackets, completion, and a way out for the keyboard. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import {
  crosshairCursor, drawSelection, dropCursor, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers,
  rectangularSelection,
} from "@codemirror/view";

import { appearance } from "./language";
import { searching } from "./searching";

/** How long after Escape the Tab key leaves the editor instead of indenting. */
const TAB_LEAVES_FOR = 5000;

/** Observed, not bound: an Escape that closes a completion list arms it too. */
const leave = EditorView.domEventObservers({
  keydown: (event, view) => {
    if (event.key === "Escape") view.setTabFocusMode(TAB_LEAVES_FOR);
  },
});

const WORDS = EditorState.phrases.of({
  next: "Next", previous: "Previous", all: "Select all", "match case": "Match case", regexp: "Pattern", "by word": "Whole words", replace: "Replace", "replace all": "Replace all", close: "Close",
});

export const reading: Extension = [
  WORDS,
  lineNumbers(), highlightSpecialChars(), foldGutter(), drawSelection(), bracketMatching(),
  EditorState.allowMultipleSelections.of(true), EditorState.tabSize.of(2), indentUnit.of("  "),
  searching,
  keymap.of([...foldKeymap, ...lintKeymap, ...defaultKeymap]), appearance,
];

export const writing: Extension = [
  history(), dropCursor(), indentOnInput(), closeBrackets(), autocompletion({ icons: false }), rectangularSelection(), crosshairCursor(),
  highlightActiveLine(), highlightActiveLineGutter(),
  keymap.of([...closeBracketsKeymap, ...historyKeymap, ...completionKeymap, indentWithTab]), leave,
];

/** The label and description a screen reader gives for an editor. */
export function described(label: string): Extension {
  return EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", "aria-description": "Press Escape, then Tab, to leave the editor." });
}
