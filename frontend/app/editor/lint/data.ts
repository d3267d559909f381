/** Syntax of JSON, by the browser's parser. */
import { type Fault, faultAt, offsetOf } from "./fault";

/** What is wrong with a JSON text; empty when it parses. */
export function jsonFaults(text: string): Fault[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(said);
    const place = /line (\d+) column (\d+)/.exec(said);
    const offset = at ? Number(at[1]) : place ? offsetOf(text, Number(place[1]), Number(place[2])) : text.length;
    const words = said.replace(/^JSON\.parse: /, "").replace(/,? (in JSON )?at (position|line) .*$/s, "").replace(/, ".*" is not valid JSON$/s, "");
    return [faultAt(text, offset, /end of JSON|Unterminated/i.test(said) ? "The JSON ends too early: a bracket or quote is not closed." : `${words}.`)];
  }
}
