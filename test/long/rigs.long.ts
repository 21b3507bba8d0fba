import { expect, test } from "vitest";
import { clusterPlan, runCluster } from "../rig/cluster/run.ts";
import { floodPlan, runFloods } from "../rig/flood/run.ts";
import { quickMillion, runMillion } from "../rig/million/run.ts";
import type { RigReport } from "../rig/report.ts";

const silent = (): void => {};

/** The promises that were broken, and how. */
function broken({ demands }: RigReport): unknown[] {
  return demands.filter((each) => each.broken !== undefined);
}

test("a replica that was left behind the log is sent everything under load, and holds then what the others hold", async () => {
  const report = await runMillion(quickMillion, silent);
  expect(broken(report)).toEqual([]);
  expect(report.figures["rows of each replica"]).toBe(quickMillion.keys);
});

test("who asks without measure is stopped, and others are served meanwhile", async () => {
  const report = await runFloods({ ...floodPlan, seconds: 1, connections: 8, regulars: 3 }, silent);
  expect(broken(report)).toEqual([]);
  expect(report.demands).toHaveLength(2 * 4 + 2);
});

test("groups join and leave and servers are killed, and clients notice nothing but a delay", async () => {
  const report = await runCluster({ ...clusterPlan, seconds: 30, rows: 3000 }, silent);
  expect(broken(report)).toEqual([]);
  expect(report.figures["kills of leaders"]).toBeGreaterThan(0);
  expect(report.figures["operations on shards that moved"]).toBeGreaterThan(0);
});
