// Builds static/build: the shelf, the preview runtime and the app's entries. `--watch` rebuilds; `--tests` builds tests.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";
import { buildShelf } from "./shelf/build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "build");
const started = performance.now();

const shelf = await buildShelf(join(out, "shelf"));

const shelfTable = {
  name: "shelf-table",
  setup(on) {
    on.onResolve({ filter: /^shelf:table$/ }, () => ({ path: "table", namespace: "shelf-table" }));
    on.onLoad({ filter: /.*/, namespace: "shelf-table" }, () => ({ contents: JSON.stringify(shelf), loader: "json" }));
  },
};

// Parts of the transformer that no preview uses: other module systems, and the check of its options, which are ours.
const UNUSED = {
  "CJSImportTransformer.js": "export default class {}",
  "CJSImportProcessor.js": "export default class {}",
  "ReactHotLoaderTransformer.js": "export default class {}",
  "JestHoistTransformer.js": "export default class {}",
  "Options.js": "export const validateOptions = () => undefined;",
};
const leanSucrase = {
  name: "lean-sucrase",
  setup(on) {
    on.onLoad({ filter: /sucrase[\\/]dist[\\/]esm[\\/].*\.js$/ }, ({ path }) => {
      const contents = UNUSED[path.split(/[\\/]/).at(-1)];
      return contents === undefined ? undefined : { contents, loader: "js" };
    });
  },
};

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  plugins: [shelfTable, leanSucrase],
  // The version of the assembler the page asks for changes whenever anything it is made from may have.
  define: { HILLCLIMB_BUILD: JSON.stringify(runtimeStamp()) },
};
// Some packages ask for modules of Node by name, which a bundled test must be able to give them.
const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

if (process.argv.includes("--tests")) {
  rmSync(join(here, "build", "tests"), { recursive: true, force: true });
  const entryPoints = [...files("preview/tests", ".test.ts"), ...files("app/tests", ".test.ts")];
  await build({ ...common, minify: false, entryPoints, outdir: join(here, "build", "tests"), entryNames: "[name]", outExtension: { ".js": ".mjs" }, format: "esm", platform: "node", packages: "bundle", banner: { js: REQUIRE } });
} else {
  const jobs = [
    { ...common, entryPoints: { assemble: "preview/assemble.ts" }, outdir: join(out, "preview"), format: "iife", globalName: "HillclimbAssemble" },
    { ...common, entryPoints: { "assemble.worker": "preview/assemble.worker.ts" }, outdir: join(out, "preview"), chunkNames: "chunks/[name]-[hash]", format: "esm", splitting: true },
    // For pages outside the app's own entries, the tests' among them.
    { ...common, entryPoints: { pane: "preview/index.ts" }, outdir: join(out, "preview"), format: "esm" },
    { ...common, entryPoints: { pane: "preview/pane.css" }, outdir: join(out, "preview") },
    { ...common, entryPoints: { frame: "preview/frame/frame.ts" }, outdir: join(out, "preview"), format: "iife", plugins: [shelfTable, framePage()] },
    { ...common, entryPoints: files("app", ".ts"), outdir: join(out, "app"), entryNames: "[name]", chunkNames: "chunks/[name]-[hash]", format: "esm", splitting: true },
    { ...common, entryPoints: files("app/editor", ".worker.ts"), outdir: join(out, "app"), entryNames: "[name]", format: "iife" },
    { ...common, entryPoints: files("app/styles", "app.css"), outdir: join(out, "app"), entryNames: "[name]", external: ["/static/*"] },
  ].filter((job) => Object.keys(job.entryPoints).length > 0);
  mkdirSync(join(out, "preview"), { recursive: true });
  // The robots' browser runs it: an installation has what is built and no packages.
  copyFileSync(join(here, "node_modules", "axe-core", "axe.min.js"), join(out, "preview", "axe.min.js"));
  // Copies of an earlier build would be sent in place of what is built now.
  for (const path of built()) if (path.endsWith(".gz")) rmSync(path);
  if (process.argv.includes("--watch")) {
    for (const job of jobs) await (await context(job)).watch();
    console.log("Watching frontend/");
  } else {
    await Promise.all(jobs.map((job) => build(job)));
    for (const path of built()) if (/\.(js|css)$/.test(path)) writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
    console.log(`Built the front end in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}

/** The files of one folder with an ending; none when the folder is missing. */
function files(folder, ending) {
  if (!existsSync(join(here, folder))) return [];
  return readdirSync(join(here, folder)).filter((name) => name.endsWith(ending)).sort().map((name) => `${folder}/${name}`);
}

/** What stands in the folders of the app and the runtime. The server sends a file's copy ending in .gz in its place. */
function built() {
  return ["app", "preview"].map((name) => join(out, name)).filter(existsSync).flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)));
}

/** A short name for the runtime's sources and the shelf under them. */
function runtimeStamp() {
  const hash = createHash("sha256").update(shelf.root);
  for (const path of files("preview", ".ts")) hash.update(readFileSync(join(here, path)));
  return hash.digest("hex").slice(0, 10);
}

/** Writes frame.html with its script inside, since a frame may reach nothing but the shelf. */
function framePage() {
  return {
    name: "frame-page",
    setup(on) {
      on.onEnd(() => {
        const script = readFileSync(join(out, "preview", "frame.js"), "utf8").replaceAll("</script", "<\\/script").trim();
        const page = readFileSync(join(here, "preview", "frame", "frame.html"), "utf8");
        writeFileSync(join(out, "preview", "frame.html"), page.replace("/* frame.js */", () => script));
      });
    },
  };
}
