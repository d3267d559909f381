/** Files as rows of a tree: folders before files, each in order of its name. Pure. */
import type { TabInfo, TabMark } from "./filebook";

export interface TreeRow {
  kind: "folder" | "file";
  /** The whole path; of a folder without the slash at its end. */
  path: string;
  name: string;
  /** 1 = top. */
  level: number;
  /** Place among its siblings, from 1, and how many they are. */
  position: number;
  siblings: number;
  mark: TabMark;
}

interface Folder { folders: Map<string, Folder>; files: TabInfo[] }

/** The rows that can be seen when the folders in `closed` are shut. A folder bears the mark "changed" when anything in it differs. */
export function treeRows(tabs: readonly TabInfo[], closed: ReadonlySet<string>): TreeRow[] {
  const root: Folder = { folders: new Map(), files: [] };
  for (const tab of tabs) {
    let at = root;
    for (const part of tab.path.split("/").slice(0, -1)) {
      let next = at.folders.get(part);
      if (!next) at.folders.set(part, (next = { folders: new Map(), files: [] }));
      at = next;
    }
    at.files.push(tab);
  }
  return rowsOf(root, "", 1, closed);
}

function rowsOf(folder: Folder, path: string, level: number, closed: ReadonlySet<string>): TreeRow[] {
  const siblings = folder.folders.size + folder.files.length;
  const rows: TreeRow[] = [];
  let position = 0;
  for (const name of [...folder.folders.keys()].sort(byName)) {
    const inner = folder.folders.get(name);
    if (!inner) continue;
    const full = path ? `${path}/${name}` : name;
    rows.push({ kind: "folder", path: full, name, level, position: ++position, siblings, mark: differs(inner) ? "changed" : "same" });
    if (!closed.has(full)) rows.push(...rowsOf(inner, full, level + 1, closed));
  }
  for (const tab of [...folder.files].sort((one, other) => byName(one.path, other.path))) {
    rows.push({ kind: "file", path: tab.path, name: tab.path.slice(tab.path.lastIndexOf("/") + 1), level, position: ++position, siblings, mark: tab.mark });
  }
  return rows;
}

function differs(folder: Folder): boolean {
  return folder.files.some((file) => file.mark !== "same") || [...folder.folders.values()].some(differs);
}

function byName(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}
