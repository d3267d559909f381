/** Making another file the one that opens first, by the rules of `preview/entry.ts`. Pure. */
import { entryOf, pageOf, reactEntry } from "../../preview/entry";
import type { Files, Framework } from "../lib/contract";

export type EntryEdit = { rename: string } | { write: string; text: string };

/** A file that does nothing but hand on another's default export: ours to rewrite. */
const HANDS_ON = /^\s*export\s*\{\s*default\s*\}\s*from\s*["'][^"']+["'];?\s*$/;

/** What to do so that `path` opens first: rename it, or write a file that hands it on; null when neither helps. */
export function entryEdit(files: Files, framework: Framework, path: string): EntryEdit | null {
  if (framework === "html") return /\.html?$/i.test(path) && !path.includes("/") && files["index.html"] === undefined ? { rename: "index.html" } : null;
  if (!/\.(tsx|jsx)$/.test(path) || !/\bexport\s+default\b|\bas\s+default\b/.test(files[path] ?? "")) return null;
  // A page that names its own scripts decides by itself.
  if (pageOf(files) !== undefined && entryOf(files, framework) !== reactEntry(files)) return null;
  const first = ["src/main.tsx", "src/main.jsx", "src/main.ts", "src/main.js"].find((known) => files[known] !== undefined);
  if (first !== undefined && !HANDS_ON.test(files[first] ?? "")) return null;
  const write = first ?? "src/main.tsx";
  const target = path.replace(/\.(tsx|jsx)$/, "");
  const from = target.startsWith("src/") ? `./${target.slice(4)}` : `../${target}`;
  return { write, text: `export { default } from "${from}";\n` };
}
