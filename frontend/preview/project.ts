/** The files being assembled, and what was found out about them on the way. */
import { Shelf } from "./shelf";
import type { Files, Problem, Shelved, Unshelved } from "./types";

const TYPES: Record<string, string> = {
  css: "text/css",
  csv: "text/csv",
  htm: "text/html",
  html: "text/html",
  js: "text/javascript",
  json: "application/json",
  md: "text/markdown",
  mjs: "text/javascript",
  svg: "image/svg+xml",
  txt: "text/plain",
  xml: "application/xml",
};

export class Project {
  readonly problems: Problem[] = [];
  readonly unshelved: Unshelved[] = [];
  readonly shelved: Shelved[] = [];
  readonly shelf: Shelf;

  constructor(
    readonly files: Files,
    shelfOrigin: string,
  ) {
    this.shelf = new Shelf(shelfOrigin);
  }

  /** The project's path that `reference`, written in the file `from`, means; undefined when there is no such file. */
  file(from: string, reference: string, endings: readonly string[] = [""]): string | undefined {
    const bare = reference.replace(/[?#].*$/s, "");
    if (!bare) return undefined;
    for (const path of candidates(from, bare)) for (const ending of endings) if (Object.hasOwn(this.files, path + ending)) return path + ending;
    return undefined;
  }

  /** A data: address of the file meant, or undefined when it is not in the project. */
  dataAddress(from: string, reference: string): string | undefined {
    const path = this.file(from, reference);
    if (path === undefined) return undefined;
    const fragment = /#.*$/s.exec(reference)?.[0] ?? "";
    return dataAddress(mediaType(path), this.files[path]!) + fragment;
  }

  problem(path: string, line: number | undefined, message: string, fix?: string): void {
    const item: Problem = { path, message };
    if (line !== undefined) item.line = line;
    if (fix !== undefined) item.fix = fix;
    if (this.problems.length < 200) this.problems.push(item);
  }

  missing(path: string, reference: string, line?: number): void {
    this.problem(path, line, `${reference} is not one of the files.`, "Add the file, or correct the path.");
  }

  unshelve(url: string, hint?: string): void {
    if (this.unshelved.some((item) => item.url === url && item.hint === hint)) return;
    const answer = hint ? null : this.shelf.address(url, "script");
    this.unshelved.push({ url, hint: hint ?? (answer?.kind === "none" ? answer.unshelved.hint : "This address cannot be used here.") });
  }

  shelve(item: Shelved): void {
    if (!this.shelved.some((other) => other.url === item.url)) this.shelved.push(item);
  }
}

function* candidates(from: string, reference: string): Generator<string> {
  let decoded = reference;
  try {
    decoded = decodeURIComponent(reference);
  } catch {
    // A stray per cent sign: the name as written.
  }
  const base = decoded.startsWith("/") ? [] : from.split("/").slice(0, -1);
  const path = join(base, decoded);
  yield path;
  if (decoded.startsWith("/")) yield `public/${path}`;
}

function join(base: string[], relative: string): string {
  const parts = [...base];
  for (const part of relative.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

export function mediaType(path: string): string {
  return TYPES[path.split(".").at(-1)!.toLowerCase()] ?? "text/plain";
}

export function dataAddress(type: string, text: string): string {
  return `data:${type};charset=utf-8,${encodeURIComponent(text)}`;
}
