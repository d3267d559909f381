/** A place that its language's parser cannot read. Offsets are UTF-16 positions in the file, lines count from 1. */
export interface Fault { from: number; to: number; line: number; message: string }

/** No file needs more said at once; the first ones usually cause the rest. */
export const MOST = 20;

export function lineAt(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line++;
  return line;
}

/** The offset of a line and a column, both counting from 1; the end of the text when there is no such line. */
export function offsetOf(text: string, line: number, column: number): number {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf("\n", at);
    if (end < 0) return text.length;
    at = end + 1;
  }
  return Math.min(text.length, at + Math.max(0, column - 1));
}

/** A fault at one offset, over the word or sign that stands there. */
export function faultAt(text: string, at: number, message: string): Fault {
  let from = Math.min(Math.max(0, at), text.length);
  // At the very end there is nothing to underline: take the last sign that is.
  if (from === text.length) while (from > 0 && /\s/.test(text[from - 1] ?? "")) from--;
  if (from === text.length || text[from] === "\n") from = Math.max(0, from - 1);
  const word = /^[\w$-]+/.exec(text.slice(from, from + 80));
  return { from, to: Math.min(text.length, from + (word ? word[0].length : 1)), line: lineAt(text, from), message };
}

/** Faults of a piece, as faults of the file that holds it at `start`. */
export function shifted(faults: readonly Fault[], text: string, start: number): Fault[] {
  return faults.map((fault) => ({ ...fault, from: fault.from + start, to: fault.to + start, line: lineAt(text, fault.from + start) }));
}
