import { describe, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { checkHistory } from "../../src/check/check.ts";
import type { History } from "../../src/check/history.ts";
import { type KvCounts, kvFuzzDefaults, runKvSeed } from "../../src/sim/kv/fuzz.ts";
import { drawKvPlan, type KvPlan, kvPlanLines, operationKinds } from "../../src/sim/kv/plan.ts";

const seeds = Array.from({ length: 16 }, (_, at) => at + 1);

function planOf(seed: string): KvPlan {
  return drawKvPlan(seed, new Rng(seed).fork("plan"), kvFuzzDefaults);
}

describe("a seed with clients", () => {
  test.each([1, 2, 3])("%i breaks nothing, and its two runs are the same (R27)", (seed) => {
    const first = runKvSeed(seed);
    expect(first.finding).toBeUndefined();
    expect(first.verdict).toBe("ok");
    expect(runKvSeed(seed)).toEqual(first);
  });

  test("decides everything: another seed is another universe", () => {
    expect(runKvSeed(1, { faultsMs: 2000 }).stream).not.toBe(runKvSeed(2, { faultsMs: 2000 }).stream);
  });

  test("runs the same whether somebody listens or not, and tells what its clients saw", () => {
    const heard: string[] = [];
    let history: History | undefined;
    const listened = runKvSeed(7, {
      faultsMs: 3000,
      onPlan: (plan) => heard.push(...kvPlanLines(plan)),
      onTrace: (_, server, name) => heard.push(`${server} ${name}`),
      onHistory: (seen) => {
        history = seen;
      },
    });
    expect(runKvSeed(7, { faultsMs: 3000 })).toEqual(listened);
    expect(heard.length).toBeGreaterThan(20);
    expect(history?.operations.length).toBeGreaterThanOrEqual(listened.counts.operations);
    expect(checkHistory(history as History).verdict).toBe("linearizable");
  });

  test("in which nobody is answered is invalid, not green", () => {
    const result = runKvSeed(1, { faultsMs: 1 });
    expect(result.verdict).toBe("invalid");
    expect(result.why).toContain("it has shown nothing");
  });
});

test("a few seeds bring about everything that they are for", () => {
  const totals: Record<string, number> = {};
  const strikes = new Set<string>();
  for (const seed of seeds) {
    const result = runKvSeed(seed);
    expect(result.finding).toBeUndefined();
    for (const [name, count] of Object.entries(result.counts)) totals[name] = (totals[name] ?? 0) + count;
    for (const name of Object.keys(result.strikes)) strikes.add(name);
  }
  const never = Object.entries(totals).filter(([, count]) => count === 0);
  expect(never).toEqual([]);
  const provoked: (keyof KvCounts)[] = ["retries", "doubled", "repeated", "stale", "expired", "full", "dropped", "unknown", "installed"];
  expect(provoked.filter((name) => (totals[name] ?? 0) < 5)).toEqual([]);
  expect([...strikes]).toEqual(expect.arrayContaining(["client dies", "client pauses", "client is cut off"]));
});

describe("plans with clients", () => {
  const plans = Array.from({ length: 300 }, (_, at) => planOf(`plan ${at}`));

  test("are drawn from the seed alone", () => {
    expect(planOf("a seed")).toEqual(planOf("a seed"));
  });

  test("have every kind of operation, and of harm", () => {
    for (const kind of operationKinds) expect(plans.some(({ clients }) => clients.mixture[kind] > 1)).toBe(true);
    for (const harm of ["crashEveryMs", "pauseEveryMs", "cutEveryMs"] as const) {
      expect(plans.some(({ clients }) => clients[harm] !== undefined)).toBe(true);
      expect(plans.some(({ clients }) => clients[harm] === undefined)).toBe(true);
    }
  });

  test("have tiny logs mostly, and room for the sessions of those who live always", () => {
    expect(plans.filter(({ replica }) => (replica.member?.logBytesMax ?? Infinity) <= 4000).length).toBeGreaterThan(200);
    for (const { replica, clients, kv } of plans) {
      expect(replica.sessions?.sessionsMax ?? Infinity).toBeGreaterThan(clients.count * (kv.shards ?? 256));
    }
  });

  test("say that packets may come twice where they may", () => {
    for (const { clients, servers } of plans) {
      const doubles =
        (clients.link.duplication ?? 0) > 0 || servers.faults.some(({ name }) => name === "duplication" || name === "very late copies");
      expect(clients.session.mayDouble).toBe(doubles);
    }
  });
});
