/** What a submission changes, file by file, pure. */

import type { Files } from "./contract";
import { byteSize, compareFiles, lineDelta, type Change } from "./drafts";

export interface ChangedFile { path: string; change: Exclude<Change, "same">; added: number; removed: number; bytes: number }
export interface ChangeSummary { files: ChangedFile[]; added: number; removed: number; bytes: number; before: number }

/** Files that differ from `before`, with lines added and removed; sizes in bytes of UTF-8. */
export function summarise(before: Files, after: Files): ChangeSummary {
  const files: ChangedFile[] = [];
  for (const { path, change } of compareFiles(before, after)) {
    if (change === "same") continue;
    const text = after[path] ?? "";
    files.push({ path, change, ...lineDelta(before[path] ?? "", text), bytes: byteSize({ [path]: text }) });
  }
  const sum = (pick: (file: ChangedFile) => number): number => files.reduce((total, file) => total + pick(file), 0);
  return { files, added: sum((file) => file.added), removed: sum((file) => file.removed), bytes: byteSize(after), before: byteSize(before) };
}
