/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";

import { entryOf } from "../../preview/entry";
import { assemble } from "../../preview/assemble";
import { entryEdit } from "../editor/entry";
import { FileBook } from "../editor/filebook";
import { treeRows } from "../editor/filetree";
import { difference } from "../editor/format";
import { lint } from "../editor/lint/lint";

const told = (path: string, text: string): string[] => lint(path, text).map((fault) => `${fault.line} «${text.slice(fault.from, fault.to)}» ${fault.message}`);

test("each language's parser names the line and what is wrong", () => {
  assert.deepEqual(told("a.html", "<main>\n<section>\n</main>\n</i>"), ["2 «<section» <section> is never closed.", "4 «</i>» </i> closes nothing that is open here."]);
  assert.deepEqual(told("a.html", "<p>x\n<script>\nlet a = ;\n</script>\n<style>a { color red }</style>"), ["3 «;» Unexpected token.", "5 «color» “color” is neither a rule nor a declaration here."]);
  assert.deepEqual(told("a.css", "a {}\nb { c: d;"), ["2 «b» This block is never closed: a } is missing."]);
  assert.deepEqual(told("a.tsx", "const a = {\n  b: 1\n  c: 2 };"), ['3 «c» Unexpected token, expected ",".']);
  assert.deepEqual(told("a.js", "if (x) {\n  foo("), ["2 «(» The code ends too early: a bracket, brace or quote is not closed."]);
  assert.match(told("a.json", '{\n  "a": 1,\n}')[0] ?? "", /^3 «}»/);
});

test("what browsers and compilers take is not called wrong", () => {
  assert.deepEqual(told("a.html", "<!doctype html><ul><li>a<li>b</ul><p>x<p>y<br><img><table><tr><td>1<td>2</table><svg><path d=''/></svg><script type='text/x-template'><b></script>"), []);
  assert.deepEqual(told("a.html", "<script type=module>await import('./a.js')</script><script type=importmap>{}</script><script type='text/babel'>const a = <b/></script>"), []);
  assert.deepEqual(told("a.css", "@import 'tailwindcss'; @theme { --c: 1 } .a { &:hover { @apply p-1 } } @container (width > 1px) { a { b: c } }"), []);
  assert.deepEqual(told("a.tsx", "type A<T> = { a?: T }; const f = <T,>(a: T) => a satisfies T; export default () => <><b {...f({})} /></>;"), []);
  assert.deepEqual(told("a.ts", "const a = <string>b; enum E { A }"), []);
  assert.deepEqual(told("a.js", "await fetch('x')"), []);
  assert.deepEqual([...told("a.txt", "<<<{{{"), ...told("a.css", " \n")], []);
});

test("files become rows of a tree: folders first, marks carried up, closed folders shut", () => {
  const book = new FileBook({ "src/App.tsx": "1", "src/parts/Card.tsx": "2", "a.css": "", "index.html": "" }, { "src/App.tsx": "0", "index.html": "", "old.css": "" });
  const rows = treeRows(book.tabs(), new Set());
  assert.deepEqual(rows.map((row) => `${row.level}${row.kind === "folder" ? "/" : " "}${row.name} ${row.mark} ${row.position}of${row.siblings}`), [
    "1/src changed 1of4", "2/parts changed 1of2", "3 Card.tsx added 1of1", "2 App.tsx changed 2of2", "1 a.css added 2of4", "1 index.html same 3of4", "1 old.css removed 4of4",
  ]);
  assert.deepEqual(treeRows(book.tabs(), new Set(["src"])).map((row) => row.name), ["src", "a.css", "index.html", "old.css"]);
});

test("the entry is the file that the runtime opens, and another can be made it", async () => {
  const files = { "App.tsx": "export default () => <i>app</i>", "Other.tsx": "export default () => <i>other</i>", "util.ts": "export default 1" };
  assert.equal(entryOf(files, "react"), "App.tsx");
  assert.equal(entryEdit(files, "react", "util.ts"), null);
  const edit = entryEdit(files, "react", "Other.tsx");
  assert.deepEqual(edit, { write: "src/main.tsx", text: 'export { default } from "../Other";\n' });
  const after = { ...files, "src/main.tsx": 'export { default } from "../Other";\n' };
  assert.equal(entryOf(after, "react"), "src/main.tsx");
  const made = await assemble(after, "react", { shelfOrigin: "https://preview.invalid" });
  assert.deepEqual(made.problems, []);
  assert.match(made.html, /Page from "hc:\/src\/main\.tsx"/);
  assert.equal(entryOf({ "index.html": '<script type="module" src="/src/go.js"></script>', "src/go.js": "", "App.tsx": "" }, "react"), "src/go.js");
  assert.equal(entryEdit({ ...files, "src/main.tsx": "createRoot(x).render(<App/>)" }, "react", "Other.tsx"), null);
  assert.equal(entryOf({ "a.html": "", "b.html": "" }, "html"), undefined);
  assert.deepEqual(entryEdit({ "a.html": "", "b.html": "" }, "html", "a.html"), { rename: "index.html" });
  assert.equal(entryEdit({ "index.html": "", "b.html": "" }, "html", "b.html"), null);
});

test("a formatted text is one small edit", () => {
  assert.equal(difference("a", "a"), null);
  for (const [before, after] of [["let a=1\nlet b", "let a = 1;\nlet b"], ["", "x"], ["aa", "a"], ["abab", "ab"]] as const) {
    const change = difference(before, after);
    assert.ok(change);
    assert.equal(before.slice(0, change.from) + change.insert + before.slice(change.to), after);
  }
});
