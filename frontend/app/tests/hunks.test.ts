import assert from "node:assert/strict";
import { test } from "node:test";

import { hunksOf, lineChanges, placeOf, withTaken } from "../assist/hunks";
import { parse } from "../assist/stream";

const OLD = "a\nb\nc\nd\ne\nf\n";

test("changes are whole lines, counted from 1", () => {
  assert.deepEqual(lineChanges(OLD, "a\nB\nc\nd\ne\nf\ng\n"), [{ at: 2, count: 1, to: 2, toCount: 1 }, { at: 7, count: 0, to: 7, toCount: 1 }]);
  assert.deepEqual(lineChanges("a\nb", "a\nb"), []);
  assert.deepEqual(lineChanges("a\nb\nc", "a\nc"), [{ at: 2, count: 1, to: 2, toCount: 0 }]);
});

test("every piece taken gives the answer, whatever the order", () => {
  const OLD = "<main>\n<h1>Shop</h1>\n<p>Our things</p>\n<ul>\n<li>One</li>\n</ul>\n<p>Bye now</p>\n</main>\n";
  const NEW = "<nav></nav>\n<main>\n<h1>Shop</h1>\n<p>Much better text</p>\n<p>and more</p>\n<ul>\n<li>One</li>\n</ul>\n</main>\n<footer>\n";
  const hunks = hunksOf("x", OLD, NEW, false);
  assert.ok(hunks.length >= 3);
  assert.equal(withTaken(OLD, hunks), NEW);
  assert.equal(withTaken(OLD, [...hunks].reverse()), NEW);
  // One by one, in any order, against the file as it then is.
  for (const order of [hunks, [...hunks].reverse()]) {
    let current = OLD;
    const taken: typeof hunks = [];
    for (const hunk of order) {
      const at = placeOf(hunk, OLD, taken, current);
      assert.ok(at !== null);
      const lines = current.split("\n");
      lines.splice(at - 1, hunk.removed.length, ...hunk.added);
      current = lines.join("\n");
      taken.push(hunk);
    }
    assert.equal(current, NEW);
  }
});

test("pieces follow what the person edits elsewhere, and stop where the same lines were edited", () => {
  const [first, second] = hunksOf("x", OLD, "a\nB\nc\nd\nE\nf\n", false);
  assert.ok(first && second);
  assert.equal(placeOf(second, OLD, [], "new\nnew\n" + OLD), 7);
  assert.equal(placeOf(second, OLD, [], OLD.replace("e", "mine")), null);
  assert.equal(placeOf(first, OLD, [], OLD.replace("e", "mine")), 2);
  assert.equal(placeOf(first, OLD, [], undefined), null);
});

test("of an answer that broke off, what never came is not a deletion", () => {
  assert.deepEqual(hunksOf("x", OLD, "a\nB\nc\n", true).map((hunk) => [hunk.removed, hunk.added]), [[["b"], ["B"]]]);
});

test("a new file is one piece, and belongs nowhere once somebody else made it", () => {
  const [hunk] = hunksOf("new.css", null, "a {}\n", false);
  assert.ok(hunk);
  assert.deepEqual(hunk.added, ["a {}", ""]);
  assert.equal(placeOf(hunk, null, [], undefined), 1);
  assert.equal(placeOf(hunk, null, [], "theirs"), null);
});

test("events are read strictly", () => {
  assert.deepEqual(parse('event: lines\ndata: {"a": 1}'), { name: "lines", data: { a: 1 } });
  assert.equal(parse("event: lines\ndata: {"), null);
  assert.equal(parse('data: {"a": 1}'), null);
});
