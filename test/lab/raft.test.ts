import { expect, test } from "vitest";
import { replayCommand } from "../../src/lab/result.ts";
import { runCase } from "../../src/lab/runner.ts";
import { raftSuite } from "../../src/lab/raft/suite.ts";
import { SimWorlds } from "../../src/lab/sim/sim-kind.ts";
import { suites } from "../../src/lab/suites.ts";

const seed = 1;

test("the suite has the cases 1 to 30, each title once", () => {
  const { cases } = raftSuite;
  expect(cases.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect(new Set(cases.map(({ title }) => title)).size).toBe(30);
  expect(suites).toContain(raftSuite);
});

test.each(raftSuite.cases.map((each) => [each.number, each.title, each] as const))("raft %i: %s", async (_number, _title, which) => {
  const result = await runCase("raft", which, seed, new SimWorlds());
  expect(result.reason === undefined ? "passed" : `${result.reason}; ${replayCommand(result)}`).toBe("passed");
});

// Those with the most chance in them.
test.each([2, 10, 20, 21, 23, 28])("raft %i is the same in every run of a seed, down to the last trace", async (number) => {
  const which = raftSuite.cases.find((each) => each.number === number);
  if (which === undefined) throw new Error("there is such a case");
  const play = async (): Promise<readonly unknown[]> => {
    const traces: string[] = [];
    const { cpuMs: _, ...result } = await runCase("raft", which, 7, new SimWorlds((...words) => void traces.push(JSON.stringify(words))));
    return [result, traces];
  };
  const first = await play();
  expect(first[1]).not.toEqual([]);
  expect(await play()).toEqual(first);
});
