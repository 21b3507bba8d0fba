import { expect, test } from "vitest";
import { runReplicaSeed } from "../rsm/replica-fuzz.ts";

test("500 groups with sessions and clients keep their promises", () => {
  const faults: string[] = [];
  for (let seed = 1; seed <= 500; seed += 1) {
    const { fault } = runReplicaSeed(seed);
    if (fault !== undefined) faults.push(`${seed}: ${fault}`);
  }
  expect(faults).toEqual([]);
});
