import fc from "fast-check";
import { expect, test } from "vitest";
import { duration, durationText, wholeNumber } from "../../src/cli/arguments.ts";

test("a whole number within its range is taken, both ends included", () => {
  const parse = wholeNumber({ min: -1, max: 9 });
  expect(["-1", "0", "-0", "9", "007"].map(parse)).toEqual([-1, 0, 0, 9, 7]);
});

test.each(["", " 1", "1.0", "1e3", "0x10", "ten", "-2", "10", "+1", "Infinity"])("the whole number %j is refused", (text) => {
  expect(() => wholeNumber({ min: -1, max: 9 })(text)).toThrow(`'${text}' is not a whole number from -1 to 9.`);
});

test("a number that no double holds exactly is refused", () => {
  expect(wholeNumber()("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => wholeNumber()("9007199254740992")).toThrow("is not a whole number of at least 0.");
});

test("a long argument is cut in the error", () => {
  expect(() => wholeNumber()("x".repeat(1000))).toThrow(`'${"x".repeat(37)}...' is not`);
});

test("durations come in four units", () => {
  expect(["0ms", "250ms", "1.5s", "5m", "2h"].map(duration())).toEqual([0, 250, 1500, 300_000, 7_200_000]);
});

test.each(["", "20", "5 s", "-1s", "1d", "ms", "1.s", "2h", "0.4s"])("the duration %j is refused", (text) => {
  expect(() => duration({ min: 500, max: 3_600_000 })(text)).toThrow(
    `'${text}' is not a duration (such as 250ms, 1.5s, 5m, 2h) from 500ms to 1h.`,
  );
});

test("a duration that is shown is parsed back", () => {
  fc.assert(fc.property(fc.nat(), (ms) => duration()(durationText(ms)) === ms));
  expect([0, 1500, 60_000, 7_200_000].map(durationText)).toEqual(["0ms", "1500ms", "1m", "2h"]);
});
