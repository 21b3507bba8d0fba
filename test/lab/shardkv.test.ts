import { expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { replayCommand } from "../../src/lab/result.ts";
import { runCase } from "../../src/lab/runner.ts";
import { shardkvSuite } from "../../src/lab/shardkv/suite.ts";
import { SimWorlds } from "../../src/lab/sim/sim-kind.ts";
import { suites } from "../../src/lab/suites.ts";

const { name, cases } = shardkvSuite;

test("the suite has the courses' titles and numbers, and more", () => {
  expect(cases.map(({ number }) => number)).toEqual(Array.from({ length: 33 }, (_, i) => i + 1));
  expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
  expect(suites).toContain(shardkvSuite);
  expect(cases.slice(0, 20).map(({ title }) => title)).toEqual([
    "Basic shard operations",
    "Concurrent shard operations",
    "Minimal transfers after joins",
    "Minimal transfers after leaves",
    "Static shards, put",
    "Shard joining and leaving with append",
    "Static shards",
    "Rejection",
    "Join then leave",
    "Snapshots, join, and leave",
    "Servers miss configuration changes",
    "Concurrent puts and configuration changes",
    "More concurrent puts and configuration changes",
    "Concurrent configuration change and restart",
    "Unreliable 1",
    "Unreliable 2",
    "Unreliable 3",
    "Shard deletion (challenge 1)",
    "Unaffected shard access (challenge 2)",
    "Partial migration shard access (challenge 2)",
  ]);
});

test.each(cases.map((which) => [which.number, which.title, which] as const))("shardkv %i: %s", async (_number, _title, which) => {
  const result = await runCase(name, which, 1, new SimWorlds());
  expect(result.reason === undefined ? "passed" : `${result.reason}; ${replayCommand(result)}`).toBe("passed");
});

test("a server whose memory grows with what moves is seen", async () => {
  const run = cases.find(({ number }) => number === 32)?.runs[0];
  if (run?.on !== "sharded") throw new Error("there is such a run");
  let held = 0;
  const outcome = await new SimWorlds().runSharded(run.shape, new Rng(1), (world) => {
    const group = world.group.bind(world);
    world.group = (gid) => Object.assign(group(gid), { heaps: async () => [(held += 30_000_000)] });
    return run.run(world);
  });
  expect(String(outcome.failure)).toMatch(/a server held \d+ bytes more while \d+ bytes moved/);
});

// Those with the most chance in them.
test.each([15, 17])("shardkv %i is the same in every run of a seed, down to the last trace", async (number) => {
  const which = cases.find((each) => each.number === number);
  if (which === undefined) throw new Error("there is such a case");
  const traced = async (): Promise<readonly unknown[]> => {
    const traces: string[] = [];
    const { cpuMs: _, ...result } = await runCase(name, which, 7, new SimWorlds((...words) => void traces.push(JSON.stringify(words))));
    return [result, traces];
  };
  const first = await traced();
  expect(first[1]).not.toEqual([]);
  expect(await traced()).toEqual(first);
});
