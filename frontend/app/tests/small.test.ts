/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";

import { asNote, byWeight, tally } from "../checks/labels";
import { FileBook } from "../editor/filebook";
import { fingerprint, IdempotencyKeys, type KeyStore } from "../lib/idempotency";
import { firstPath, languageOf, pathProblem } from "../lib/paths";
import { clockOffset, money, relative, timeLeft } from "../lib/time";
import { PaneLog } from "../panes/log";
import { Stopwatch } from "../vote/stopwatch";

function memory(): KeyStore & { map: Map<string, string> } {
  const map = new Map<string, string>();
  return { map, getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value), removeItem: (key) => void map.delete(key) };
}

test("an idempotency key is kept across retries and reloads, and new for another body", () => {
  const store = memory();
  let made = 0;
  const keys = (): IdempotencyKeys => new IdempotencyKeys(store, () => `key-${++made}`);
  const first = keys().keyFor("submit:1", "{a}");
  assert.equal(keys().keyFor("submit:1", "{a}"), first);
  assert.notEqual(keys().keyFor("submit:2", "{a}"), first);
  const changed = keys().keyFor("submit:1", "{b}");
  assert.notEqual(changed, first);
  const again = keys();
  again.settle("submit:1");
  assert.notEqual(again.keyFor("submit:1", "{b}"), changed);
});

test("a damaged or full store does not stop a request", () => {
  const damaged = memory();
  damaged.map.set("hillclimb:key:s", "{not json");
  assert.equal(new IdempotencyKeys(damaged, () => "k").keyFor("s", "b"), "k");
  const full: KeyStore = { getItem: () => null, setItem: () => { throw new Error("full"); }, removeItem: () => undefined };
  assert.equal(new IdempotencyKeys(full, () => "k").keyFor("s", "b"), "k");
});

test("fingerprints differ for bodies that differ by one character", () => {
  const prints = new Set(Array.from({ length: 2000 }, (_, index) => fingerprint(`{"rev":${index}}`)));
  assert.equal(prints.size, 2000);
});

test("file names are refused for a stated reason", () => {
  for (const bad of ["", " a.html", "/a.html", "../a.html", "a//b.css", "a/./b", "..hidden", "a\u0000b", "a\\b", "e\u0301.html", "x".repeat(201)]) {
    assert.ok(pathProblem(bad, []), JSON.stringify(bad));
  }
  for (const good of ["index.html", "src/App.tsx", ".well/known.json", "é.html"]) assert.equal(pathProblem(good, ["other.css"]), null, good);
  assert.match(pathProblem("Index.html", ["index.html"]) ?? "", /case/);
  assert.match(pathProblem("src", ["src/a.js"]) ?? "", /in the way/);
  assert.match(pathProblem("src/a.js/b", ["src/a.js"]) ?? "", /in the way/);
});

test("the entry file is shown first and languages follow endings", () => {
  assert.equal(firstPath(["a.css", "index.html"]), "index.html");
  assert.equal(firstPath(["z.css", "page.html"]), "page.html");
  assert.equal(firstPath(["b.css", "a.css"]), "a.css");
  assert.equal(firstPath([]), undefined);
  assert.deepEqual(["a.TSX", "b.mjs", "c.svg", "LICENSE"].map(languageOf), ["typescript", "javascript", "html", "text"]);
});

test("a file book marks what differs from the base and can put deleted files back", () => {
  const book = new FileBook({ "index.html": "1", "a.css": "2" }, { "index.html": "1", "a.css": "1", "b.js": "3" });
  const marks = (): string => book.tabs().map((tab) => `${tab.path}=${tab.mark}`).join(" ");
  assert.equal(marks(), "index.html=same a.css=changed b.js=removed");
  book.remove("index.html");
  assert.equal(book.active, "a.css");
  book.add("b.js", book.original("b.js"));
  book.rename("a.css", "main.css");
  assert.equal(marks(), "main.css=added b.js=same index.html=removed a.css=removed");
  book.remove("main.css");
  book.remove("b.js");
  assert.equal(book.active, undefined);
});

test("time left, offsets, relative times and money", () => {
  assert.deepEqual([0, 59_000, 599_000, 600_000, 3_660_000].map(timeLeft), ["0:00", "0:59", "9:59", "10 min", "1 h 01 min"]);
  assert.equal(clockOffset("2026-01-01T00:00:10Z", Date.parse("2026-01-01T00:00:00Z"), Date.parse("2026-01-01T00:00:02Z")), 9000);
  assert.equal(clockOffset("nonsense", 0, 0), 0);
  assert.deepEqual([-300_000, 10_800_000, 5000].map((at) => relative(at, 0)), ["5 min ago", "in 3 h", "now"]);
  assert.deepEqual(["EUR", "USD", "GBP", "JPY", "CHF"].map((currency) => money(1250, currency)), ["€12.50", "$12.50", "£12.50", "¥1,250", "CHF\u00a012.50"]);
  assert.equal(money(1250, "??"), "12.50 ??");
});

test("a pane's log folds repeats and forgets the oldest", () => {
  const log = new PaneLog();
  for (let index = 0; index < 3; index++) log.push({ level: "error", text: "boom", where: "" });
  assert.equal(log.all().length, 1);
  assert.equal(log.count("error"), 3);
  for (let index = 0; index < 300; index++) log.push({ level: "info", text: String(index), where: "" });
  assert.equal(log.all().length, 200);
  assert.equal(log.dropped, 101);
});

test("findings are ordered by weight, counted, and written as notes", () => {
  const note = { code: "n", severity: "note", message: "Fine" } as const;
  const error = { code: "e", severity: "error", message: "Too wide", path: "index.html", line: 3, width: 375, fix: "Let it wrap." } as const;
  assert.deepEqual(byWeight([note, error]).map((finding) => finding.code), ["e", "n"]);
  assert.deepEqual(tally([{ check: "render", status: "running", summary: "", findings: [note, error] }]), { errors: 1, warnings: 0, notes: 1, pending: 1 });
  assert.equal(asNote(error), "- index.html:3 Too wide. (at 375 px) Let it wrap.");
});

test("the stopwatch counts visible time only", () => {
  let now = 0;
  const watch = new Stopwatch(() => now);
  watch.visible(true);
  now = 5000;
  assert.equal(watch.seconds(), 0);
  watch.start();
  now = 8000;
  watch.visible(false);
  now = 60_000;
  assert.equal(watch.seconds(), 3);
  watch.visible(true);
  now = 62_000;
  assert.equal(watch.seconds(), 5);
});
