/** The set of files being edited, without any editor: names, texts, and what each name is compared with. Pure. */

import type { Files } from "../lib/contract";
import { firstPath } from "../lib/paths";

export type TabMark = "same" | "changed" | "added" | "removed";
export interface TabInfo { path: string; mark: TabMark }

export class FileBook {
  private texts: Map<string, string>;
  active: string | undefined;

  constructor(files: Files, private readonly base: Files | null) {
    this.texts = new Map(Object.entries(files));
    this.active = firstPath(this.paths());
  }

  paths(): string[] {
    return [...this.texts.keys()];
  }

  files(): Files {
    return Object.fromEntries(this.texts);
  }

  text(path: string): string {
    return this.texts.get(path) ?? "";
  }

  has(path: string): boolean {
    return this.texts.has(path);
  }

  original(path: string): string {
    return this.base?.[path] ?? "";
  }

  set(path: string, text: string): void {
    this.texts.set(path, text);
  }

  /** Add a file and make it the active one. */
  add(path: string, text = ""): void {
    this.texts.set(path, text);
    this.active = path;
  }

  /** Rename in place, so that the order of tabs stays. */
  rename(from: string, to: string): void {
    this.texts = new Map([...this.texts].map(([path, text]) => [path === from ? to : path, text]));
    if (this.active === from) this.active = to;
  }

  /** Remove a file; its neighbour becomes active. */
  remove(path: string): void {
    const paths = this.paths();
    const at = paths.indexOf(path);
    this.texts.delete(path);
    if (this.active === path) this.active = paths[at + 1] ?? paths[at - 1];
  }

  replace(files: Files): void {
    this.texts = new Map(Object.entries(files));
    if (this.active === undefined || !this.texts.has(this.active)) this.active = firstPath(this.paths());
  }

  /** How a file stands to the base. */
  mark(path: string): TabMark {
    if (!this.base) return "same";
    const was = this.base[path];
    return was === undefined ? "added" : was === this.text(path) ? "same" : "changed";
  }

  /** Tabs in order, then the base's files that are gone, so that they can be put back. */
  tabs(): TabInfo[] {
    const here = this.paths().map((path): TabInfo => ({ path, mark: this.mark(path) }));
    const gone = Object.keys(this.base ?? {}).filter((path) => !this.texts.has(path));
    return [...here, ...gone.map((path): TabInfo => ({ path, mark: "removed" }))];
  }
}
