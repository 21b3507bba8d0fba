import { describe, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { checkHistory } from "../../src/check/check.ts";
import type { History } from "../../src/check/history.ts";
import { type MasterCounts, masterFuzzDefaults, runMasterSeed } from "../../src/sim/master/fuzz.ts";
import { adminKinds, drawMasterPlan, type MasterPlan, masterPlanLines } from "../../src/sim/master/plan.ts";

const seeds = Array.from({ length: 24 }, (_, at) => at + 1);

function planOf(seed: string): MasterPlan {
  return drawMasterPlan(seed, new Rng(seed).fork("plan"), masterFuzzDefaults);
}

describe("a seed with a shardmaster", () => {
  test.each([1, 2, 3])("%i breaks nothing, and its two runs are the same (R27)", (seed) => {
    const first = runMasterSeed(seed);
    expect(first.finding).toBeUndefined();
    expect(first.verdict).toBe("ok");
    expect(runMasterSeed(seed)).toEqual(first);
  });

  test("decides everything: another seed is another universe", () => {
    expect(runMasterSeed(1, { faultsMs: 2000 }).stream).not.toBe(runMasterSeed(2, { faultsMs: 2000 }).stream);
  });

  test("runs the same whether somebody listens or not, and tells what its clients saw", () => {
    const heard: string[] = [];
    let history: History | undefined;
    const listened = runMasterSeed(5, {
      faultsMs: 3000,
      onPlan: (plan) => heard.push(...masterPlanLines(plan)),
      onTrace: (_, server, name) => heard.push(`${server} ${name}`),
      onHistory: (seen) => {
        history = seen;
      },
    });
    expect(runMasterSeed(5, { faultsMs: 3000 })).toEqual(listened);
    expect(heard.length).toBeGreaterThan(10);
    expect(history?.model).toBe("shardmaster");
    expect(history?.operations.length).toBeGreaterThanOrEqual(listened.counts.operations);
    expect(checkHistory(history as History).verdict).toBe("linearizable");
  });

  test("in which nobody is answered is invalid, not green", () => {
    const result = runMasterSeed(1, { faultsMs: 1 });
    expect(result.verdict).toBe("invalid");
    expect(result.why).toContain("it has shown nothing");
  });
});

test("a few seeds bring about everything that they are for", () => {
  const totals: Record<string, number> = {};
  for (const seed of seeds) {
    const result = runMasterSeed(seed);
    expect(result.finding).toBeUndefined();
    for (const [name, count] of Object.entries(result.counts)) totals[name] = (totals[name] ?? 0) + count;
  }
  const never = Object.entries(totals).filter(([, count]) => count === 0);
  expect(never).toEqual([]);
  const provoked: (keyof MasterCounts)[] = [
    "made",
    "unchanged",
    "retries",
    "doubled",
    "repeated",
    "stale",
    "full",
    "dropped",
    "unknown",
    "installed",
  ];
  expect(provoked.filter((name) => (totals[name] ?? 0) < 5)).toEqual([]);
});

describe("plans with a shardmaster", () => {
  const plans = Array.from({ length: 300 }, (_, at) => planOf(`plan ${at}`));

  test("are drawn from the seed alone", () => {
    expect(planOf("a seed")).toEqual(planOf("a seed"));
  });

  test("have every kind of operation, tiny logs mostly, and more groups than shards now and then", () => {
    for (const kind of adminKinds) expect(plans.some(({ clients }) => clients.mixture[kind] > 1)).toBe(true);
    expect(plans.filter(({ replica }) => (replica.member?.logBytesMax ?? Infinity) <= 4000).length).toBeGreaterThan(200);
    expect(plans.filter(({ shape, clients }) => clients.groups > shape.shards).length).toBeGreaterThan(20);
  });
});
