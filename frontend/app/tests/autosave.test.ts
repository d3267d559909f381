/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";

import { initialSave, isUnsaved, retryDelay, SAVE_LONGEST, SAVE_PAUSE, saveDelay, step, type SaveEffect, type SaveEvent, type SaveState } from "../lib/autosave";

function run(state: SaveState, ...events: SaveEvent[]): [SaveState, SaveEffect[]] {
  let effects: SaveEffect[] = [];
  for (const event of events) {
    const [next, more] = step(state, event);
    state = next;
    effects = [...effects, ...more];
  }
  return [state, effects];
}

const fresh = initialSave(7, null);
const edit: SaveEvent = { type: "edit", at: 0 };
const due: SaveEvent = { type: "due" };
const saved = (rev: number): SaveEvent => ({ type: "saved", rev, savedAt: "2026-01-01T00:00:00Z", at: 0 });

test("a pause sends what was typed, and typing without one is sent all the same", () => {
  const at = (ms: number): SaveEvent => ({ type: "edit", at: ms });
  const [state, effects] = run(fresh, at(0), at(400), at(SAVE_LONGEST - 300), at(SAVE_LONGEST + 50));
  assert.equal(state.status, "dirty");
  assert.deepEqual(effects.map((effect) => (effect.do === "schedule" ? effect.after : -1)), [SAVE_PAUSE, SAVE_PAUSE, 300, 0]);
  assert.ok(SAVE_PAUSE < 2000 && SAVE_LONGEST < 5000);
});

test("the clock of unsent typing starts anew with each save, at the first edit it does not carry", () => {
  const at = (ms: number): SaveEvent => ({ type: "edit", at: ms });
  const [state, effects] = run(fresh, at(0), due, at(100), { type: "saved", rev: 8, savedAt: "", at: 3000 });
  assert.equal(state.since, 100);
  assert.deepEqual(effects.at(-1), { do: "schedule", after: saveDelay(100, 3000) });
  assert.equal(run(state, due)[0].since, null);
});

test("a save that covers every edit ends in saved with the new revision", () => {
  const [state, effects] = run(fresh, edit, due, saved(8));
  assert.deepEqual([state.status, state.rev, isUnsaved(state)], ["saved", 8, false]);
  assert.deepEqual(effects.map((effect) => effect.do), ["schedule", "save"]);
});

test("an edit during a save is saved next, not forgotten", () => {
  const [state, effects] = run(fresh, edit, due, edit, saved(8));
  assert.deepEqual([state.status, state.rev, isUnsaved(state)], ["dirty", 8, true]);
  assert.deepEqual(effects.at(-1), { do: "schedule", after: SAVE_PAUSE });
  assert.equal(run(state, due, saved(9))[0].status, "saved");
});

test("only one save runs at a time", () => {
  const [, effects] = run(fresh, edit, due, due, { type: "flush" }, { type: "online" });
  assert.equal(effects.filter((effect) => effect.do === "save").length, 1);
});

test("an unreachable server is retried with growing pauses, and at once when the network returns", () => {
  const away: SaveEvent = { type: "unreachable", message: "away" };
  const [state, effects] = run(fresh, edit, due, away, due, away);
  assert.deepEqual([state.status, state.attempts, isUnsaved(state)], ["offline", 2, true]);
  assert.deepEqual(effects.filter((effect) => effect.do === "schedule").map((effect) => (effect.do === "schedule" ? effect.after : 0)), [SAVE_PAUSE, 1000, 2000]);
  assert.equal(run(state, { type: "online" })[0].status, "saving");
  assert.equal(run(state, { type: "online" }, saved(8))[0].attempts, 0);
  assert.equal(retryDelay(50), 10_000);
});

test("edits while offline stay unsaved and do not start a second timer", () => {
  const [, effects] = run(fresh, edit, due, { type: "unreachable", message: "" });
  const [state, more] = run(run(fresh, edit, due, { type: "unreachable", message: "" })[0], edit, edit);
  assert.equal(effects.length, 3);
  assert.deepEqual([state.status, more.length], ["offline", 0]);
});

test("a conflict stops saving until it is resolved on the server's revision", () => {
  const [state] = run(fresh, edit, due, { type: "conflict" });
  assert.equal(state.status, "conflict");
  assert.deepEqual(run(state, edit, due, { type: "flush" })[1], []);
  const [resolved, effects] = run(state, { type: "resolved", rev: 12 });
  assert.deepEqual([resolved.status, resolved.rev, isUnsaved(resolved)], ["dirty", 12, true]);
  assert.deepEqual(effects, [{ do: "schedule", after: 0 }]);
});

test("a refused draft waits for the next edit", () => {
  const [state] = run(fresh, edit, due, { type: "refused", message: "too large" });
  assert.deepEqual([state.status, state.message], ["refused", "too large"]);
  assert.deepEqual(run(state, due)[1], []);
  assert.equal(run(state, edit)[0].status, "dirty");
});

test("nothing is sent after the lease is lost, and later answers change nothing", () => {
  const [state] = run(fresh, edit, due, { type: "lost", message: "gone" });
  const [after, effects] = run(state, edit, due, { type: "flush" }, { type: "online" }, saved(9), { type: "conflict" });
  assert.deepEqual([after.status, after.rev, isUnsaved(after), effects.length], ["lost", 7, true, 0]);
});
