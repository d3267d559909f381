/** An answer's file against the file it was asked about, as pieces to take one by one. Pure, by lines. */
import { Chunk } from "@codemirror/merge";
import { Text } from "@codemirror/state";

/** Lines are counted from 1. `at` and `removed` speak of the file as it was asked about, `to` and `added` of the answer's. */
export interface Hunk { path: string; at: number; removed: string[]; to: number; added: string[] }

interface LineChange { at: number; count: number; to: number; toCount: number }

const lines = (text: string): string[] => text.split("\n");

/** What differs between two texts, in whole lines. */
export function lineChanges(before: string, after: string): LineChange[] {
  const a = Text.of(lines(before));
  const b = Text.of(lines(after));
  const span = (doc: Text, from: number, to: number): [number, number] => {
    const first = from > doc.length ? doc.lines + 1 : doc.lineAt(from).number;
    return [first, to > from ? doc.lineAt(Math.min(doc.length, to - 1)).number - first + 1 : 0];
  };
  return Chunk.build(a, b, { scanLimit: 4000, timeout: 400 }).map((chunk) => {
    const [at, count] = span(a, chunk.fromA, chunk.toA);
    const [to, toCount] = span(b, chunk.fromB, chunk.toB);
    return { at, count, to, toCount };
  });
}

/** The pieces of one file. Of an answer that broke off, whatever reaches the old end is left out: the rest never came. */
export function hunksOf(path: string, before: string | null, after: string, partial: boolean): Hunk[] {
  if (before === null) return [{ path, at: 1, removed: [], to: 1, added: lines(after) }];
  const old = lines(before);
  const now = lines(after);
  const made = lineChanges(before, after).map(({ at, count, to, toCount }): Hunk => ({ path, at, removed: old.slice(at - 1, at - 1 + count), to, added: now.slice(to - 1, to - 1 + toCount) }));
  // A file that ends with a line break has an empty last line; reaching that one is reaching the end.
  const end = old.at(-1) === "" ? old.length - 1 : old.length;
  return partial ? made.filter((hunk) => hunk.at + hunk.removed.length <= end) : made;
}

/** The file as it would be with just these pieces taken. */
export function withTaken(before: string | null, taken: readonly Hunk[]): string {
  const result = lines(before ?? "");
  for (const hunk of [...taken].sort((one, other) => other.at - one.at)) result.splice(hunk.at - 1, hunk.removed.length, ...hunk.added);
  return before === null && taken.length === 0 ? "" : before === null ? (taken[0]?.added ?? []).join("\n") : result.join("\n");
}

/**
 * The line where a piece belongs in the file as it is now; null when the person has changed those lines since.
 * `taken` are the pieces of the same file that were taken before.
 */
export function placeOf(hunk: Hunk, before: string | null, taken: readonly Hunk[], current: string | undefined): number | null {
  if (before === null) return current === undefined || current === "" ? 1 : null;
  if (current === undefined) return null;
  let start = hunk.at;
  for (const other of taken) if (other.at < hunk.at) start += other.added.length - other.removed.length;
  const end = start + hunk.removed.length;
  let moved = 0;
  for (const { at, count, toCount } of lineChanges(withTaken(before, taken), current)) {
    if (at < end && at + count > start) return null;
    if (count === 0 && at > start && at < end) return null;
    if (at + count <= start) moved += toCount - count;
  }
  const found = start + moved;
  const now = lines(current);
  return hunk.removed.every((line, n) => now[found - 1 + n] === line) ? found : null;
}
