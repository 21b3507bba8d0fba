import { expect, test } from "vitest";
import type { Suite } from "../../src/lab/case.ts";
import { kvraftSuite } from "../../src/lab/kvraft/suite.ts";
import { kvsrvSuite } from "../../src/lab/kvsrv/suite.ts";
import { replayCommand } from "../../src/lab/result.ts";
import { runCase } from "../../src/lab/runner.ts";
import { SimWorlds } from "../../src/lab/sim/sim-kind.ts";
import { suites } from "../../src/lab/suites.ts";

const seed = 1;

test.each([
  [kvsrvSuite, 10],
  [kvraftSuite, 34],
])("the suites have their cases, each title once", (suite, count) => {
  const { cases } = suite;
  expect(cases.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  expect(new Set(cases.map(({ title }) => title)).size).toBe(count);
  expect(suites).toContain(suite);
});

/** Those that can be simulated. */
function simulated({ name, cases }: Suite): (readonly [name: string, number: number, title: string])[] {
  return cases.filter(({ runs }) => runs.every(({ on }) => on === "store")).map(({ number, title }) => [name, number, title]);
}

async function play(name: string, number: number, from: number, world = new SimWorlds()): Promise<Awaited<ReturnType<typeof runCase>>> {
  const which = suites.find((suite) => suite.name === name)?.cases.find((each) => each.number === number);
  if (which === undefined) throw new Error("there is such a case");
  return runCase(name, which, from, world);
}

test.each([...simulated(kvsrvSuite), ...simulated(kvraftSuite)])("%s %i: %s", async (name, number) => {
  const result = await play(name, number, seed);
  expect(result.reason === undefined ? "passed" : `${result.reason}; ${replayCommand(result)}`).toBe("passed");
});

// Those with the most chance in them.
test.each([
  ["kvsrv", 3],
  ["kvraft", 9],
  ["kvraft", 24],
  ["kvraft", 33],
  ["kvraft", 34],
])("%s %i is the same in every run of a seed, down to the last trace", async (name, number) => {
  const traced = async (): Promise<readonly unknown[]> => {
    const traces: string[] = [];
    const { cpuMs: _, ...result } = await play(name, number, 7, new SimWorlds((...words) => void traces.push(JSON.stringify(words))));
    return [result, traces];
  };
  const first = await traced();
  expect(first[1]).not.toEqual([]);
  expect(await traced()).toEqual(first);
});
