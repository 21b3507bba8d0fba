import { expect, test } from "vitest";
import { fuzzPackets } from "../rsm/packet-fuzz.ts";

test("five million packets are decoded or refused as malformed", () => {
  const { inputs, malformed, accepted } = fuzzPackets(5_000_000, 1);
  expect(malformed + accepted).toBe(inputs);
  expect(malformed).toBeGreaterThan(100_000);
});
