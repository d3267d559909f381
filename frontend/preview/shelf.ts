/** Which shelf file answers an address or a bare import. The table itself is made by the build. */
import table, { type Library } from "shelf:table";
import { fontFaces, fontFamilies, fontHint } from "./fonts";
import type { Shelved, Unshelved } from "./types";

export type Want = "script" | "style" | "module";

export type Answer =
  | { kind: "file"; href: string; shelved: Shelved }
  | { kind: "css"; css: string; missing: Unshelved[] }
  | { kind: "none"; unshelved: Unshelved };

interface Request {
  library: string;
  version: string;
  path: string;
}

// Hostile pages choose the names that are looked up: `constructor` must be as absent as any other.
for (const names of [table.libraries, table.modules, table.styleImports, table.instead, table.fonts]) Object.setPrototypeOf(names, null);

const BY_NAME = new Map<string, Library>();
const NPM_NAME = new Map<string, string>();
for (const [name, library] of Object.entries(table.libraries))
  for (const alias of [name, ...(library.names ?? [])]) {
    BY_NAME.set(alias.toLowerCase(), library);
    NPM_NAME.set(alias.toLowerCase(), name);
  }

/** Hosts whose addresses name a package; used to find such addresses inside scripts. */
export const CDN_URL =
  /https?:\/\/(?:(?:www\.)?unpkg\.com|(?:fastly\.|gcore\.)?cdn\.jsdelivr\.net|esm\.run|cdnjs\.cloudflare\.com|esm\.sh|cdn\.esm\.sh|cdn\.skypack\.dev|ga\.jspm\.io|cdn\.tailwindcss\.com|code\.jquery\.com|ajax\.googleapis\.com|(?:stackpath|maxcdn|netdna)\.bootstrapcdn\.com|use\.fontawesome\.com|d3js\.org|threejs\.org)(?:\/[^\s"'`<>\\)]*)?/;

export class Shelf {
  readonly root: string;

  constructor(origin: string) {
    this.root = `${origin}/shelf/${table.root}`;
  }

  /** Answer an absolute address as a classic script, a stylesheet or a module. */
  address(address: string, want: Want): Answer {
    let url: URL;
    let request: Request | null;
    try {
      url = new URL(address.startsWith("//") ? `https:${address}` : address);
      request = parse(url);
    } catch {
      return none(address, "This is not an address.");
    }
    const families = fontFamilies(url);
    if (families) {
      const { css, missing } = fontFaces(families, this.root);
      return { kind: "css", css, missing: missing.map((family) => ({ url: address, hint: fontHint(family) })) };
    }
    if (!request) return none(address, hintFor(url.hostname, url.hostname));
    if (want === "module") return this.#module(request, address);
    return this.#classic(request, address, want, url);
  }

  /** Answer a bare import such as `react` or `three/addons/controls/OrbitControls.js`. */
  bare(specifier: string): Answer {
    const plain = specifier.replace(/^(@[^/]+\/[^/@]+|[^/@]+)@[^/]+/, "$1");
    const [library, path] = splitPackage(plain);
    return this.#module({ library, version: "", path }, specifier);
  }

  /** Answer a bare import of a stylesheet, or null when it is not one. */
  bareStyle(specifier: string): Answer | null {
    const known = table.styleImports[specifier];
    if (known) return this.#file(table.libraries[known[0]]!, known[0], known[1], specifier);
    const font = /^@fontsource(?:-variable)?\/([\w-]+)(?:\/.*)?$/.exec(specifier);
    if (font) {
      const face = Object.values(table.fonts).find(({ id }) => id === font[1]);
      const { css, missing } = fontFaces([face?.family ?? font[1]!], this.root);
      const variable = face && specifier.startsWith("@fontsource-variable/") ? css.replaceAll(`'${face.family}'`, `'${face.family} Variable'`) : css;
      return { kind: "css", css: variable, missing: missing.map((family) => ({ url: specifier, hint: fontHint(family) })) };
    }
    if (!specifier.endsWith(".css")) return null;
    const [library, path] = splitPackage(specifier);
    return this.#classic({ library, version: "", path }, specifier, "style");
  }

  /** The shelf's modules whose specifier starts with `prefix` (ends in a slash), for import maps. */
  below(prefix: string): { rest: string; href: string }[] {
    return Object.entries(table.modules)
      .filter(([specifier]) => specifier.startsWith(prefix))
      .map(([specifier, { file }]) => ({ rest: specifier.slice(prefix.length), href: `${this.root}/${file}` }));
  }

  #file(library: Library, name: string, path: string, url: string): Answer {
    return { kind: "file", href: `${this.root}/${library.folder}/${path}`, shelved: { url, library: name, version: library.version } };
  }

  #classic(request: Request, url: string, want: "script" | "style", address?: URL): Answer {
    const key = request.library.toLowerCase();
    let library = BY_NAME.get(key);
    let name = NPM_NAME.get(key) ?? request.library;
    if (key === "tailwindcss-cdn" && address?.searchParams.has("plugins") && library) return this.#file(library, name, "tailwindcss-with-all-plugins.js", url);
    // The name `babel-standalone` means version 6 in npm and version 7 on cdnjs.
    if (key === "babel-standalone" && !/^6/.test(request.version) && request.version) {
      name = "@babel/standalone";
      library = table.libraries[name];
    }
    if (!library) return none(url, hintFor(request.library, url));
    const named = new Set([key, name.toLowerCase().split("/").at(-1)!, "index", "main"].map((word) => word.replace(/\.js$/, "")));
    const stem = plain(request.path).replace(/\.(js|css)$/, "");
    const path = request.path ? (pick(library.files, request.path) ?? (named.has(stem) ? library[want] : undefined)) : library[want];
    if (path) return this.#file(library, name, path, url);
    const hold = library.files.length > 8 ? `for example ${library[want] ?? library.files[0]}` : library.files.join(", ");
    return none(url, `${name} ${library.version} is on the shelf, but not this file of it; there is ${hold}.`);
  }

  #module(request: Request, url: string): Answer {
    const specifier = moduleSpecifier(request);
    const module = specifier ? table.modules[specifier] : undefined;
    if (!module) return none(url, hintFor(request.library, url));
    return { kind: "file", href: `${this.root}/${module.file}`, shelved: { url, library: specifier!, version: module.version } };
  }
}

function none(url: string, hint: string): Answer {
  return { kind: "none", unshelved: { url, hint } };
}

function hintFor(library: string, url: string): string {
  const [name] = splitPackage(library);
  const other = table.instead[library] ?? table.instead[name];
  if (other) return `${library} is not on the shelf. Use ${other}.`;
  if (/\.(png|jpe?g|gif|webp|avif|svg)(\?|$)/i.test(url)) return "Previews load no images from the web. Use inline SVG, a CSS gradient or a data: address.";
  if (table.modules[name] || table.libraries[name]) return `${name} is on the shelf, but not this part of it.`;
  return "Nothing outside the shelf loads in a preview. Use a library that is on it, or write the code into the files.";
}

/** Where the CDNs put the name, the version and the path. */
function parse(url: URL): Request | null {
  const path = decodeURIComponent(url.pathname).replace(/^\/+/, "");
  switch (url.hostname.replace(/^(www|fastly|gcore)\./, "")) {
    case "unpkg.com":
    case "esm.run":
      return npm(path);
    case "cdn.jsdelivr.net":
      if (path.startsWith("npm/")) return npm(path.slice(4).replace(/\/\+esm$/, ""));
      return /^gh\/[^/]+\//.test(path) ? npm(path.replace(/^gh\/[^/]+\//, "")) : null;
    case "esm.sh":
    case "cdn.esm.sh":
      return npm(path.replace(/^(v\d+|stable|pin)\//, "").replace(/^\*/, "").replace(/\/(es20\d\d|esnext|deno)\//, "/"));
    case "cdn.skypack.dev":
      return npm(path.replace(/^-\//, ""));
    case "ga.jspm.io":
      return npm(path.replace(/^npm:/, ""));
    case "cdnjs.cloudflare.com": {
      const [library, version, ...rest] = path.replace(/^ajax\/libs\//, "").split("/");
      return library ? { library, version: version ?? "", path: rest.join("/") } : null;
    }
    case "cdn.tailwindcss.com":
      return { library: "tailwindcss-cdn", version: path, path: "" };
    case "code.jquery.com":
      return path.startsWith("jquery") ? { library: "jquery", version: "", path: path.includes("slim") ? "jquery.slim.min.js" : "" } : null;
    case "ajax.googleapis.com": {
      const [library, version, ...rest] = path.replace(/^ajax\/libs\//, "").split("/");
      return library ? { library: library === "threejs" ? "three" : library, version: version ?? "", path: rest.join("/") } : null;
    }
    case "stackpath.bootstrapcdn.com":
    case "maxcdn.bootstrapcdn.com":
    case "netdna.bootstrapcdn.com": {
      const [library, version, ...rest] = path.split("/");
      return library ? { library, version: version ?? "", path: rest.join("/") } : null;
    }
    case "use.fontawesome.com":
      return { library: "font-awesome", version: "", path: path.endsWith(".css") ? "css/all.min.css" : path };
    case "d3js.org":
      return { library: "d3", version: "", path: "" };
    case "threejs.org":
      return { library: "three", version: "", path: path.split("/").at(-1) ?? "" };
    default:
      return null;
  }
}

function npm(path: string): Request {
  const [, scope = "", name = "", version = "", rest = ""] = /^(@[^/]+\/)?([^/@]+)(?:@([^/]*))?(?:\/(.*))?$/.exec(path) ?? [];
  return { library: scope + name, version, path: rest.replace(/\/$/, "") };
}

function splitPackage(specifier: string): [library: string, path: string] {
  const parts = specifier.split("/");
  const length = specifier.startsWith("@") ? 2 : 1;
  return [parts.slice(0, length).join("/"), parts.slice(length).join("/")];
}

/** File names without what CDNs and builds add to them, so that any build of a file finds ours. */
function plain(path: string): string {
  return path.split("/").at(-1)!.toLowerCase().replace(/\.(umd|global|browser|iife|prod|production|development|dev|slim|bundle|min|cdn|esm|module)(?=\.)/g, "");
}

/** The file of `files` that best stands for `path`: itself, else same name, else same plain name. */
function pick(files: string[], path: string): string | undefined {
  const wanted = path.toLowerCase();
  const ending = wanted.slice(wanted.lastIndexOf("."));
  const same = files.filter((file) => file.toLowerCase().endsWith(ending));
  const name = wanted.split("/").at(-1)!;
  return (
    same.find((file) => file.toLowerCase() === wanted) ??
    same.find((file) => file.toLowerCase().endsWith(`/${wanted}`)) ??
    same.find((file) => file.toLowerCase().split("/").at(-1) === name) ??
    same.find((file) => plain(file) === plain(wanted))
  );
}

/** The bare import that stands for a package's file, or null when the shelf has none. */
function moduleSpecifier({ library, path }: Request): string | null {
  const name = library.toLowerCase() === "three.js" ? "three" : library;
  const inside = path.replace(/^examples\/jsm\//, "addons/");
  const short = inside.replace(/^(dist|es|esm)\//, "").replace(/(\.min|\.esm)?\.m?js$/, "");
  for (const candidate of [inside, inside.replace(/\.m?js$/, ""), `${inside}.js`, short, inside.replace(/\/index(\.\w+)*\.m?js$/, "")]) {
    const specifier = candidate && candidate !== ".js" ? `${name}/${candidate}` : name;
    if (table.modules[specifier]) return specifier;
  }
  const main = /^(?:(?:dist|build|lib|es|esm|src|cjs|umd|\+esm|es\d+|esnext)(?:\/|$)|[^/]*\.m?js$)/.test(inside) && !inside.includes("addons/");
  return main && table.modules[name] ? name : null;
}
