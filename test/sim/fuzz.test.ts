import { describe, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { faultKinds, faultNames } from "../../src/sim/faults/catalog.ts";
import { fuzzDefaults, runSeed } from "../../src/sim/fuzz.ts";
import { drawPlan, type Plan, planLines } from "../../src/sim/plan.ts";
import { WatchedCluster } from "../../src/sim/watched-cluster.ts";

const lengths = { faultsMs: fuzzDefaults.faultsMs, settleMs: fuzzDefaults.settleMs };

function planOf(seed: string): Plan {
  return drawPlan(seed, new Rng(seed).fork("plan"), lengths);
}

describe("a seed", () => {
  test.each([1, 2, 3, 4, 5, 6])("%i breaks nothing, and its two runs are the same (R27)", (seed) => {
    const first = runSeed(seed);
    expect(first.finding).toBeUndefined();
    expect(first.verdict).toBe("ok");
    expect(runSeed(seed)).toEqual(first);
  });

  test("decides everything: another seed is another universe", () => {
    expect(runSeed(1, { faultsMs: 2000 }).stream).not.toBe(runSeed(2, { faultsMs: 2000 }).stream);
  });

  test("runs the same whether somebody listens or not", () => {
    const heard: string[] = [];
    const plans: string[] = [];
    const listened = runSeed(7, {
      faultsMs: 3000,
      onTrace: (_, server, name) => heard.push(`${server} ${name}`),
      onPlan: (plan) => plans.push(...planLines(plan)),
    });
    expect(runSeed(7, { faultsMs: 3000 })).toEqual(listened);
    expect(heard.length).toBeGreaterThan(0);
    expect(plans).toEqual(planLines(drawPlan("7", new Rng("7").fork("plan"), { ...lengths, faultsMs: 3000 })));
  });

  test("in which nothing can be committed is invalid, not green", () => {
    const result = runSeed(1, { faultsMs: 1 });
    expect(result.verdict).toBe("invalid");
    expect(result.finding).toBeUndefined();
  });
});

describe("plans", () => {
  const plans = Array.from({ length: 400 }, (_, i) => planOf(`plan ${i}`));

  test("are drawn from the seed alone", () => {
    expect(planOf("a seed")).toEqual(planOf("a seed"));
  });

  test("have every kind of fault somewhere, and some seeds hardly any", () => {
    const drawn = new Set(plans.flatMap(({ faults }) => faults.map(({ name }) => name)));
    expect([...drawn].toSorted()).toEqual(faultKinds.map(({ name }) => name).toSorted());
    expect(plans.some(({ birthCutsMs }) => birthCutsMs.length > 0)).toBe(true);
    expect(plans.some(({ faults }) => faults.length < 3)).toBe(true);
    expect(plans.some(({ faults }) => faults.length > 10)).toBe(true);
  });

  test("are three and five servers mostly, and have tiny limits often", () => {
    const sizes = plans.map(({ size }) => size);
    expect(sizes.filter((size) => size === 3 || size === 5).length).toBeGreaterThan(plans.length * 0.7);
    expect(new Set(sizes)).toEqual(new Set([1, 2, 3, 4, 5, 7]));
    expect(plans.filter(({ member }) => member.logBytesMax !== undefined).length).toBeGreaterThan(plans.length * 0.3);
    expect(plans.filter(({ member }) => member.raft?.checkQuorum === false).length).toBeGreaterThan(0);
  });

  test("are told in lines that say what is unusual", () => {
    const lines = planLines(planOf("7"));
    expect(lines[0]).toMatch(/^\d servers?, 20000ms of faults, at most 20000ms to settle$/);
    expect(lines.join("\n")).not.toMatch(/undefined|NaN|\[object/);
  });

  test("name each kind of fault once", () => {
    expect(new Set(faultNames).size).toBe(faultNames.length);
    expect(faultNames.length).toBeGreaterThanOrEqual(40);
  });
});

describe("a watched cluster", () => {
  test("whose time stands still is broken (R24)", () => {
    const { sim } = new WatchedCluster(new Rng(1), { size: 1 });
    const again = (): void => sim.world.post(0, again);
    again();
    expect(() => sim.world.runFor(1)).toThrow("events happen at one moment");
  });

  test("whose server throws is broken (R28), and whose disk fails is not", () => {
    const failed: number[] = [];
    const { sim } = new WatchedCluster(new Rng(1), { size: 3 }, { diskFailed: (at) => failed.push(at) });
    sim.startAll();
    sim.server(1).disk.drive.failNext("an error");
    sim.world.runFor(2000);
    expect(failed).toEqual([1]);
    sim
      .server(0)
      .process.env()
      ?.clock.after(0, () => {
        throw new Error("a bug");
      });
    expect(() => sim.world.runFor(1)).toThrow("s0 has thrown: a bug");
  });
});
