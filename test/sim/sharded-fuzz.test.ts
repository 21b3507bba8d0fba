import { describe, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { checkHistory } from "../../src/check/check.ts";
import type { History } from "../../src/check/history.ts";
import { runShardedSeed, shardedFuzzDefaults } from "../../src/sim/sharded/fuzz.ts";
import { drawShardedPlan, type ShardedPlan, shardedPlanLines, stormKinds } from "../../src/sim/sharded/plan.ts";

const seeds = Array.from({ length: 12 }, (_, at) => at + 1);

function planOf(seed: string): ShardedPlan {
  return drawShardedPlan(seed, new Rng(seed).fork("plan"), shardedFuzzDefaults);
}

describe("a seed of a whole cluster", () => {
  test("breaks nothing, and its two runs are the same, whether somebody listens or not (R27)", () => {
    const heard: string[] = [];
    let history: History | undefined;
    const first = runShardedSeed(2, {
      onPlan: (plan) => heard.push(...shardedPlanLines(plan)),
      onTrace: (_, server, name) => heard.push(`${server} ${name}`),
      onHistory: (seen) => {
        history = seen;
      },
    });
    expect([first.finding, first.verdict]).toEqual([undefined, "ok"]);
    expect(runShardedSeed(2)).toEqual(first);
    expect(heard.length).toBeGreaterThan(40);
    expect(history?.operations.length).toBeGreaterThanOrEqual(first.counts.answered);
    expect(checkHistory(history as History).verdict).toBe("linearizable");
  });

  test("decides everything: another seed is another universe", () => {
    expect(runShardedSeed(1, { faultsMs: 500 }).stream).not.toBe(runShardedSeed(2, { faultsMs: 500 }).stream);
  });

  test("in which nobody is answered is invalid, not green", () => {
    const result = runShardedSeed(1, { faultsMs: 1 });
    expect(result.verdict).toBe("invalid");
    expect(result.why).toContain("it has shown nothing");
  });
});

test("a few seeds bring about everything that they are for", () => {
  const totals: Record<string, number> = {};
  const strikes = new Set<string>();
  for (const seed of seeds) {
    const result = runShardedSeed(seed);
    expect(result.finding).toBeUndefined();
    for (const [name, count] of Object.entries(result.counts)) totals[name] = (totals[name] ?? 0) + count;
    for (const name of Object.keys(result.strikes)) strikes.add(name);
  }
  const provoked = ["made", "born", "moved", "thawed", "retries", "doubled", "repeated", "unknown", "installed", "dropped", "pages"];
  expect(provoked.filter((name) => (totals[name] ?? 0) < 5)).toEqual([]);
  expect([...strikes]).toEqual(expect.arrayContaining(["client dies", "groups cut off from each other", "power cut"]));
});

describe("plans of whole clusters", () => {
  const plans = Array.from({ length: 200 }, (_, at) => planOf(`plan ${at}`));

  test("are drawn from the seed alone", () => {
    expect(planOf("a seed")).toEqual(planOf("a seed"));
  });

  test("have two groups or more of different sizes, and now and then a number that comes back as another group", () => {
    const sizes = new Set(plans.flatMap(({ groups }) => groups.map(({ servers }) => servers.size)));
    expect([...sizes].toSorted((a, b) => a - b)).toEqual([1, 3, 5]);
    expect(plans.every(({ groups }) => groups.length >= 2)).toBe(true);
    const again = plans.filter(({ groups }) => new Set(groups.map(({ name }) => name.group)).size < groups.length);
    expect(again.length).toBeGreaterThan(10);
    expect(again.length).toBeLessThan(100);
  });

  test("have every kind of storm, and end with a group at least and no number twice", () => {
    for (const kind of stormKinds) expect(plans.some(({ storm }) => storm.mixture[kind] > 0)).toBe(true);
    for (const { groups, last } of plans) {
      const gids = last.map((at) => groups[at]?.name.group);
      expect(gids.length).toBeGreaterThan(0);
      expect(new Set(gids).size).toBe(gids.length);
    }
  });

  test("have tiny logs and chunks mostly, and one weather for all", () => {
    const logs = plans.flatMap(({ groups }) => groups.map(({ replica }) => replica.member?.logBytesMax ?? Infinity));
    expect(logs.filter((bytes) => bytes <= 4000).length).toBeGreaterThan(logs.length / 2);
    expect(plans.filter(({ kv }) => (kv.chunkRowsMax ?? Infinity) <= 2).length).toBeGreaterThan(plans.length / 2);
    const weather = plans.flatMap(({ groups }) => groups.flatMap(({ servers }) => servers.faults.map(({ name }) => name)));
    expect(weather).not.toContain("loss");
  });
});
