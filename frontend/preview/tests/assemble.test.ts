/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";

import { assemble } from "../assemble";
import { scan } from "../html";
import { Shelf } from "../shelf";
import type { Files, Framework } from "../types";
import { readReport } from "../wire";

const made = (files: Files, framework: Framework = "html") => assemble(files, framework, { shelfOrigin: "http://preview" });
const page = async (html: string, more: Files = {}) => made({ "index.html": html, ...more });

test("a page that needs nothing is left byte for byte", async () => {
  const html = "<!doctype html>\r\n<TITLE>a < b</TITLE><p class=x data-a='1' hidden>&nbsp;<!-- <script src=no.js> --></p><script type=text/x>if (a<b) '</p>'</script><style>p{}</style><script> </script>";
  assert.equal((await page(html)).html, html);
});

test("a script inside a page stands on the lines it has there, under the page's name", async () => {
  const source = "<!doctype html>\n<title>t</title>\n\n<script>one()\ntwo()</script><script type=module>\nthree()\n</script>\n<script type=text/babel><a/></script>";
  const { html } = await made({ "my page.html": source });
  const scripts = scan(html).filter(({ name }) => name === "script").map(({ text }) => html.slice(text!.start, text!.end));
  const lineOf = (word: string, script: string | undefined) => script!.split("\n").findIndex((line) => line.includes(word)) + 1;
  assert.deepEqual([lineOf("one()", scripts[0]), lineOf("two()", scripts[0]), lineOf("three()", scripts[1])], [4, 5, 6]);
  for (const script of scripts.slice(0, 2)) assert.match(script, /^\/\/# sourceURL=my%20page\.html$/m);
  assert.equal(scripts[2], "<a/>");
  const first = await page("<script>one()</script>");
  assert.equal(first.html, "<script>one()\n//# sourceURL=index.html</script>");
});

test("attributes are read in every form", () => {
  const [tag] = scan("<a  HREF = 'x>y' b=1 c d=\"&amp;\u0026\" e='&#65;'>");
  assert.deepEqual(
    tag?.attributes.map(({ name, value }) => [name, value]),
    [["href", "x>y"], ["b", "1"], ["c", ""], ["d", "&&"], ["e", "A"]],
  );
});

test("text of scripts and comments is not markup", () => {
  assert.deepEqual(scan("<script>'<img>'</script><!-- <b> --><i>").map(({ name }) => name), ["script", "i"]);
  assert.deepEqual(scan("<script>unclosed <img>").map(({ name }) => name), ["script"]);
});

test("what is missing is named with its line", async () => {
  const { problems } = await page("<!doctype html>\n<link rel=stylesheet href=a.css>\n<script src='b.js'></script>\n<style>\n\np{background:url(c.png)}</style>");
  assert.deepEqual(problems.map(({ path, line, message }) => [path, line, message]), [
    ["index.html", 2, "a.css is not one of the files."],
    ["index.html", 3, "b.js is not one of the files."],
    ["index.html", 6, "c.png is not one of the files."],
  ]);
});

test("paths cannot leave the project, and circles of imports end", async () => {
  const { html, problems } = await page("<link rel=stylesheet href='../../a.css'>", { "a.css": "@import 'b.css'; .a{}", "b.css": "@import url(a.css); .b{}" });
  assert.match(html, /\.b\{\}[\s\S]*\.a\{\}/);
  assert.deepEqual(problems, []);
  const modules = await page("<script type=module src=a.js></script>", { "a.js": "import './b.js'", "b.js": "import './a.js'" });
  assert.equal(modules.html.match(/hc:\/b\.js/g)?.length, 1 + 0);
});

test("a closing tag inside a file cannot end its element", async () => {
  const { html } = await page("<script type='text/babel' src='a.jsx'></script><link rel=stylesheet href=b.css>", { "a.jsx": "const a = '</script><b>'", "b.css": "p::after{content:'</style><b>'}" });
  assert.deepEqual(scan(html).map(({ name }) => name), ["script", "style"]);
});

test("known addresses become shelf files and lose their integrity", async () => {
  const { html, shelved, unshelved } = await page('<script src="https://unpkg.com/react@17/umd/react.production.min.js" integrity="x" crossorigin></script><script src=//example.com/x.js></script>');
  assert.match(html, /src="http:\/\/preview\/shelf\/[0-9a-f]+\/lib\/react\/umd\/react\.production\.min\.js"/);
  assert.doesNotMatch(html, /integrity/);
  assert.equal(shelved[0]?.library, "react");
  assert.deepEqual(unshelved.map(({ url }) => url), ["//example.com/x.js"]);
});

test("every common way of naming a library finds it", () => {
  const shelf = new Shelf("");
  const script = (url: string) => shelf.address(url, "script").kind;
  const style = (url: string) => shelf.address(url, "style").kind;
  const module = (url: string) => shelf.address(url, "module").kind;
  for (const url of [
    "https://cdnjs.cloudflare.com/ajax/libs/Chart.js/3.9.1/chart.min.js",
    "https://cdn.jsdelivr.net/npm/chart.js@4.4.0/dist/chart.umd.min.js",
    "https://cdn.jsdelivr.net/npm/chart.js",
    "https://unpkg.com/@babel/standalone@7.23.0/babel.min.js",
    "https://cdnjs.cloudflare.com/ajax/libs/babel-standalone/7.23.5/babel.min.js",
    "https://cdnjs.cloudflare.com/ajax/libs/react/18.2.0/umd/react.production.min.js",
    "https://cdnjs.cloudflare.com/ajax/libs/gsap/3.12.5/ScrollTrigger.min.js",
    "https://cdn.tailwindcss.com/3.4.1?plugins=forms,typography",
    "https://cdn.jsdelivr.net/npm/@tailwindcss/browser@4",
    "https://cdnjs.cloudflare.com/ajax/libs/three.js/r128/three.min.js",
    "https://cdn.jsdelivr.net/npm/three@0.128.0/examples/js/controls/OrbitControls.js",
    "https://d3js.org/d3.v5.min.js",
    "https://ajax.googleapis.com/ajax/libs/jquery/3.6.0/jquery.min.js",
    "https://cdn.jsdelivr.net/npm/bootstrap@5.3.0/dist/js/bootstrap.bundle.min.js",
    "https://cdn.jsdelivr.net/gh/alpinejs/alpine@v2.8.0/dist/alpine.min.js",
    "https://unpkg.com/lucide@latest/dist/umd/lucide.js",
    "https://cdnjs.cloudflare.com/ajax/libs/highlight.js/11.9.0/highlight.min.js",
    "https://cdn.jsdelivr.net/npm/canvas-confetti@1.6.0/dist/confetti.browser.min.js",
    "https://cdnjs.cloudflare.com/ajax/libs/animejs/3.2.1/anime.min.js",
    "https://unpkg.com/vue@3.4.0/dist/vue.global.prod.js",
    "https://cdnjs.cloudflare.com/ajax/libs/p5.js/1.4.0/p5.js",
    "https://unpkg.com/aos@2.3.1/dist/aos.js",
  ])
    assert.equal(script(url), "file", url);
  for (const url of [
    "https://cdnjs.cloudflare.com/ajax/libs/font-awesome/5.15.4/css/all.min.css",
    "https://use.fontawesome.com/releases/v5.15.4/css/all.css",
    "https://maxcdn.bootstrapcdn.com/bootstrap/4.5.2/css/bootstrap.min.css",
    "https://cdn.jsdelivr.net/npm/bootstrap-icons@1.11.1/font/bootstrap-icons.css",
    "https://cdnjs.cloudflare.com/ajax/libs/animate.css/4.1.1/animate.min.css",
    "https://cdnjs.cloudflare.com/ajax/libs/prism/1.29.0/themes/prism-tomorrow.min.css",
    "https://unpkg.com/leaflet@1.9.4/dist/leaflet.css",
  ])
    assert.equal(style(url), "file", url);
  for (const url of [
    "https://esm.sh/react@18.2.0",
    "https://esm.sh/react-dom@18.2.0/client?deps=react@18.2.0",
    "https://esm.sh/lucide-react@0.263.1",
    "https://cdn.skypack.dev/three@0.132.2/examples/jsm/controls/OrbitControls.js",
    "https://cdn.jsdelivr.net/npm/d3@7/+esm",
    "https://unpkg.com/htm/preact/index.mjs?module",
    "https://ga.jspm.io/npm:zustand@4.5.0/esm/index.mjs",
    "https://unpkg.com/vue@3/dist/vue.esm-browser.js",
    "https://cdn.jsdelivr.net/npm/gsap@3/ScrollTrigger.js",
  ])
    assert.equal(module(url), "file", url);
  assert.equal(style("https://fonts.googleapis.com/css?family=Open+Sans:400,700|Roboto"), "css");
  assert.equal(script("https://unpkg.com/echarts@5/dist/echarts.min.js"), "none");
  assert.equal(module("https://esm.sh/three/addons/loaders/GLTFLoader.js"), "none");
});

test("a face that is missing is named with faces that are not", async () => {
  const { html, unshelved } = await page('<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Inter:wght@400..700&family=Nonesuch+Sans&display=swap">');
  assert.match(html, /@font-face\{font-family:'Inter'/);
  assert.equal(unshelved.length, 1);
  assert.match(unshelved[0]!.hint, /“Nonesuch Sans” is not on the shelf.*Inter/s);
});

test("the entry of a React project is found", async () => {
  for (const path of ["src/main.tsx", "index.tsx", "App.tsx", "src/App.jsx", "deep/Only.tsx"]) {
    const { html, problems } = await made({ [path]: "export default function A() { return <p>hi</p> }" }, "react");
    assert.deepEqual(problems, [], path);
    assert.ok(html.includes(`hc:/${path}`), path);
  }
  assert.equal((await made({ "a.tsx": "export const a = 1" }, "react")).problems.length, 1);
  assert.equal((await made({}, "html")).problems.length, 1);
});

test("types, JSX and aliases compile without moving lines", async () => {
  const { html } = await made({ "App.tsx": "import type { A } from './types'\n\n\nexport default (p: { a?: A }) => <p>{p.a as string}</p>", "types.ts": "export type A = string" }, "react");
  const module = decodeURIComponent(/"hc:\/App\.tsx":"data:text\/javascript;charset=utf-8,([^"]*)"/.exec(html)![1]!);
  assert.equal(module.split("\n").findIndex((line) => line.includes("export default")), 3);
  assert.ok(!html.includes("hc:/types.ts"));
});

test("Tailwind comes only when it is meant", async () => {
  const plain = await made({ "App.tsx": "export default () => <p className='card flex-col'>hi</p>" }, "react");
  assert.doesNotMatch(plain.html, /tailwind/);
  const wind = await made({ "App.tsx": "export default () => <p className='flex-col items-center p-4 text-xl bg-white'>hi</p>" }, "react");
  assert.match(wind.html, /text\/tailwindcss/);
});

test("directives that would leave are removed and named", async () => {
  const { html, problems } = await page('<meta http-equiv="refresh" content="0;url=https://example.com"><base href="https://example.com/"><meta http-equiv=Content-Security-Policy content="default-src \'none\'">');
  assert.equal(html, "<base>");
  assert.equal(problems.length, 2);
});

/** Processor time in milliseconds: what a busy machine does meanwhile does not count. */
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

test("no text makes the scanners slow", async () => {
  const many = (text: string, length = 500_000) => text.repeat(Math.floor(length / text.length));
  const texts = ["<", "<a ", "<style>url(", "<style>@import ", "<!-- -->", "<script type=module>import(", "<img src=a>\n", "<script src=a></script>\n", '<script type=module>import "./a"</script>\n'].map((text) => many(text));
  texts.push(`<style>${many("url(")}`, `<style>${many('"\\')}`, `<style>${many('@import "x";\n')}`, `<style>${many("a{b:url(x)}\n")}`, `<img ${many("src=x ")}`, `<img srcset="${many("a,")}">`, `<p style='${many('url("')}`);
  texts.push(Array.from({ length: 20_000 }, (_, n) => `<img src=//a.b/${n}>\n`).join(""));
  for (const text of texts) {
    const begin = spent();
    await page(text);
    assert.ok(spent() - begin < 4000, `${text.slice(0, 40)}: ${spent() - begin} ms`);
  }
  for (const css of [many(".a"), many(".a,"), many(":global(")]) {
    const begin = spent();
    await assemble({ "App.tsx": 'import "./a.module.css"; export default 1', "a.module.css": css }, "react", { shelfOrigin: "http://127.0.0.1" });
    assert.ok(spent() - begin < 4000, `${css.slice(0, 40)}: ${spent() - begin} ms`);
  }
});

test("copies of files cannot make a page without bounds", async () => {
  const svg = await assemble({ "index.html": "<img src=b.svg>".repeat(3000), "b.svg": "<".repeat(500_000) }, "html", { shelfOrigin: "http://127.0.0.1" });
  assert.ok(svg.html.length < 40_000_000);
  assert.match(svg.problems[0]!.message, /too large/);
  const sheets = Object.fromEntries(Array.from({ length: 24 }, (_, n) => [`a${n}.css`, `@import "a${n + 1}.css"; @import "./a${n + 1}.css"; b { top: 0 }`]));
  const doubled = await assemble({ "index.html": "<link rel=stylesheet href=a0.css>", ...sheets }, "html", { shelfOrigin: "http://127.0.0.1" });
  assert.ok(doubled.html.length < 40_000_000);
  assert.ok(doubled.problems.some(({ message }) => /too large/.test(message)));
});

test("reports from a frame are checked and cut", () => {
  assert.equal(readReport(null), null);
  assert.equal(readReport({ say: "unknown" }), null);
  assert.deepEqual(readReport({ say: "error", message: 5, source: {}, line: "x" }), { say: "error", message: "", source: "", line: 0 });
  const report = readReport({ say: "console", level: "__proto__", message: "x".repeat(9999) });
  assert.ok(report?.say === "console" && report.level === "log" && report.message.length === 4000);
});

test("names that every object has are names like any other", async () => {
  for (const name of ["constructor", "__proto__", "toString/x", "hasOwnProperty"]) assert.equal(new Shelf("http://preview").bare(name).kind, "none", name);
  assert.equal(new Shelf("http://preview").address("https://unpkg.com/constructor@1", "script").kind, "none");
  assert.equal(new Shelf("http://preview").bareStyle("constructor"), null);
  const fonts = await page('<link rel=stylesheet href="https://fonts.googleapis.com/css?family=Constructor">');
  assert.match(fonts.unshelved[0]!.hint, /“Constructor” is not on the shelf/);
  const app = await made({ "App.tsx": 'import s from "./a.module.css"; import "constructor"; export default () => <p className={s.constructor}/>', "a.module.css": ".constructor{color:red}" }, "react");
  assert.match(app.html, /\.a_module_constructor|\.a_constructor/);
  assert.equal(app.unshelved.length, 1);
});
