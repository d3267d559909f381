/** Syntax of JavaScript and TypeScript, by Babel's parser. */
import { parse, type ParserPlugin } from "@babel/parser";

import { type Fault, faultAt, MOST } from "./fault";

export interface ScriptKind { typescript: boolean; jsx: boolean; sourceType: "module" | "script" | "unambiguous" }

interface Told { message: string; loc?: { index?: number } | undefined; pos?: number }

/** What Babel cannot read in `text`, in order; empty when it parses. */
export function scriptFaults(text: string, kind: ScriptKind): Fault[] {
  const plugins: ParserPlugin[] = ["decorators-legacy", ...(kind.jsx ? (["jsx"] as const) : []), ...(kind.typescript ? (["typescript"] as const) : [])];
  let told: Told[];
  try {
    const made = parse(text, { sourceType: kind.sourceType, plugins, errorRecovery: true, attachComment: false, allowAwaitOutsideFunction: kind.sourceType !== "script", allowUndeclaredExports: true });
    told = (made.errors as unknown as Told[] | null) ?? [];
  } catch (error) {
    told = [error as Told];
  }
  return told.slice(0, MOST).map((error) => fault(text, error));
}

function fault(text: string, error: Told): Fault {
  const at = error.pos ?? error.loc?.index ?? 0;
  const early = at >= text.trimEnd().length && /^Unexpected token/.test(error.message);
  return faultAt(text, at, early ? "The code ends too early: a bracket, brace or quote is not closed." : plain(error.message));
}

/** Babel's words without its place, which the editor shows itself. */
function plain(message: string): string {
  const words = (message.split("\n")[0] ?? message).replace(/\s*\(\d+:\d+\)\.?\s*$/, "");
  if (words.startsWith("Missing semicolon")) return "Something is missing here, such as a semicolon, an operator or a closing sign.";
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
