/** The files being assembled, and what was found out about them on the way. */
import { decoded } from "./decoded";
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

/** Characters that copies of files may add to a page, and what one more copy costs besides its length. */
const LARGEST = 16 * 1024 * 1024;
const COPY = 256;
/** Problems and addresses told of one project; a person reads no more. */
const TOLD = 200;

export class Project {
  readonly problems: Problem[] = [];
  readonly unshelved: Unshelved[] = [];
  readonly shelved: Shelved[] = [];
  readonly shelf: Shelf;
  readonly #addresses = new Map<string, string>();
  readonly #told = new Set<string>();
  #spent = 0;

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
    let address = this.#addresses.get(path);
    if (address === undefined) this.#addresses.set(path, (address = dataAddress(mediaType(path), this.files[path]!)));
    return this.spend(address.length, from) ? address + fragment : "data:,";
  }

  /** Count a copy of a file into the page; false, and a problem, when all copies together are too large. */
  spend(length: number, path: string, line?: number): boolean {
    const before = this.#spent;
    this.#spent += length + COPY;
    if (this.#spent <= LARGEST) return true;
    // Before the others, since there may be many of them.
    if (before <= LARGEST) this.problems.unshift({ path, ...(line === undefined ? {} : { line }), message: "The page is too large once its files are put in.", fix: "Use the same file less often, or make it smaller." });
    return false;
  }

  problem(path: string, line: number | undefined, message: string, fix?: string): void {
    const item: Problem = { path, message };
    if (line !== undefined) item.line = line;
    if (fix !== undefined) item.fix = fix;
    if (this.problems.length < TOLD) this.problems.push(item);
  }

  missing(path: string, reference: string, line?: number): void {
    this.problem(path, line, `${reference} is not one of the files.`, "Add the file, or correct the path.");
  }

  unshelve(url: string, hint?: string): void {
    if (this.unshelved.length >= TOLD || !this.#first(`${url}\0${hint ?? ""}`)) return;
    const answer = hint ? null : this.shelf.address(url, "script");
    this.unshelved.push({ url, hint: hint ?? (answer?.kind === "none" ? answer.unshelved.hint : "This address cannot be used here.") });
  }

  shelve(item: Shelved): void {
    if (this.shelved.length < TOLD && this.#first(item.url)) this.shelved.push(item);
  }

  #first(told: string): boolean {
    if (this.#told.has(told)) return false;
    this.#told.add(told);
    return true;
  }
}

function* candidates(from: string, reference: string): Generator<string> {
  const plain = decoded(reference);
  const base = plain.startsWith("/") ? [] : from.split("/").slice(0, -1);
  const path = join(base, plain);
  yield path;
  if (plain.startsWith("/")) yield `public/${path}`;
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
