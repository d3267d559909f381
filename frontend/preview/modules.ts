/** ES modules without a bundler: every file becomes a data: module, named `hc:/path` in an import map. */
import type * as Compilers from "./compile";
import { isRemote, rewriteCss } from "./css";
import { lineAt } from "./html";
import { type Project, dataAddress, mediaType } from "./project";
import { CDN_URL } from "./shelf";

const CODE = /\.(tsx|ts|jsx|js|mjs)$/;
const ENDINGS = ["", ".tsx", ".ts", ".jsx", ".js", ".mjs", ".json", "/index.tsx", "/index.ts", "/index.jsx", "/index.js"];
const ENVIRONMENT = '({MODE:"production",PROD:true,DEV:false,SSR:false,BASE_URL:"/"})';

interface Found {
  code: string;
  imports: { name: string | undefined; start: number; end: number; dynamic: boolean; statement: string; attributes: boolean; at: number }[];
  metas: number[];
  hasDefault: boolean;
}

let compilers: typeof Compilers | null = null;

/** A project has modules, and what reads them is not here yet: `fetchCompilers`, and begin again. */
export class CompilersWanted extends Error {}

export async function fetchCompilers(): Promise<void> {
  compilers = await import("./compile");
}

// The same files are assembled at every keystroke; only the one being edited changes.
const transformed = new Map<string, Found>();
const REMEMBERED = 300;

export class Modules {
  /** Import map entries: `hc:/path` or a name of the page's own map -> address. */
  readonly imports: Record<string, string> = {};
  readonly styles: { path: string; css: string }[] = [];
  readonly #added = new Set<string>();
  #stubs = 0;

  constructor(
    readonly project: Project,
    readonly react: boolean,
    readonly pageMap: ReadonlySet<string> = new Set(),
  ) {}

  /** Add a file and everything it imports; returns the specifier that stands for it. */
  add(path: string): string {
    const specifier = `hc:/${encodeURI(path)}`;
    if (this.#added.has(path)) return specifier;
    this.#added.add(path);
    const source = this.project.files[path]!;
    this.imports[specifier] = dataAddress("text/javascript", CODE.test(path) ? this.#module(path, source) : this.#asset(path, source));
    return specifier;
  }

  /** Rewrite the imports of a module written inside a page. */
  inline(code: string, path: string, firstLine: number): string {
    return this.#rewrite(read(path, code, "as it is", this.project, firstLine), path, firstLine);
  }

  /** Whether the file has a default export and does not render itself. */
  wantsMounting(path: string): boolean {
    const source = this.project.files[path]!;
    return !/\b(createRoot|hydrateRoot|ReactDOM\.render)\s*\(/.test(source) && (read(path, source, "by name", null).hasDefault || /\bexport\s+default\b/.test(source));
  }

  #module(path: string, source: string): string {
    return `${this.#rewrite(read(path, source, "by name", this.project), path, 1)}\n//# sourceURL=${encodeURI(path)}`;
  }

  #rewrite(found: Found, path: string, firstLine: number): string {
    let code = "";
    let at = 0;
    const edits = [
      ...found.metas.map((start) => ({ start, end: start + "import.meta.env".length, text: () => ENVIRONMENT })),
      ...found.imports.flatMap((item) => {
        const { name } = item;
        if (name === undefined) return [];
        return { start: item.start, end: item.end, text: () => quoted(this.#resolve(name, path, item, firstLine + lineAt(found.code, item.at) - 1), item.dynamic) };
      }),
    ].sort((a, b) => a.start - b.start);
    for (const edit of edits) {
      code += found.code.slice(at, edit.start) + edit.text();
      at = edit.end;
    }
    return rewriteAddresses(code + found.code.slice(at), this.project);
  }

  #resolve(name: string, from: string, item: Found["imports"][number], line: number): string {
    if (/^(data|blob|hc):/.test(name)) return name;
    if (isRemote(name)) return this.#shelf(this.project.shelf.address(name, "module"), name, from, item, line);
    const local = this.#local(name, from);
    if (local !== undefined) {
      if (item.attributes && local.endsWith(".json")) {
        this.imports[`hc:/${encodeURI(local)}?json`] = dataAddress("application/json", this.project.files[local]!);
        return `hc:/${encodeURI(local)}?json`;
      }
      if (/\?raw$/.test(name)) return dataAddress("text/javascript", `export default ${JSON.stringify(this.project.files[local]!)}`);
      return this.add(local);
    }
    if (/^(\.{0,2}\/|@\/|~\/)/.test(name)) {
      this.project.missing(from, name, line);
      return this.#stub(`${name}, imported by ${from}, is not one of the files`, item);
    }
    const style = this.project.shelf.bareStyle(name);
    if (style) {
      if (style.kind === "css") {
        this.styles.push({ path: name, css: style.css });
        for (const { url, hint } of style.missing) this.project.unshelve(url, hint);
      } else if (style.kind === "file") {
        this.project.shelve(style.shelved);
        this.styles.push({ path: name, css: `@import url("${style.href}");` });
      } else {
        this.project.unshelve(name, style.unshelved.hint);
      }
      return "data:text/javascript,";
    }
    if (this.pageMap.has(name) || prefixes(name).some((prefix) => this.pageMap.has(prefix))) return name;
    if (!this.react) {
      this.project.problem(from, line, `The browser cannot find “${name}”.`, `Add it to an import map, or import it from https://esm.sh/${name}.`);
      return name;
    }
    return this.#shelf(this.project.shelf.bare(name), name, from, item, line);
  }

  #shelf(answer: ReturnType<Project["shelf"]["bare"]>, name: string, from: string, item: Found["imports"][number], line: number): string {
    if (answer.kind === "file") {
      this.project.shelve(answer.shelved);
      return answer.href;
    }
    const hint = answer.kind === "none" ? answer.unshelved.hint : "This is a stylesheet.";
    this.project.unshelve(name, hint);
    this.project.problem(from, line, `${name} does not load in a preview.`, hint);
    return this.#stub(`${name} does not load in a preview. ${hint}`, item);
  }

  #local(name: string, from: string): string | undefined {
    const alias = /^[@~]\/(.*)$/s.exec(name)?.[1];
    const find = (reference: string) =>
      this.project.file(from, reference, ENDINGS) ?? (/\.jsx?$/.test(reference) ? this.project.file(from, reference.replace(/\.jsx?$/, ""), [".ts", ".tsx"]) : undefined);
    if (alias !== undefined) return find(`/src/${alias}`) ?? find(`/${alias}`) ?? find(`/app/${alias}`);
    return /^\.{0,2}\//.test(name) || name === "." || name === ".." ? find(name) : undefined;
  }

  /** A module that has the names asked for, and says on loading why it has nothing else. */
  #stub(message: string, item: Found["imports"][number]): string {
    const names = [.../\{([^}]*)\}/.exec(item.statement)?.[1]?.matchAll(/(?:^|,)\s*(?:type\s+)?([A-Za-z_$][\w$]*)/g) ?? []].map((match) => match[1]!);
    const exported = [...new Set(names)].filter((name) => name !== "default").map((name) => `const $${name}=undefined;export{$${name} as ${name}};`);
    const specifier = `hc:stub/${++this.#stubs}`;
    this.imports[specifier] = dataAddress("text/javascript", `${exported.join("")}export default undefined;throw new Error(${JSON.stringify(message)})`);
    return specifier;
  }

  #asset(path: string, source: string): string {
    if (path.endsWith(".css")) {
      let css = rewriteCss(source, path, this.project);
      const names = Object.create(null) as Record<string, string>;
      if (path.endsWith(".module.css")) css = scopeClasses(css, path, names);
      this.styles.push({ path, css });
      return `export default ${JSON.stringify(names)}`;
    }
    if (path.endsWith(".json")) {
      try {
        return `export default ${JSON.stringify(JSON.parse(source))}`;
      } catch (error) {
        this.project.problem(path, undefined, `This is not JSON: ${(error as Error).message}`, "Correct the file.");
        return `throw new SyntaxError(${JSON.stringify(`${path} is not JSON`)})`;
      }
    }
    return `export default ${JSON.stringify(dataAddress(mediaType(path), source))}`;
  }
}

/** Replace addresses of known CDNs that stand as whole strings in a script, as in `loadScript("https://…")`. */
export function rewriteAddresses(code: string, project: Project): string {
  if (!/https?:\/\//.test(code)) return code;
  return code.replace(STRINGS, (whole: string, quote: string, address: string) => {
    const style = /\.css(\?|$)|fonts\.googleapis/.test(address);
    const answer = project.shelf.address(address, style ? "style" : /[./]m?js$|\/\/cdn\.tailwindcss|unpkg|cdnjs|jsdelivr/.test(address) ? "script" : "module");
    if (answer.kind === "file") {
      project.shelve(answer.shelved);
      return quote + answer.href + quote;
    }
    if (answer.kind === "none") project.unshelve(answer.unshelved.url, answer.unshelved.hint);
    return whole;
  });
}
const STRINGS = new RegExp(`(["'\`])(${CDN_URL.source})\\1`, "g");

/** Everything that `name` starts with and that ends in a slash. */
function prefixes(name: string): string[] {
  return [...name.matchAll(/\//g)].slice(0, 20).map(({ index }) => name.slice(0, index + 1));
}

function quoted(specifier: string, dynamic: boolean): string {
  // The lexer's span of a dynamic import includes its quotes.
  return dynamic ? JSON.stringify(specifier) : specifier.replaceAll('"', "%22").replaceAll("'", "%27");
}

/** Transform and take apart one module. With `project`, a syntax error becomes a problem and a module that throws. Throws CompilersWanted. */
function read(path: string, source: string, how: "as it is" | "by name", project: Project | null, firstLine = 1): Found {
  const key = `${how}\0${path}\0${source}`;
  const known = transformed.get(key);
  if (known) return known;
  if (!compilers) throw new CompilersWanted();
  const { parse, transform } = compilers;
  let code = source;
  try {
    if (how === "by name" && /\.(tsx?|jsx)$/.test(path)) code = transformCode(transform, path, source);
    const found = take(parse, code);
    transformed.set(key, found);
    if (transformed.size > REMEMBERED) transformed.delete(transformed.keys().next().value!);
    return found;
  } catch (error) {
    if (how === "by name" && /\.(m?js)$/.test(path))
      // JSX in a .js file is common in React projects.
      try {
        return take(parse, transformCode(transform, path, source));
      } catch {
        // The first error says more.
      }
    const { message, line } = explain(error as Error & { loc?: { line: number }; idx?: number }, code);
    project?.problem(path, line === undefined ? undefined : firstLine + line - 1, message, "Correct the syntax.");
    const text = `${path}${line === undefined ? "" : `:${line}`}: ${message}`;
    return { code: how === "as it is" ? source : `throw new SyntaxError(${JSON.stringify(text)})`, imports: [], metas: [], hasDefault: false };
  }
}

function transformCode(transform: typeof Compilers.transform, path: string, source: string): string {
  const transforms: ("typescript" | "jsx")[] = path.endsWith(".ts") ? ["typescript"] : path.endsWith(".tsx") ? ["typescript", "jsx"] : ["jsx"];
  return transform(source, { transforms, jsxRuntime: "automatic", production: true, disableESTransforms: true, filePath: path }).code;
}

function take(parse: typeof Compilers.parse, code: string): Found {
  const [imports, exports] = parse(code);
  return {
    code,
    imports: imports
      .filter((item) => item.type !== "import-meta")
      .map((item) => ({
        name: item.specifier,
        start: item.start,
        end: item.end,
        dynamic: item.type === "dynamic",
        statement: code.slice(item.importStart, item.importEnd),
        attributes: item.attributes !== null,
        at: item.importStart,
      })),
    metas: imports.filter((item) => item.type === "import-meta" && code.startsWith("import.meta.env", item.start)).map((item) => item.start),
    hasDefault: exports.some((item) => item.type !== "reexport-all" && item.name === "default"),
  };
}

function explain(error: Error & { loc?: { line: number }; idx?: number }, code: string): { message: string; line: number | undefined } {
  const message = error.message.replace(/^Error transforming [^:]*: /, "").replace(/\s*\(\d+:\d+\)$/, "");
  if (error.loc) return { message, line: error.loc.line };
  return { message: error.idx === undefined ? message : "Unexpected token", line: error.idx === undefined ? undefined : lineAt(code, error.idx) };
}

/** CSS modules: give each class of the file a name of its own; `names` receives old -> new. */
function scopeClasses(css: string, path: string, names: Record<string, string>): string {
  const stem = path.replace(/^.*\//, "").replace(/\.module\.css$/, "");
  const scoped = (selector: string) =>
    selector.replace(/:global\(([^()]*)\)|\.(-?[_a-zA-Z][\w-]*)/g, (_, global: string | undefined, name: string) => global ?? `.${(names[name] ??= `${stem}_${name}`)}`);
  return css.replace(/[^{};]+(?:[{};]|$)/g, (part) => (part.endsWith("{") ? scoped(part) : part));
}
