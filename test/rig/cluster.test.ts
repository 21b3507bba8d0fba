import { expect, test } from "vitest";
import { pausesOf } from "./cluster/pauses.ts";

const changes = [
  { at: 100, moved: new Set([1]) },
  { at: 200, moved: new Set([2]) },
];
const wait = (shard: number, call: number, returned: number): { shard: number; call: number; returned: number } => ({
  shard,
  call,
  returned,
});

test("an operation is one on a shard that moved from when its move was asked for until the next change was", () => {
  const waits = [wait(1, 90, 99), wait(1, 95, 105), wait(1, 199, 230), wait(1, 201, 240), wait(2, 150, 199), wait(2, 205, 250)];
  expect(pausesOf(waits, changes, 10)).toEqual({ moved: [10, 31, 45], stayed: [9, 39, 49] });
});

test("a shard counts as on its way for a while also where the next change comes sooner", () => {
  expect(pausesOf([wait(1, 201, 240), wait(1, 260, 300)], changes, 150)).toEqual({ moved: [39], stayed: [40] });
  expect(pausesOf([wait(2, 9000, 9001)], changes, 10)).toEqual({ moved: [1], stayed: [] });
});
