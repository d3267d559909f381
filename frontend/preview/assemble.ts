/** The one runtime: a project's files become one page that runs with no network and no server. Pure; needs no DOM. */
import { isRemote, rewriteCss } from "./css";
import { ownScripts, pageOf, reactEntry } from "./entry";
import { type Edit, type Tag, applyEdits, attribute, escapeRaw, headStart, lineAt, scan, startTag } from "./html";
import { CompilersWanted, Modules, fetchCompilers, rewriteAddresses } from "./modules";
import { Project, dataAddress, mediaType } from "./project";
import { TAILWIND_CSS, modernise, usesTailwind } from "./tailwind";
import type { AssembleOptions, Assembled, Files, Framework } from "./types";

export type { AssembleOptions, Assembled, Files, Framework } from "./types";

const SHELL = '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n</head>\n<body>\n<div id="root"></div>\n</body>\n</html>\n';
const CLASSIC = new Set(["", "text/javascript", "application/javascript", "text/ecmascript", "application/x-javascript"]);
const BABEL = new Set(["text/babel", "text/jsx", "text/typescript", "text/tsx"]);
const SOURCES: Record<string, string[]> = {
  img: ["src", "srcset"],
  source: ["src", "srcset"],
  video: ["src", "poster"],
  audio: ["src"],
  track: ["src"],
  embed: ["src"],
  object: ["data"],
  input: ["src"],
  image: ["href", "xlink:href"],
  use: ["href", "xlink:href"],
  iframe: ["src"],
};

/** Assemble `files` into one page; never throws for what the files hold, only when the compilers cannot be fetched. */
export async function assemble(files: Files, framework: Framework, options: AssembleOptions): Promise<Assembled> {
  for (;;) {
    const project = new Project(files, options.shelfOrigin);
    try {
      const html = page(project, framework, options.page);
      return { html, problems: project.problems, unshelved: project.unshelved, shelved: project.shelved };
    } catch (error) {
      if (!(error instanceof CompilersWanted)) throw error;
    }
    await fetchCompilers();
  }
}

function page(project: Project, framework: Framework, asked: string | undefined): string {
  const { files } = project;
  const pages = Object.keys(files).filter((path) => /\.html?$/i.test(path));
  const path = asked ?? pageOf(files);
  if (framework === "html") {
    if (path !== undefined && files[path] !== undefined) return assemblePage(project, path, files[path], false);
    project.problem(path ?? "index.html", undefined, "There is no page to open.", pages.length ? "Name one of the pages index.html." : "Add a file named index.html.");
    return "";
  }
  const shell = path === undefined ? SHELL : files[path]!;
  const shellPath = path ?? "index.html";
  const entry = path !== undefined && ownScripts(shell, (reference) => project.file(path, reference)).length > 0 ? null : reactEntry(files);
  if (entry === undefined && path === undefined) {
    project.problem("App.tsx", undefined, "There is no component to open.", "Add App.tsx with a default export.");
    return "";
  }
  return assemblePage(project, shellPath, shell, true, entry ?? undefined);
}

function assemblePage(project: Project, path: string, source: string, react: boolean, entry?: string): string {
  const tags = scan(source);
  const pageMap = readImportMaps(project, path, source, tags);
  const modules = new Modules(project, react, new Set(Object.keys(pageMap.imports)));
  const edits: Edit[] = [];
  const context: Context = { project, path, source, modules, edits };
  for (const tag of tags) {
    if (tag.name === "script") rewriteScript(context, tag);
    else if (tag.name === "style") rewriteStyle(context, tag);
    else if (tag.name === "link") rewriteLink(context, tag);
    else if (tag.name === "meta" || tag.name === "base") rewriteDirective(context, tag);
    else rewriteSources(context, tag);
  }
  const ending = entry === undefined ? "" : `<script type="module">${escapeRaw(mounting(modules, entry), "script")}</script>`;
  if (ending) {
    const body = source.toLowerCase().lastIndexOf("</body");
    edits.push({ start: body < 0 ? source.length : body, end: body < 0 ? source.length : body, text: ending });
  }
  const start = headStart(source, tags);
  edits.push({ start, end: start, text: headParts(context, react, tags, pageMap) });
  return applyEdits(source, edits);
}

interface Context {
  project: Project;
  path: string;
  source: string;
  modules: Modules;
  edits: Edit[];
}

interface ImportMap {
  imports: Record<string, string>;
  scopes: Record<string, Record<string, string>>;
}

/** What the page needs before its own first element: data files, the import map, imported styles, Tailwind. */
function headParts({ project, path, source, modules }: Context, react: boolean, tags: Tag[], pageMap: ImportMap): string {
  const parts: string[] = [];
  const data = fetchable(project, path, source);
  if (data) parts.push(`<script>window.__hillclimbFiles=${escapeRaw(JSON.stringify(data).replaceAll("<!--", "<\\u0021--"), "script")};document.currentScript.remove()</script>`);
  const imports = { ...pageMap.imports, ...modules.imports };
  if (Object.keys(imports).length || Object.keys(pageMap.scopes).length)
    parts.push(`<script type="importmap">${escapeRaw(JSON.stringify(Object.keys(pageMap.scopes).length ? { imports, scopes: pageMap.scopes } : { imports }), "script")}</script>`);
  if (react) parts.push('<script>globalThis.process??={env:{NODE_ENV:"production"}}</script>');
  const ownTailwind = tags.some((tag) => tag.name === "script" && /tailwindcss/.test(attribute(tag, "src") ?? ""));
  const tailwind = react && !ownTailwind && usesTailwind(project.files);
  if (tailwind) {
    const answer = project.shelf.address("https://unpkg.com/@tailwindcss/browser", "script");
    if (answer.kind === "file") parts.push(`<script src="${answer.href}" crossorigin="anonymous"></script>`);
    const config = Object.keys(project.files).find((file) => /(^|\/)tailwind\.config\.[cm]?[jt]s$/.test(file));
    if (config) project.problem(config, undefined, "Tailwind 4 reads no configuration file in a browser.", "Put the theme into a stylesheet, under @theme.");
    if (!modules.styles.some(({ css }) => TAILWIND_CSS.test(css))) parts.push('<style type="text/tailwindcss">@import "tailwindcss";</style>');
  }
  for (const { path: file, css } of modules.styles) {
    const wind = tailwind && TAILWIND_CSS.test(css);
    parts.push(`<style data-path="${file.replace(/[&"<]/g, "")}"${wind ? ' type="text/tailwindcss"' : ""}>${escapeRaw(wind ? modernise(css) : css, "style")}</style>`);
  }
  return parts.join("");
}

/** The module that puts the entry on the page: imports it, and mounts its default export when it does not mount itself. */
function mounting(modules: Modules, entry: string): string {
  const specifier = modules.add(entry);
  if (!modules.wantsMounting(entry)) return `import ${JSON.stringify(specifier)};`;
  const href = (name: string) => {
    const answer = modules.project.shelf.bare(name);
    return JSON.stringify(answer.kind === "file" ? answer.href : name);
  };
  return `import {createElement} from ${href("react")};import {createRoot} from ${href("react-dom/client")};import Page from ${JSON.stringify(specifier)};const place=document.getElementById("root")??document.getElementById("app")??document.body.appendChild(document.createElement("div"));createRoot(place).render(createElement(Page));`;
}

/** Text files a script may fetch by a relative address, when any script fetches at all. */
function fetchable(project: Project, page: string, source: string): Record<string, { type: string; text: string }> | null {
  const texts = Object.entries(project.files);
  const fetches = /\bfetch\s*\(|XMLHttpRequest|new\s+Worker\b|\.(?:ajax|getJSON|json|csv|load)\s*\(/;
  if (!fetches.test(source) && !texts.some(([path, text]) => /\.(m?js|jsx|tsx?)$/.test(path) && fetches.test(text))) return null;
  const data = texts.filter(([path]) => path !== page && !/\.(tsx?|jsx)$/.test(path));
  return data.length ? Object.fromEntries(data.map(([path, text]) => [path, { type: mediaType(path), text }])) : null;
}

function rewriteScript({ project, path, source, modules, edits }: Context, tag: Tag): void {
  const src = attribute(tag, "src")?.trim();
  const type = (attribute(tag, "type") ?? "").trim().toLowerCase();
  const line = lineAt(source, tag.start);
  const text = tag.text!;
  const code = source.slice(text.start, text.end);
  if (type === "importmap") {
    edits.push({ start: tag.start, end: tag.close, text: "" });
    return;
  }
  const module = type === "module";
  if (!module && !CLASSIC.has(type) && !BABEL.has(type)) return;
  if (src === undefined || src === "") {
    const first = lineAt(source, text.start);
    const rewritten = module ? modules.inline(code, path, first) : classicInline(code, modules, path, first);
    // What Babel compiles has other lines than the file.
    const told = BABEL.has(type) ? rewritten : placed(rewritten, project, path, first);
    if (told !== code) edits.push({ ...text, text: escapeRaw(told, "script") });
    return;
  }
  if (/^(data|blob):/i.test(src)) return;
  if (isRemote(src)) {
    const answer = project.shelf.address(src, module ? "module" : "script");
    if (answer.kind === "file") {
      project.shelve(answer.shelved);
      edits.push({ start: tag.start, end: tag.end, text: startTag(tag, { src: answer.href, integrity: null, crossorigin: "anonymous" }) });
    } else if (answer.kind === "none") project.unshelve(answer.unshelved.url, answer.unshelved.hint);
    return;
  }
  const file = project.file(path, src);
  if (file === undefined) {
    project.missing(path, src, line);
    return;
  }
  if (module) {
    edits.push({ start: tag.start, end: tag.close, text: `${startTag(tag, { src: null, integrity: null })}import ${JSON.stringify(modules.add(file))}</script>` });
  } else if (BABEL.has(type)) {
    edits.push({ start: tag.start, end: tag.close, text: `${startTag(tag, { src: null, integrity: null })}${escapeRaw(rewriteAddresses(project.files[file]!, project), "script")}</script>` });
  } else {
    // A data: address keeps what `defer`, `async` and the order of scripts mean.
    const script = `${classicInline(project.files[file]!, modules, file, 1)}\n//# sourceURL=${encodeURI(file)}`;
    edits.push({ start: tag.start, end: tag.end, text: startTag(tag, { src: dataAddress("text/javascript", script), integrity: null, crossorigin: null }) });
  }
}

/**
 * An inline script that says which file it stands in; line ends before it make the browser count lines as the file does.
 * The name comes first where there is room, since after a syntax error nothing more is read.
 */
function placed(code: string, project: Project, path: string, line: number): string {
  if (!code.trim() || !project.spend(line, path, line)) return code;
  const name = `//# sourceURL=${encodeURI(path)}`;
  return line > 1 ? `${"\n".repeat(line - 2)}${name}\n${code}` : `${code}\n${name}`;
}

function classicInline(code: string, modules: Modules, path: string, line: number): string {
  return /\bimport\s*\(/.test(code) ? modules.inline(code, path, line) : rewriteAddresses(code, modules.project);
}

function rewriteStyle({ project, path, source, edits }: Context, tag: Tag): void {
  const css = source.slice(tag.text!.start, tag.text!.end);
  const rewritten = rewriteCss(css, path, project, lineAt(source, tag.text!.start));
  if (rewritten !== css) edits.push({ ...tag.text!, text: escapeRaw(rewritten, "style") });
}

function rewriteLink({ project, path, source, edits }: Context, tag: Tag): void {
  const rel = (attribute(tag, "rel") ?? "").toLowerCase().split(/\s+/);
  const href = attribute(tag, "href")?.trim() ?? "";
  const replace = (text: string) => edits.push({ start: tag.start, end: tag.end, text });
  if (rel.includes("stylesheet")) {
    if (!href || /^data:/i.test(href)) return;
    const media = attribute(tag, "media");
    const style = (css: string, name: string) =>
      replace(`<style data-path="${name.replace(/[&"<]/g, "")}"${media ? ` media="${media.replace(/[&"<]/g, "")}"` : ""}>${escapeRaw(css, "style")}</style>`);
    if (isRemote(href)) {
      const answer = project.shelf.address(href, "style");
      if (answer.kind === "file") {
        project.shelve(answer.shelved);
        replace(startTag(tag, { href: answer.href, integrity: null, crossorigin: "anonymous" }));
      } else if (answer.kind === "css") {
        for (const { url, hint } of answer.missing) project.unshelve(url, hint);
        style(answer.css, "fonts");
      } else project.unshelve(answer.unshelved.url, answer.unshelved.hint);
      return;
    }
    const file = project.file(path, href);
    if (file === undefined) project.missing(path, href, lineAt(source, tag.start));
    else style(rewriteCss(project.files[file]!, file, project), file);
    return;
  }
  // Nothing else a link asks for can be reached, and each attempt would be an error in the console.
  if (rel.some((value) => ["preconnect", "dns-prefetch", "prefetch", "preload", "modulepreload", "manifest", "prerender"].includes(value))) replace("");
  else if (rel.some((value) => value === "icon" || value.endsWith("-icon")) && !/^data:/i.test(href)) replace("");
}

function rewriteDirective({ project, path, source, edits }: Context, tag: Tag): void {
  const line = lineAt(source, tag.start);
  const directive = (attribute(tag, "http-equiv") ?? "").trim().toLowerCase();
  if (tag.name === "base" && attribute(tag, "href") !== undefined) {
    edits.push({ start: tag.start, end: tag.end, text: startTag(tag, { href: null }) });
    project.problem(path, line, "A base address has no effect in a preview.", "Use relative paths without <base href>.");
  } else if (directive === "refresh") {
    edits.push({ start: tag.start, end: tag.end, text: "" });
    project.problem(path, line, "A page may not send itself elsewhere.", "Remove the refresh directive.");
  } else if (directive === "content-security-policy") {
    edits.push({ start: tag.start, end: tag.end, text: "" });
  }
}

function rewriteSources({ project, path, source, edits }: Context, tag: Tag): void {
  const changes: Record<string, string> = {};
  const names = SOURCES[tag.name] ?? [];
  for (const { name, value } of tag.attributes) {
    if (name === "style" && /url\(/i.test(value)) {
      const css = rewriteCss(value, path, project, lineAt(source, tag.start));
      if (css !== value) changes[name] = css;
    } else if (names.includes(name)) {
      const changed = name === "srcset" ? sourceSet(value, (item) => address(item)) : address(value);
      if (changed !== undefined && changed !== value) changes[name] = changed;
    }
  }
  if (Object.keys(changes).length) edits.push({ start: tag.start, end: tag.end, text: startTag(tag, changes) });

  function address(reference: string): string | undefined {
    const value = reference.trim();
    if (!value || /^(data:|blob:|#|about:|javascript:)/i.test(value) || value.includes("{{") || value.includes("${")) return undefined;
    if (isRemote(value)) {
      project.unshelve(value, tag.name === "iframe" ? "Previews frame no other pages." : IMAGES);
      return undefined;
    }
    const data = project.dataAddress(path, value);
    if (!data) project.missing(path, value, lineAt(source, tag.start));
    return data;
  }
}

const IMAGES = "Previews load no images or media from the web. Use inline SVG, a CSS gradient or a data: address.";

function sourceSet(value: string, rewrite: (address: string) => string | undefined): string | undefined {
  if (/data:/i.test(value)) return undefined;
  return value
    .split(",")
    .map((candidate) => {
      const [first = "", ...rest] = candidate.trim().split(/\s+/);
      return [rewrite(first) ?? first, ...rest].join(" ");
    })
    .join(", ");
}

/** Merge the page's import maps, with every address answered from the files or the shelf. */
function readImportMaps(project: Project, path: string, source: string, tags: Tag[]): ImportMap {
  const merged: ImportMap = { imports: {}, scopes: {} };
  for (const tag of tags) {
    if (tag.name !== "script" || (attribute(tag, "type") ?? "").trim().toLowerCase() !== "importmap") continue;
    const line = lineAt(source, tag.start);
    try {
      const map: unknown = JSON.parse(source.slice(tag.text!.start, tag.text!.end));
      const given = map as { imports?: Record<string, unknown>; scopes?: Record<string, Record<string, unknown>> };
      answerMap(given.imports ?? {}, merged.imports);
      // Scopes only choose versions of dependencies of dependencies, which the shelf has settled.
    } catch (error) {
      project.problem(path, line, `The import map is not JSON: ${(error as Error).message}`, "Correct the import map.");
    }
  }
  return merged;

  function answerMap(given: Record<string, unknown>, into: Record<string, string>): void {
    for (const [key, address] of Object.entries(given)) {
      if (typeof address !== "string") continue;
      if (isRemote(address) && address.endsWith("/") && key.endsWith("/")) {
        const below = project.shelf.below(prefixOf(key, address));
        for (const { rest, href } of below) into[key + rest] = href;
        if (!below.length) project.unshelve(address);
      } else if (isRemote(address)) {
        const answer = project.shelf.address(address, "module");
        if (answer.kind === "file") {
          project.shelve(answer.shelved);
          into[key] = answer.href;
        } else if (answer.kind === "none") {
          project.unshelve(answer.unshelved.url, answer.unshelved.hint);
          into[key] = address;
        }
      } else {
        into[key] = localModule(address) ?? address;
      }
    }
  }

  function localModule(address: string): string | undefined {
    const file = project.file(path, address);
    return file === undefined ? undefined : dataAddress("text/javascript", project.files[file]!);
  }
}

/** `three/addons/` for an address such as `https://…/three@0.160.0/examples/jsm/`. */
function prefixOf(key: string, address: string): string {
  if (/\/examples\/jsm\/$/.test(address)) return "three/addons/";
  const name = /\/((?:@[\w.-]+\/)?[\w.-]+?)(?:@[^/]*)?\/$/.exec(address)?.[1];
  return name ? `${name}/` : key;
}
