import fc from "fast-check";
import { expect, test } from "vitest";
import { numberText, scaleFor } from "../../../src/bench/plot/scale.ts";

test("a scale begins at 0, has few ticks, evenly spaced, and room for every value", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 20 }), (values) => {
      const { max, ticks } = scaleFor(values);
      expect(ticks[0]).toBe(0);
      expect(ticks.at(-1)).toBe(max);
      expect(max).toBeGreaterThanOrEqual(Math.max(0, ...values));
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(6);
      const step = ticks[1] ?? 0;
      expect(ticks.every((tick, at) => Math.abs(tick - at * step) <= max * 1e-9)).toBe(true);
    }),
  );
});

test.each([
  [[3910], [0, 1000, 2000, 3000, 4000]],
  [[71], [0, 20, 40, 60, 80]],
  [[0.9], [0, 0.25, 0.5, 0.75, 1]],
  [[], [0, 1]],
])("of %j the ticks are %j", (values, ticks) => {
  expect(scaleFor(values).ticks).toEqual(ticks);
});

test.each([
  [0, "0"],
  [12_345.6, "12,346"],
  [1_234_567, "1,234,567"],
  [25, "25"],
  [12.34, "12.3"],
  [2.5, "2.5"],
  [0.04, "0.04"],
])("%d is written %s", (value, text) => {
  expect(numberText(value)).toBe(text);
});
