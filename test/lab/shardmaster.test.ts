import { expect, test } from "vitest";
import { replayCommand } from "../../src/lab/result.ts";
import { runCase } from "../../src/lab/runner.ts";
import { shardmasterSuite } from "../../src/lab/shardmaster/suite.ts";
import { SimWorlds } from "../../src/lab/sim/sim-kind.ts";
import { suites } from "../../src/lab/suites.ts";

const { name, cases } = shardmasterSuite;

test("the suite has the courses' titles and numbers, and more", () => {
  expect(cases.map(({ number }) => number)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
  expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
  expect(suites).toContain(shardmasterSuite);
  expect(cases.slice(0, 12).map(({ title }) => title)).toEqual([
    "Basic leave/join",
    "Historical queries",
    "Move",
    "Concurrent leave/join",
    "Minimal transfers after joins",
    "Minimal transfers after leaves",
    "Minimal movement again",
    "Multi-group join/leave",
    "Concurrent multi leave/join",
    "Minimal transfers after multijoins",
    "Minimal transfers after multileaves",
    "Check Same config on servers",
  ]);
});

test.each(cases.map((which) => [which.number, which.title, which] as const))("shardmaster %i: %s", async (_number, _title, which) => {
  for (const seed of [1, 2]) {
    // eslint-disable-next-line no-await-in-loop
    const result = await runCase(name, which, seed, new SimWorlds());
    expect(result.reason === undefined ? "passed" : `${result.reason}; ${replayCommand(result)}`).toBe("passed");
  }
});

// Those with the most chance in them.
test.each([15, 16, 19, 21])("shardmaster %i is the same in every run of a seed, down to the last trace", async (number) => {
  const which = cases.find((each) => each.number === number);
  if (which === undefined) throw new Error("there is such a case");
  const traced = async (): Promise<readonly unknown[]> => {
    const traces: string[] = [];
    const world = new SimWorlds((...words) => void traces.push(JSON.stringify(words)));
    const { cpuMs: _, ...result } = await runCase(name, which, 7, world);
    return [result, traces];
  };
  const first = await traced();
  expect(first[1]).not.toEqual([]);
  expect(await traced()).toEqual(first);
});
