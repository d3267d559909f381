/** CodeMirror languages and colours. */
import { css } from "@codemirror/lang-css";
import { html } from "@codemirror/lang-html";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags as t } from "@lezer/highlight";

import { languageOf } from "../lib/paths";

/** The language support for a path; an empty extension for plain text. */
export function languageFor(path: string): Extension {
  switch (languageOf(path)) {
    case "html": return html({ selfClosingTags: true });
    case "css": return css();
    case "javascript": return javascript({ jsx: true });
    case "typescript": return javascript({ jsx: true, typescript: true });
    case "json": return json();
    case "text": return [];
  }
}

const highlight = HighlightStyle.define([
  { tag: [t.keyword, t.moduleKeyword, t.controlKeyword, t.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [t.string, t.special(t.string), t.attributeValue, t.regexp], color: "var(--code-string)" },
  { tag: [t.number, t.bool, t.null, t.unit, t.color, t.atom], color: "var(--code-number)" },
  { tag: [t.tagName, t.angleBracket], color: "var(--code-tag)" },
  { tag: [t.attributeName, t.propertyName], color: "var(--code-attr)" },
  { tag: [t.function(t.variableName), t.definition(t.variableName), t.className, t.typeName, t.labelName], color: "var(--code-name)" },
  { tag: [t.comment, t.lineComment, t.blockComment, t.documentMeta, t.meta], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: t.invalid, color: "var(--bad)" },
]);

/** Colours come from the page's tokens, so the editor follows the theme without being told. */
const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "var(--size-code)", color: "var(--ink)", backgroundColor: "var(--paper)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--paper)", color: "var(--ink-faint)", border: "none", paddingLeft: "4px" },
  ".cm-lineNumbers .cm-gutterElement": { fontVariantNumeric: "tabular-nums", minWidth: "28px" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--wash) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "light-dark(#cfe6dc, #264a40) !important",
  },
  ".cm-selectionMatch": { backgroundColor: "light-dark(#e4efe9, #22342e)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--wash-strong)", outline: "1px solid var(--line-strong)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--wash)", border: "1px solid var(--line)", color: "var(--ink-faint)" },
  ".cm-panels": { backgroundColor: "var(--wash)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-textfield": { backgroundColor: "var(--paper)", border: "1px solid var(--field-line)", borderRadius: "4px", color: "var(--ink)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--paper)", border: "1px solid var(--line-strong)", borderRadius: "4px", color: "var(--ink)" },
  ".cm-panel.cm-search": { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "4px 6px", padding: "6px 32px 6px 8px", fontFamily: "var(--text)" },
  ".cm-panel.cm-search br": { flexBasis: "100%", height: "0", content: "''" },
  ".cm-panel.cm-search :is(input, button, label)": { margin: "0", fontSize: "var(--size-tiny)", lineHeight: "18px" },
  ".cm-panel.cm-search .cm-textfield": { width: "220px", padding: "2px 6px" },
  ".cm-panel.cm-search .cm-button": { padding: "2px 8px", cursor: "pointer" },
  ".cm-panel.cm-search label": { display: "inline-flex", alignItems: "center", gap: "4px", marginLeft: "4px" },
  ".cm-panel.cm-search [name=close]": { top: "4px", right: "8px", padding: "2px 6px", fontSize: "16px", color: "var(--ink-soft)", cursor: "pointer" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", border: "1px solid var(--line-strong)", borderRadius: "6px", color: "var(--ink)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-ink)" },
  ".cm-diagnostic": { padding: "4px 8px", whiteSpace: "pre-wrap", maxWidth: "480px" },
  ".cm-changedLine": { backgroundColor: "var(--diff-add) !important" },
  ".cm-changedText": { background: "var(--diff-add-strong) !important" },
  ".cm-deletedChunk": { backgroundColor: "var(--diff-del) !important", paddingLeft: "6px" },
  ".cm-deletedText, .cm-deletedChunk .cm-deletedText": { background: "var(--diff-del-strong) !important" },
  "&.cm-merge-b .cm-changedLineGutter": { background: "var(--ok) !important" },
  "&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter": { background: "var(--bad) !important" },
  "&.cm-merge-a .cm-changedLine": { backgroundColor: "var(--diff-del) !important" },
  "&.cm-merge-a .cm-changedText": { background: "var(--diff-del-strong) !important" },
  ".cm-collapsedLines::before, .cm-collapsedLines::after": { content: "'···' !important" },
  ".cm-collapsedLines": { background: "var(--wash)", color: "var(--ink-soft)", padding: "3px 8px" },
});

export const appearance: Extension = [theme, syntaxHighlighting(highlight)];
