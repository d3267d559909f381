/** Syntax of CSS, by PostCSS's parser, which browsers' own silence about bad rules cannot replace. */
import parse from "postcss/lib/parse";

import { type Fault, faultAt, offsetOf } from "./fault";

interface Told { name?: string; reason?: string; line?: number; column?: number }

const WORDS: [RegExp, string][] = [
  [/^Unclosed block$/, "This block is never closed: a } is missing."],
  [/^Unclosed comment$/, "This comment is never closed: */ is missing."],
  [/^Unclosed string$/, "This string is never closed."],
  [/^Unclosed bracket$/, "This bracket is never closed."],
  [/^Unexpected }$/, "This } closes nothing."],
  [/^Missed semicolon$/, "A semicolon is missing before this."],
  [/^Unknown word (.+)$/, "“$1” is neither a rule nor a declaration here."],
  [/^Double colon$/, "There is one colon too many."],
];

/** The first thing PostCSS cannot read in `text`; empty when it parses. */
export function styleFaults(text: string): Fault[] {
  try {
    parse(text, { map: false });
    return [];
  } catch (error) {
    const told = error as Told;
    if (told.name !== "CssSyntaxError") throw error;
    const reason = told.reason ?? "";
    const [pattern, words] = WORDS.find(([known]) => known.test(reason)) ?? [];
    return [faultAt(text, offsetOf(text, told.line ?? 1, told.column ?? 1), pattern && words ? reason.replace(pattern, words) : `${reason}.`)];
  }
}
