/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";

import { GIVE_UP, Watch } from "../checks/watch";
import type { CheckReport, CheckRun } from "../lib/contract";
import { Problem } from "../lib/http";

const run = (status: CheckRun["status"]): CheckRun => ({ check: "static", status, policy: "block", summary: "", findings: [] });
const report = (rev: number, ...states: CheckRun["status"][]): CheckReport => ({ rev, done: states.length > 0 && states.every((state) => state === "passed"), runs: states.map(run) });

/** A server whose answers are let go by hand, in any order. */
function server() {
  const heard: CheckReport[] = [];
  const asked: { rev: number; answer: (report: CheckReport) => void; fail: (error: Error) => void }[] = [];
  const watch = new Watch({
    ask: (rev) => new Promise((answer, fail) => asked.push({ rev, answer, fail })),
    onReport: (one) => heard.push(one),
    wait: async () => undefined,
  });
  const next = async () => {
    while (!asked.length) await new Promise((resolve) => setImmediate(resolve));
    return asked.shift()!;
  };
  return { watch, heard, next };
}

test("a late answer about an earlier draft does not take the place of a newer one", async () => {
  const { watch, heard, next } = server();
  const earlier = watch.look(3);
  const slow = await next();
  watch.stop();
  const newer = watch.follow(4);
  (await next()).answer(report(4, "passed"));
  assert.equal(await newer, "done");
  slow.answer(report(3));
  assert.equal(await earlier, "over");
  assert.deepEqual(heard.map(({ rev, runs }) => [rev, runs.length]), [[4, 1]]);
});

test("an earlier draft's running checks are no longer followed once a newer one's begin", async () => {
  const { watch, heard, next } = server();
  const earlier = watch.look(3);
  (await next()).answer(report(3, "running"));
  const poll = await next();
  const newer = watch.follow(4);
  poll.answer(report(3, "passed"));
  (await next()).answer(report(4, "passed"));
  assert.deepEqual(await Promise.all([earlier, newer]), ["over", "done"]);
  assert.deepEqual(heard.map(({ rev }) => rev), [3, 4]);
});

test("a server that is away is asked again, one that refuses is not, and a worker that never comes is given up", async () => {
  const { watch, next } = server();
  const away = watch.follow(1);
  (await next()).fail(new Problem(503, "busy", "Away."));
  (await next()).answer(report(1, "passed"));
  assert.equal(await away, "done");

  const refused = assert.rejects(watch.follow(1), /No such draft/);
  (await next()).fail(new Problem(400, "bad_input", "No such draft."));
  await refused;

  let waited = 0;
  const slow = new Watch({ ask: async () => report(1, "queued"), onReport: () => undefined, wait: async (ms) => void (waited += ms) });
  assert.equal(await slow.follow(1), "waiting");
  assert.equal(waited, GIVE_UP);
});
