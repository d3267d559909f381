/** Which file of a project opens first. Pure; the runtime and the bench's file tree ask the same question. */
import { attribute, scan } from "./html";
import type { Files, Framework } from "./types";

const REACT_ENTRIES = ["src/main", "main", "src/index", "index", "App", "app", "src/App", "src/app"].flatMap((stem) => ["tsx", "jsx", "ts", "js"].map((ending) => `${stem}.${ending}`));

/** The HTML page that opens: index.html, public/index.html, or the only one there is. */
export function pageOf(files: Files): string | undefined {
  if (files["index.html"] !== undefined) return "index.html";
  if (files["public/index.html"] !== undefined) return "public/index.html";
  const pages = Object.keys(files).filter((path) => /\.html?$/i.test(path));
  return pages.length === 1 ? pages[0] : undefined;
}

/** The component or script that a React project without scripts of its own page starts with. */
export function reactEntry(files: Files): string | undefined {
  const known = REACT_ENTRIES.find((path) => files[path] !== undefined);
  if (known) return known;
  const exporting = Object.keys(files).filter((path) => /\.(tsx|jsx)$/.test(path) && /\bexport\s+default\b|\bas\s+default\b/.test(files[path]!));
  return exporting.length === 1 ? exporting[0] : undefined;
}

/** The project's files that a page loads as scripts, in order; `file` resolves a reference. */
export function ownScripts(source: string, file: (reference: string) => string | undefined): string[] {
  return scan(source).flatMap((tag) => (tag.name === "script" ? (file(attribute(tag, "src") ?? "") ?? []) : []));
}

/** The file to mark as the one that opens: a page, or the script a React project starts with. */
export function entryOf(files: Files, framework: Framework): string | undefined {
  const page = pageOf(files);
  if (framework === "html" || page === undefined) return framework === "html" ? page : reactEntry(files);
  const folder = page.split("/").slice(0, -1);
  const plain = (reference: string): string | undefined => {
    const path = (reference.startsWith("/") ? [] : folder).concat(reference.replace(/[?#].*$/s, "").split("/").filter((part) => part !== "" && part !== ".")).join("/");
    return Object.hasOwn(files, path) ? path : undefined;
  };
  return ownScripts(files[page] ?? "", plain)[0] ?? reactEntry(files);
}
