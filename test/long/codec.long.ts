import { expect, test } from "vitest";
import { fuzzDecoder } from "../base/codec-fuzz.ts";

test("five million inputs are decoded or refused as malformed", () => {
  const { inputs, malformed, accepted, elementsMax } = fuzzDecoder(5_000_000, 1);
  expect(malformed + accepted).toBe(inputs);
  expect(malformed).toBeGreaterThan(1_000_000);
  expect(accepted).toBeGreaterThan(100_000);
  expect(elementsMax).toBeLessThanOrEqual(65_536);
});
