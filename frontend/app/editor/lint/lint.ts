/** Syntax faults of one file, by the parser of its language. Pure. */
import { jsonFaults } from "./data";
import { type Fault, MOST } from "./fault";
import { markupFaults } from "./markup";
import { scriptFaults } from "./script";
import { styleFaults } from "./style";

export type { Fault } from "./fault";

/** What cannot be read in a file; empty when it parses, when it is empty, or when its language has no parser here. */
export function lint(path: string, text: string): Fault[] {
  if (text.trim() === "") return [];
  const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return faults(ending, text).sort((one, other) => one.from - other.from).slice(0, MOST);
}

function faults(ending: string, text: string): Fault[] {
  switch (ending) {
    case "html":
    case "htm": return markupFaults(text);
    case "css": return styleFaults(text);
    case "json": return jsonFaults(text);
    case "tsx": return scriptFaults(text, { typescript: true, jsx: true, sourceType: "module" });
    case "ts":
    case "mts": return scriptFaults(text, { typescript: true, jsx: false, sourceType: "module" });
    case "jsx":
    case "js":
    case "mjs": return scriptFaults(text, { typescript: false, jsx: true, sourceType: ending === "mjs" ? "module" : "unambiguous" });
    default: return [];
  }
}
