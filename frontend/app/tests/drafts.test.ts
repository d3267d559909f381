/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Draft, DraftBody } from "../lib/contract";
import { byteSize, compareFiles, formatBytes, lineDelta, mergeDrafts, sameDraft } from "../lib/drafts";
import { recover, type LocalCopy } from "../lib/localcopy";

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

const copy = (change: Partial<LocalCopy>): LocalCopy => ({ ...theirs, at: 1, ...change });

test("a local copy equal to the server's draft is nothing", () => {
  assert.equal(recover(copy({}), theirs).kind, "none");
  assert.equal(recover(null, theirs).kind, "none");
  assert.equal(recover({ rev: 5 } as LocalCopy, theirs).kind, "none");
});

test("unsent edits on the same revision are restored; on an older one both sides are shown", () => {
  assert.equal(recover(copy({ rationale: "more" }), theirs).kind, "restore");
  assert.equal(recover(copy({ rationale: "more", rev: 4 }), theirs).kind, "conflict");
  assert.ok(!sameDraft(mine, theirs));
});
