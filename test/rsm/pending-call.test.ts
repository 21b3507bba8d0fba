import { expect, test } from "vitest";
import { PendingCall } from "../../src/rsm/caller/pending-call.ts";

function pending(): PendingCall {
  return new PendingCall({ kind: "time", shard: 0 }, Infinity, () => {});
}

function open(call: PendingCall): number[] {
  const ids: number[] = [];
  call.forgetAttempts((id) => ids.push(id));
  return ids.toSorted((a, b) => a - b);
}

test("an attempt that was answered is open no more, and only the newest one is the newest", () => {
  const call = pending();
  for (const id of [1, 2, 3]) call.attempt(id, 0, 0);
  expect(open(call)).toEqual([1, 2, 3]);
  expect([call.answered(2), call.answered(3)]).toEqual([false, true]);
  expect(open(call)).toEqual([1]);
  call.attempt(4, 0, 0);
  expect([call.answered(1), open(call)]).toEqual([false, [4]]);
});

test("of many attempts without an answer the oldest is forgotten", () => {
  const call = pending();
  const forgotten = Array.from({ length: 18 }, (_, id) => call.attempt(id, 0, 0)).filter((id) => id !== undefined);
  expect(forgotten).toEqual([0, 1]);
  expect(open(call)).toEqual(Array.from({ length: 16 }, (_, at) => at + 2));
});
