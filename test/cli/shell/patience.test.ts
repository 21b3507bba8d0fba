import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Patience } from "../../../src/cli/shell/patience.ts";

let told: string[];
beforeEach(() => {
  vi.useFakeTimers();
  told = [];
});
afterEach(() => void vi.useRealTimers());

function patience(why: () => Promise<string>): Patience {
  return new Patience(why, (text, waitedMs) => void told.push(`${waitedMs} ${text}`));
}

test("who waits is told why after two seconds, and then after ever longer pauses, up to a minute", async () => {
  const waiting = patience(() => Promise.resolve("because"));
  await vi.advanceTimersByTimeAsync(1999);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(150_000);
  expect(told.map((text) => Number(text.split(" ")[0]))).toEqual([2000, 6000, 14_000, 30_000, 62_000, 122_000]);
  waiting.stop();
});

test("the reason is the one of that moment", async () => {
  const waiting = patience(() => Promise.resolve("one"));
  await vi.advanceTimersByTimeAsync(2000);
  waiting.explain(() => Promise.resolve("another"));
  await vi.advanceTimersByTimeAsync(4000);
  expect(told).toEqual(["2000 one", "6000 another"]);
  waiting.stop();
});

test("a reason that takes long to find is waited for, but not in silence", async () => {
  const waiting = patience(() => new Promise((resolve) => setTimeout(() => resolve("at last"), 3000)));
  await vi.advanceTimersByTimeAsync(5000);
  expect(told).toEqual(["2500 No answer has come yet.", "5000 at last"]);
  // From then on it is known that it takes long.
  await vi.advanceTimersByTimeAsync(7000);
  expect(told.slice(2)).toEqual(["12000 at last"]);
  waiting.stop();
});

test("who waits no more is told nothing, also when the reason is found only then", async () => {
  const waiting = patience(() => new Promise((resolve) => setTimeout(() => resolve("late"), 100)));
  await vi.advanceTimersByTimeAsync(2050);
  waiting.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a reason that cannot be found is told as well", async () => {
  const waiting = patience(() => Promise.reject(new Error("nobody knows")));
  await vi.advanceTimersByTimeAsync(2000);
  expect(told).toEqual(["2000 Error: nobody knows"]);
  waiting.stop();
});
