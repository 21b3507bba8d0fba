import { expect, test } from "vitest";
import { ClearingPace } from "../../../src/shardkv/leader/clearing-pace.ts";

test("a leader clears one page at a time", () => {
  const pace = new ClearingPace();
  expect([pace.begin(0), pace.begin(1)]).toEqual([true, false]);
});

test("it rests for three times as long as the page took, though no client is there", () => {
  const pace = new ClearingPace();
  pace.begin(0);
  pace.end(10);
  expect([pace.restsUntil, pace.begin(39), pace.begin(40)]).toEqual([40, false, true]);
});

test("it rests for a second at most", () => {
  const pace = new ClearingPace();
  pace.begin(0);
  pace.end(5000);
  expect(pace.restsUntil).toBe(6000);
});

test("a page that ends when none has begun makes no rest", () => {
  const pace = new ClearingPace();
  pace.end(10);
  expect(pace.begin(10)).toBe(true);
});

test("the next term begins at once", () => {
  const pace = new ClearingPace();
  pace.begin(0);
  pace.end(10);
  pace.clear();
  expect(pace.begin(11)).toBe(true);
  pace.clear();
  expect(pace.begin(12)).toBe(true);
});
