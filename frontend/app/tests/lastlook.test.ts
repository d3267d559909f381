/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";

import { points, type Look } from "../bench/lastlook";
import type { CheckRun } from "../lib/contract";
import { summarise } from "../lib/summary";

const run = (change: Partial<CheckRun>): CheckRun => ({ check: "render", status: "passed", policy: "block", summary: "", findings: [], ...change });
const look = (change: Partial<Look>): Look => ({
  changes: summarise({ "index.html": "a" }, { "index.html": "b" }), hasBase: true, limit: 1000, claim: "Clearer type and order.",
  criteria: [{ slug: "design", name: "Design", question: "?" }], ratings: { design: 4 }, report: { rev: 3, done: true, runs: [run({})] }, older: false, ...change,
});
const said = (change: Partial<Look>): string[] => points(look(change)).map((point) => `${point.tone} ${point.jump?.to ?? "-"}`);

test("a finished draft is ready in every point", () => {
  assert.deepEqual(said({}), ["ok -", "ok -", "ok -", "ok -"]);
});

test("each missing part leads to where it is made", () => {
  const missing = { changes: summarise({ "a.html": "a" }, { "a.html": "a" }), claim: " short ", ratings: {}, report: null };
  assert.deepEqual(said(missing), ["bad files", "bad claim", "look ratings", "look checks"]);
  assert.deepEqual(said({ limit: 0 })[0], "bad files");
});

test("findings that would send it back are named; older results say so", () => {
  const error = { code: "blank", severity: "error" as const, message: "The page is blank.", path: "index.html", line: 3 };
  const failed = { rev: 3, done: true, runs: [run({ status: "failed", findings: [error, { ...error, severity: "note" }] })] };
  const point = points(look({ report: failed })).at(-1);
  assert.deepEqual([point?.tone, point?.findings], ["bad", [error]]);
  assert.match(points(look({ report: failed, older: true })).at(-1)?.text ?? "", /edited the files since they ran on draft 3/);
  const warned = { rev: 3, done: true, runs: [run({ status: "failed", policy: "warn", findings: [error] })] };
  assert.deepEqual(said({ report: warned })[3], "look checks");
  assert.deepEqual(said({ older: true })[3], "look checks");
});
