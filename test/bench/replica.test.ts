import { expect, test } from "vitest";
import { measureReplica } from "./replica-run.ts";

test("a group with sessions and its clients get something done", () => {
  const speed = measureReplica({ name: "a few", replicas: 3, clients: 2, window: 2, readShare: 0.5, valueBytes: 10 }, 10);
  expect(speed.operations).toBeGreaterThan(0);
  expect(speed.cpuMicrosecondsPerOperation).toBeGreaterThan(0);
});
