import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "../../src/client/line-splitter.ts";

test("lines are the same however they come in pieces", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n"), maxLength: 60 });
  fc.assert(
    fc.property(fc.array(text), (pieces) => {
      const splitter = new LineSplitter(1_000_000);
      const lines = pieces.flatMap((piece) => splitter.push(piece));
      const whole = pieces.join("").split("\n");
      expect(splitter.end()).toBe(whole.pop() || undefined);
      expect(lines).toEqual(whole);
    }),
  );
});

test("a line that is too long is told once, and the next one is whole", () => {
  const splitter = new LineSplitter(4);
  expect(splitter.push("1234\n123")).toEqual(["1234"]);
  expect(splitter.push("45")).toEqual([]);
  expect(splitter.push("6789")).toEqual([]);
  expect(splitter.push("\nab\n")).toEqual([undefined, "ab"]);
});
