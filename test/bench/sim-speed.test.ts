import { expect, test } from "vitest";
import { measureSimSpeed } from "./sim-speed-run.ts";

test("each load is simulated without and with the oracle, which changes nothing in the universe", () => {
  const results = measureSimSpeed(0.02, 1);
  expect(results.map(({ name, oracle }) => [name, oracle])).toEqual([
    ["idle", false],
    ["idle", true],
    ["200 proposals/s", false],
    ["200 proposals/s", true],
  ]);
  for (const { speed } of results) expect(speed).toBeGreaterThan(1);
  expect(results[1]?.packetsPerS).toBe(results[0]?.packetsPerS);
  expect(results[3]?.eventsPerS).toBe(results[2]?.eventsPerS);
});
