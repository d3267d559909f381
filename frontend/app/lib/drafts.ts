/** Comparing and merging drafts and file sets, pure. */

import type { DraftBody, Files } from "./contract";

export type Change = "same" | "changed" | "added" | "removed";
export interface FileChange { path: string; change: Change }

/** How `after` differs from `before`, by path, in path order. */
export function compareFiles(before: Files, after: Files): FileChange[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.map((path) => {
    const was = before[path];
    const is = after[path];
    const change: Change = was === undefined ? "added" : is === undefined ? "removed" : was === is ? "same" : "changed";
    return { path, change };
  });
}

export function sameFiles(one: Files, other: Files): boolean {
  return compareFiles(one, other).every((file) => file.change === "same");
}

export function sameDraft(one: Omit<DraftBody, "rev">, other: Omit<DraftBody, "rev">): boolean {
  return one.rationale === other.rationale && sameRatings(one.ratings, other.ratings) && sameFiles(one.files, other.files);
}

export function sameRatings(one: Record<string, number>, other: Record<string, number>): boolean {
  const slugs = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...slugs].every((slug) => one[slug] === other[slug]);
}

export type Side = "mine" | "theirs";

/** Build one draft from two: `pick` says which side each path (and the rationale) comes from; mine where it is silent. */
export function mergeDrafts(mine: DraftBody, theirs: DraftBody, pick: { files: Record<string, Side>; rationale: Side; ratings: Side }): DraftBody {
  const files: Files = {};
  for (const { path } of compareFiles(mine.files, theirs.files)) {
    const text = (pick.files[path] === "theirs" ? theirs : mine).files[path];
    if (text !== undefined) files[path] = text;
  }
  return {
    rev: theirs.rev,
    files,
    rationale: (pick.rationale === "theirs" ? theirs : mine).rationale,
    ratings: (pick.ratings === "theirs" ? theirs : mine).ratings,
  };
}

/** Lines added and removed between two texts, by multiset of lines: an estimate that needs no alignment. */
export function lineDelta(before: string, after: string): { added: number; removed: number } {
  const counts = new Map<string, number>();
  const lines = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));
  for (const line of lines(before)) counts.set(line, (counts.get(line) ?? 0) - 1);
  for (const line of lines(after)) counts.set(line, (counts.get(line) ?? 0) + 1);
  let added = 0;
  let removed = 0;
  for (const count of counts.values()) count > 0 ? (added += count) : (removed -= count);
  return { added, removed };
}

/** Size of a file set in UTF-8 bytes, text only. */
export function byteSize(files: Files): number {
  const encoder = new TextEncoder();
  return Object.values(files).reduce((sum, text) => sum + encoder.encode(text).length, 0);
}

/** "812 B", "14.2 kB", "1.0 MB" (powers of 1000). */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 999_950 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
