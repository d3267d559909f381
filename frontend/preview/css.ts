/** Stylesheets: relative imports are inlined, relative addresses become data:, known CDNs become shelf files. */
import { lineAt } from "./html";
import type { Project } from "./project";

// Every part ends at a character that no part may contain, so that no text makes the search slow.
const TOKEN =
  /\/\*[\s\S]*?(?:\*\/|$)|@import\s+(?:url\(\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^()"'\s]*))\s*\)|"([^"\n]*)"|'([^'\n]*)')([^;]*)(?:;|$)|url\(\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^()"'\s]*))\s*\)|"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?/gi;

/** Rewrite `css`, which stands in the file `path` starting at `firstLine`. `seen` guards against import circles. */
export function rewriteCss(css: string, path: string, project: Project, firstLine = 1, seen: ReadonlySet<string> = new Set([path])): string {
  return css.replace(TOKEN, (whole: string, ...groups: (string | number | undefined)[]) => {
    const offset = groups.at(-2) as number;
    const line = () => firstLine + lineAt(css, offset) - 1;
    const [a, b, c, d, e, tail, f, g, h] = groups as (string | undefined)[];
    const imported = a ?? b ?? c ?? d ?? e;
    if (imported !== undefined) return importRule(imported.trim(), (tail ?? "").trim(), whole, path, project, line(), seen);
    const address = (f ?? g ?? h)?.trim();
    if (!address || /^(data:|blob:|#|about:)/i.test(address)) return whole;
    if (isRemote(address)) {
      const answer = project.shelf.address(address, "style");
      if (answer.kind === "file") {
        project.shelve(answer.shelved);
        return `url("${answer.href}")`;
      }
      project.unshelve(address, /\.(woff2?|ttf|otf)/i.test(address) ? "Fonts load from the shelf only. Use a Google Fonts stylesheet of a face that is on it, or a system font." : undefined);
      return whole;
    }
    const data = project.dataAddress(path, address);
    if (data) return `url("${data}")`;
    project.missing(path, address, line());
    return whole;
  });
}

function importRule(address: string, conditions: string, whole: string, path: string, project: Project, line: number, seen: ReadonlySet<string>): string {
  if (address === "tailwindcss" || address.startsWith("tailwindcss/")) return whole;
  if (isRemote(address) || !/^[./]/.test(address)) {
    const answer = isRemote(address) ? project.shelf.address(address, "style") : project.file(path, address) === undefined ? project.shelf.bareStyle(address) : null;
    if (answer?.kind === "css") {
      for (const item of answer.missing) project.unshelve(item.url, item.hint);
      return `/* ${address.replaceAll("*/", "")} */\n${answer.css}\n`;
    }
    if (answer?.kind === "file") {
      project.shelve(answer.shelved);
      return `@import url("${answer.href}") ${conditions};`;
    }
    if (answer?.kind === "none" && isRemote(address)) {
      project.unshelve(answer.unshelved.url, answer.unshelved.hint);
      return "";
    }
  }
  const found = project.file(path, address);
  if (found === undefined) {
    project.missing(path, address, line);
    return "";
  }
  if (seen.has(found) || !project.spend(project.files[found]!.length, path, line)) return "";
  const inner = rewriteCss(project.files[found]!, found, project, 1, new Set([...seen, found]));
  const layer = /^layer(?:\(([^)]*)\))?\s*/.exec(conditions);
  const media = conditions.slice(layer?.[0].length ?? 0).trim();
  const layered = layer ? `@layer ${layer[1] ?? ""} {\n${inner}\n}` : inner;
  return media ? `@media ${media} {\n${layered}\n}` : layered;
}

export function isRemote(address: string): boolean {
  return /^(?:https?:)?\/\//i.test(address);
}
