import { expect, test } from "vitest";
import { disturbedCluster, settles } from "./chaos.ts";

test("any schedule of messages, crashes and slow disks keeps every promise, and the cluster settles afterwards", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    try {
      const cluster = disturbedCluster(seed, 600);
      expect(cluster.stabilize(), "nobody talks without end, whatever waits for a disk").toBe(true);
      expect(settles(cluster), "the cluster settles").toBe(true);
    } catch (error) {
      throw new Error(`schedule ${seed}: ${String(error)}`, { cause: error });
    }
  }
});
