// Builds the shelf: static/build/shelf/<stamp>/** and shelf.json, the table that the assembler carries.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { classic, instead, modules, styleImports } from "./libraries.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const installed = join(here, "..", "node_modules");
const SERVED = new Set([".js", ".mjs", ".css", ".woff2", ".svg", ".png", ".gif"]);
const SUBSETS = ["latin", "latin-ext"];

/** A short name for everything the shelf is made from: its own sources and the lock. */
export function stamp() {
  const hash = createHash("sha256");
  for (const path of [...walk(here), join(here, "..", "package-lock.json")].sort()) hash.update(readFileSync(path));
  return hash.digest("hex").slice(0, 10);
}

/** Build into `out` unless it already holds this stamp; returns the shelf table. */
export async function buildShelf(out) {
  const root = stamp();
  const tablePath = join(out, "shelf.json");
  if (existsSync(tablePath)) {
    const table = JSON.parse(readFileSync(tablePath, "utf8"));
    if (table.root === root && existsSync(join(out, root))) return table;
  }
  const made = `${out}.making-${process.pid}`;
  rmSync(made, { recursive: true, force: true });
  const target = join(made, root);
  mkdirSync(target, { recursive: true });
  const libraries = {};
  for (const library of classic) libraries[library.name] = await shelveClassic(library, target);
  const table = {
    root,
    libraries,
    modules: await shelveModules(target),
    fonts: shelveFonts(target),
    styleImports,
    instead,
  };
  writeFileSync(join(made, "shelf.json"), JSON.stringify(table));
  rmSync(out, { recursive: true, force: true });
  renameSync(made, out);
  return table;
}

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}

function version(folder) {
  return JSON.parse(readFileSync(join(installed, folder, "package.json"), "utf8")).version;
}

/** Copy one library's classic files; returns its row of the table. */
async function shelveClassic(library, target) {
  const from = library.from ?? library.name;
  const source = join(installed, from);
  const folder = `lib/${library.name}`;
  const files = [];
  for (const item of library.files) {
    const path = join(source, item);
    if (!existsSync(path)) throw new Error(`shelf: ${from}/${item} is not installed`);
    for (const file of statSync(path).isDirectory() ? walk(path) : [path]) {
      const inside = relative(source, file).split("\\").join("/");
      if (!SERVED.has(extname(file)) || inside.endsWith(".esm.js")) continue;
      const to = join(target, folder, inside);
      mkdirSync(dirname(to), { recursive: true });
      // Source maps are not served, and a dangling pointer to one is a failed request in every console.
      if (/\.(js|css)$/.test(file)) writeFileSync(to, readFileSync(file, "utf8").replace(/^\s*(\/\/[#@]|\/\*#) sourceMappingURL=.*$/gm, ""));
      else cpSync(file, to);
      files.push(inside);
    }
  }
  if (library.bundle) {
    await build({
      entryPoints: [library.bundle.entry],
      absWorkingDir: join(here, ".."),
      outfile: join(target, folder, library.bundle.path),
      bundle: true,
      minify: true,
      format: "iife",
      globalName: library.bundle.global,
      footer: { js: `${library.bundle.global}=${library.bundle.global}.default??${library.bundle.global};` },
    });
    files.push(library.bundle.path);
  }
  for (const main of [library.script, library.style]) if (main && !files.includes(main)) throw new Error(`shelf: ${library.name} lacks ${main}`);
  const row = { version: version(from), folder, files: files.filter((file) => /\.(m?js|css)$/.test(file)).sort() };
  if (library.names) row.names = library.names;
  if (library.major) row.major = library.major;
  if (library.script) row.script = library.script;
  if (library.style) row.style = library.style;
  return row;
}

/** Build every ES module in one pass with shared chunks; returns specifier -> {file, version}. */
async function shelveModules(target) {
  const file = (spec) => `esm/${spec.replace(/\.js$/, "").replaceAll("/", "__")}`;
  const rows = {};
  for (const { spec } of modules) {
    const parts = spec.split("/");
    const name = spec.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
    rows[spec] = { file: `${file(spec)}.js`, version: version(name) };
  }
  const exported = exportNames(modules.filter(({ names }) => names).map(({ spec, from = spec }) => from));
  const wrappers = new Map();
  for (const { spec, from = spec, names, only } of modules) if (names || only) wrappers.set(spec, wrapper(from, only ?? exported[from]));
  const source = ({ spec, from = spec }) => (wrappers.has(spec) ? `shelf:${spec}` : from.startsWith("./") ? join(here, from) : from);
  await build({
    entryPoints: modules.map((module) => ({ in: source(module), out: file(module.spec) })),
    absWorkingDir: join(here, ".."),
    outdir: target,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    minify: true,
    chunkNames: "esm/chunks/[hash]",
    legalComments: "none",
    logLevel: "error",
    define: {
      // Development React says what is wrong in words; the other libraries read the same switch.
      "process.env.NODE_ENV": '"development"',
      "process.env": "{}",
      global: "globalThis",
      __VUE_OPTIONS_API__: "true",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    plugins: [
      {
        name: "shelf",
        setup(on) {
          on.onResolve({ filter: /^shelf:/ }, ({ path }) => ({ path: path.slice(6), namespace: "shelf" }));
          on.onLoad({ filter: /.*/, namespace: "shelf" }, ({ path }) => ({ contents: wrappers.get(path), resolveDir: here }));
        },
      },
    ],
  });
  return rows;
}

/** The export names of CommonJS packages, asked in a process of its own: some keep a port open once loaded. */
function exportNames(specs) {
  const ask = `process.stdout.write(JSON.stringify(Object.fromEntries(${JSON.stringify(specs)}.map((spec) => [spec, Object.keys(require(spec))]))),()=>process.exit(0))`;
  return JSON.parse(execFileSync(process.execPath, ["-e", ask], { cwd: join(here, ".."), encoding: "utf8" }));
}

/** The source of a CommonJS package's entry: its exports are listed by name, since `export *` cannot see them. */
function wrapper(from, names) {
  const lines = names.filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== "default").map((name) => `const $${name}=whole.${name};export{$${name} as ${name}};`);
  return `import whole from ${JSON.stringify(from)};export default whole;${lines.join("")}`;
}

/** Copy the Latin subsets of every installed face; returns family (lower case) -> what it has. */
function shelveFonts(target) {
  const faces = {};
  for (const scope of ["@fontsource-variable", "@fontsource"]) {
    for (const id of readdirSync(join(installed, scope))) {
      const source = join(installed, scope, id);
      const about = JSON.parse(readFileSync(join(source, "metadata.json"), "utf8"));
      const files = new Set(readdirSync(join(source, "files")));
      const variable = scope === "@fontsource-variable";
      const subsets = SUBSETS.filter((subset) => about.subsets.includes(subset));
      const weights = variable ? [about.variable.wght.min, about.variable.wght.max].map(Number) : about.weights;
      const styles = about.styles.filter((style) => files.has(`${id}-latin-${variable ? "wght" : weights[0]}-${style}.woff2`));
      for (const subset of subsets)
        for (const style of styles)
          for (const weight of variable ? ["wght"] : weights) {
            const file = `${id}-${subset}-${weight}-${style}.woff2`;
            mkdirSync(join(target, "fonts"), { recursive: true });
            cpSync(join(source, "files", file), join(target, posix.join("fonts", file)));
          }
      faces[about.family.toLowerCase()] = { family: about.family, id, variable, weights, styles, subsets };
    }
  }
  return faces;
}
