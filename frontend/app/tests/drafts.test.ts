/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Draft, DraftBody } from "../lib/contract";
import { byteSize, compareFiles, formatBytes, lineDelta, mergeDrafts, sameDraft } from "../lib/drafts";
import { isCopy, printOf, recover, type LocalCopy } from "../lib/localcopy";
import { summarise } from "../lib/summary";

const mine: DraftBody = { rev: 3, files: { "a.html": "mine", "b.css": "same", "new.js": "1" }, rationale: "m", ratings: { design: 4 } };
const theirs: Draft = { rev: 5, files: { "a.html": "theirs", "b.css": "same", "gone.js": "2" }, rationale: "t", ratings: { design: 2 }, saved_at: null };

test("files are compared by path", () => {
  assert.deepEqual(compareFiles(theirs.files, mine.files), [
    { path: "a.html", change: "changed" }, { path: "b.css", change: "same" }, { path: "gone.js", change: "removed" }, { path: "new.js", change: "added" },
  ]);
});

test("a merge takes each path from the side chosen, mine by default, on the server's revision", () => {
  const merged = mergeDrafts(mine, theirs, { files: { "a.html": "theirs", "gone.js": "theirs" }, rationale: "mine", ratings: "theirs" });
  assert.deepEqual(merged, { rev: 5, files: { "a.html": "theirs", "b.css": "same", "gone.js": "2", "new.js": "1" }, rationale: "m", ratings: { design: 2 } });
  const kept = mergeDrafts(mine, theirs, { files: {}, rationale: "mine", ratings: "mine" });
  assert.deepEqual(kept.files, mine.files);
  assert.equal(kept.rev, 5);
});

test("choosing their side for a file they deleted deletes it", () => {
  assert.deepEqual(Object.keys(mergeDrafts(mine, theirs, { files: { "new.js": "theirs", "a.html": "mine" }, rationale: "mine", ratings: "mine" }).files), ["a.html", "b.css"]);
});

test("line counts", () => {
  assert.deepEqual(lineDelta("a\nb\nc\n", "a\nc\nd\ne\n"), { added: 2, removed: 1 });
  assert.deepEqual(lineDelta("", "a\n"), { added: 1, removed: 0 });
  assert.deepEqual(lineDelta("a\na\n", "a\n"), { added: 0, removed: 1 });
});

test("sizes are UTF-8", () => {
  assert.equal(byteSize({ a: "é", b: "€" }), 5);
  assert.deepEqual([999, 1000, 12_345, 1_048_576].map(formatBytes), ["999 B", "1.0 kB", "12.3 kB", "1.0 MB"]);
});

const { saved_at: _, ...body } = theirs;
const copy = (change: Partial<LocalCopy>): LocalCopy => ({ ...body, at: 1, seat: "9", ...change });

test("a local copy equal to the server's draft is nothing, and a damaged one neither", () => {
  assert.equal(recover(copy({}), theirs, "9").kind, "none");
  assert.equal(recover(null, theirs, "9").kind, "none");
  assert.equal(recover({ rev: 5 } as LocalCopy, theirs, "9").kind, "none");
  assert.ok(!isCopy({ ...copy({}), files: { "a.html": 1 } }));
});

test("unsent edits on the same revision are restored; on an older one both sides are shown", () => {
  assert.equal(recover(copy({ rationale: "more" }), theirs, "9").kind, "restore");
  assert.equal(recover(copy({ rationale: "more", rev: 4 }), theirs, "9").kind, "conflict");
  assert.equal(recover(copy({ rationale: "more", seat: "8" }), theirs, "9").kind, "conflict");
  assert.ok(!sameDraft(mine, theirs));
});

test("edits made while the next version was on its way are restored when that version arrived", () => {
  const shuffled = { ...theirs, files: Object.fromEntries(Object.entries(theirs.files).reverse()) };
  assert.equal(recover(copy({ rationale: "more", rev: 4, sending: printOf(shuffled) }), theirs, "9").kind, "restore");
  assert.equal(recover(copy({ rationale: "more", rev: 4, sending: printOf(mine) }), theirs, "9").kind, "conflict");
});

test("a copy of an earlier seat is restored when the new one starts from the version it was written on", () => {
  const opened: Draft = { ...theirs, rev: 0, seeded_from: { seat: 8, rev: 3 } };
  assert.equal(recover(copy({ rationale: "more", seat: "8", rev: 3 }), opened, "9").kind, "restore");
  assert.equal(recover(copy({ rationale: "more", seat: "8", rev: 2 }), opened, "9").kind, "conflict");
});

test("a summary tells each file's lines and size", () => {
  const made = summarise(theirs.files, { "a.html": "mine\nmore\n", "b.css": "same", "new.js": "é" });
  assert.deepEqual(made.files.map(({ path, change, added, removed, bytes }) => [path, change, added, removed, bytes]), [
    ["a.html", "changed", 2, 1, 10], ["gone.js", "removed", 0, 1, 0], ["new.js", "added", 1, 0, 2],
  ]);
  assert.deepEqual([made.added, made.removed, made.bytes, made.before], [3, 2, 16, 11]);
});
