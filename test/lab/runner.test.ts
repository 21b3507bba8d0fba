import { expect, test } from "vitest";
import type { Case, MemberRun, Suite } from "../../src/lab/case.ts";
import { check } from "../../src/lab/failure.ts";
import { JsonReporter } from "../../src/lab/json-reporter.ts";
import type { Reporter, Totals } from "../../src/lab/result.ts";
import { runCase, runLab } from "../../src/lab/runner.ts";
import { durationText } from "../../src/lab/text.ts";
import { TextReporter } from "../../src/lab/text-reporter.ts";
import { FakeKind } from "./fake-world.ts";

function makeCase(number: number, title: string, body: MemberRun["run"], more: Partial<MemberRun> = {}): Case {
  return { number, title, runs: [{ servers: 3, run: body, ...more }] };
}

const good = makeCase(1, "Good", (world) => world.sleep(1_250));
const planted = makeCase(2, "Planted", async (world) => {
  await world.sleep(300);
  check(world.size === 4, "three is not four");
});
const broken = makeCase(3, "Broken", async () => {
  throw new TypeError("a bug in the case");
});
const slow = makeCase(4, "Slow", (world) => world.sleep(120_001), { limitMs: 120_000 });
const double: Case = {
  number: 5,
  title: "Double",
  runs: [
    { name: "first", servers: 5, run: (world) => world.sleep(1_000) },
    { name: "second", servers: 7, run: async (world) => check(world.size < 6, "too many servers") },
    { name: "third", servers: 2, run: () => Promise.reject(new Error("never reached")) },
  ],
};
const suite: Suite = { name: "toy", summary: "for this test", cases: [good, planted, broken, slow, double] };

/** The output without what differs between two runs. */
function normal(text: string): string {
  return text.replace(/\b\d+(?:\.\d)? m?s\b/g, "<real>");
}

interface Ran {
  readonly out: string;
  readonly error: string;
  readonly totals: Totals;
}

async function run(cases: readonly Case[], seeds: readonly number[] = [42], json = false, world = new FakeKind()): Promise<Ran> {
  let out = "";
  let error = "";
  const write = (text: string): void => void (out += text);
  const reporter: Reporter = json ? new JsonReporter(write) : new TextReporter(write, (text) => void (error += text));
  const totals = await runLab({ suite, cases, seeds, world, reporter });
  return { out, error, totals };
}

test("a suite that passes prints the course text's lines, and figures between them", async () => {
  const { out, error, totals } = await run([good, good]);
  expect(normal(out)).toMatchInlineSnapshot(`
    "suite toy, world fake, seed 42
    TEST 1: Good
    TEST 1 Passed
        3 servers, 1.3 simulated seconds, 7 rpcs, 1000 bytes, 3 entries, <real> CPU
    TEST 1: Good
    TEST 1 Passed
        3 servers, 1.3 simulated seconds, 7 rpcs, 1000 bytes, 3 entries, <real> CPU
        total: 2 passed, 0 failed, 2.5 simulated seconds, 14 rpcs, 2000 bytes, 6 entries, <real> CPU
    ALL TESTS PASSED
    "
  `);
  expect(error).toBe("");
  expect(totals).toMatchObject({ cases: 2, failed: 0 });
});

test("a failed case says why and how to play it again, and the suite goes on", async () => {
  const { out, error, totals } = await run([planted, broken, slow, double, good]);
  expect(normal(out)).toMatchInlineSnapshot(`
    "suite toy, world fake, seed 42
    TEST 2: Planted
    TEST 2 Failed: three is not four
        3 servers, 0.3 simulated seconds, 7 rpcs, 1000 bytes, 3 entries, <real> CPU
        replay: kvorum lab toy 2 --world fake --seed 42
    TEST 3: Broken
    TEST 3 Failed: a bug in the case
        3 servers, 0.0 simulated seconds, 7 rpcs, 1000 bytes, 3 entries, <real> CPU
        replay: kvorum lab toy 3 --world fake --seed 42
    TEST 4: Slow
    TEST 4 Failed: it took 120.001 seconds of its world's time, more than 120
        3 servers, 120.0 simulated seconds, 7 rpcs, 1000 bytes, 3 entries, <real> CPU
        replay: kvorum lab toy 4 --world fake --seed 42
    TEST 5: Double
    TEST 5 Failed: second: too many servers
        5+7 servers, 1.0 simulated seconds, 14 rpcs, 2000 bytes, 6 entries, <real> CPU
        replay: kvorum lab toy 5 --world fake --seed 42
    TEST 1: Good
    TEST 1 Passed
        3 servers, 1.3 simulated seconds, 7 rpcs, 1000 bytes, 3 entries, <real> CPU
        total: 1 passed, 4 failed, 122.6 simulated seconds, 42 rpcs, 6000 bytes, 18 entries, <real> CPU
    TESTS FAILED
    "
  `);
  expect(error).toMatch(/^TypeError: a bug in the case\n {4}at .*runner\.test\.ts/);
  expect(totals).toMatchObject({ cases: 5, failed: 4 });
});

test("several seeds are told apart, and counted together", async () => {
  const { out, totals } = await run([planted], [7, 8]);
  expect(out.match(/seed \d+|total over .* failed|replay.*/g)).toEqual([
    "seed 7",
    "replay: kvorum lab toy 2 --world fake --seed 7",
    "seed 8",
    "replay: kvorum lab toy 2 --world fake --seed 8",
    "total over 2 seeds: 0 passed, 2 failed",
  ]);
  expect(totals.cases).toBe(2);
});

test("as JSON, a case is a line, and the verdict the last", async () => {
  const { out } = await run([planted, double], [42], true);
  const lines = out.split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line) => JSON.parse(normal(line)) as unknown)).toEqual([
    {
      suite: "toy",
      world: "fake",
      seed: 42,
      number: 2,
      title: "Planted",
      passed: false,
      reason: "three is not four",
      replay: "kvorum lab toy 2 --world fake --seed 42",
      invalidRuns: 0,
      servers: [3],
      worldMs: 300,
      rpcs: 7,
      bytes: 1000,
      entries: 3,
      cpu: "<real>",
    },
    expect.objectContaining({ number: 5, servers: [5, 7], worldMs: 1000, rpcs: 14 }),
    {
      suite: "toy",
      world: "fake",
      seeds: 1,
      cases: 2,
      failed: 2,
      passed: false,
      invalidRuns: 0,
      worldMs: 1300,
      rpcs: 21,
      bytes: 3000,
      entries: 9,
      cpu: "<real>",
    },
  ]);
});

/** The outcome of cases in real time, while a server stands still for so long in one run after the other. */
function runStalled(cases: readonly Case[], stallsMs: readonly number[], json = false): Promise<Ran> {
  return run(cases, [42], json, new FakeKind({ stallsMs }));
}

test("in real time the seconds are the machine's, and what a failed run left on the disk is named", async () => {
  const { out } = await runStalled([good, planted], []);
  expect(normal(out)).toMatchInlineSnapshot(`
    "suite toy, world fake, seed 42
    TEST 1: Good
    TEST 1 Passed
        3 servers, <real>, 7 rpcs, 1000 bytes, 3 entries, <real> CPU
    TEST 2: Planted
    TEST 2 Failed: three is not four
        3 servers, <real>, 7 rpcs, 1000 bytes, 3 entries, <real> CPU
        replay: kvorum lab toy 2 --world fake --seed 42
        kept: folder-2
        total: 1 passed, 1 failed, <real>, 14 rpcs, 2000 bytes, 6 entries, <real> CPU
    TESTS FAILED
    "
  `);
});

/** Fails at its first runs. */
function flaky(failures: number): Case {
  let runs = 0;
  return makeCase(8, "Flaky", async () => {
    runs += 1;
    check(runs > failures, `run ${runs} has failed`);
  });
}

test("a case that failed while something stood still is invalid, and runs again", async () => {
  const { out, totals } = await runStalled([flaky(2), good], [310, 499.6]);
  expect(normal(out.replaceAll(/\b(310|500) ms\b/g, "$1 milliseconds"))).toMatchInlineSnapshot(`
    "suite toy, world fake, seed 42
    TEST 8: Flaky
    TEST 8 invalid: server 2 stalled for 310 milliseconds; it runs again
        its failure: run 1 has failed
    TEST 8 invalid: server 2 stalled for 500 milliseconds; it runs again
        its failure: run 2 has failed
    TEST 8 Passed
        3 servers, <real>, 7 rpcs, 1000 bytes, 3 entries, 2 invalid runs, <real> CPU
    TEST 1: Good
    TEST 1 Passed
        3 servers, <real>, 7 rpcs, 1000 bytes, 3 entries, <real> CPU
        total: 2 passed, 0 failed, 2 invalid runs, <real>, 14 rpcs, 2000 bytes, 6 entries, <real> CPU
    ALL TESTS PASSED
    "
  `);
  expect(totals).toMatchObject({ cases: 2, failed: 0, invalid: 2 });
});

test("a case of which no run is valid has failed, and only its last run leaves something behind", async () => {
  const world = new FakeKind({ stallsMs: [200, 200, 310] });
  const { out, totals } = await run([flaky(3)], [42], false, world);
  expect(out.match(/TEST.*/g)).toEqual([
    "TEST 8: Flaky",
    "TEST 8 invalid: server 2 stalled for 200 ms; it runs again",
    "TEST 8 invalid: server 2 stalled for 200 ms; it runs again",
    "TEST 8 Failed: run 3 has failed; none of 3 runs was valid, in the last one server 2 stalled for 310 ms",
    "TESTS FAILED",
  ]);
  expect([...world.remains]).toEqual(["folder-3"]);
  expect(out).toContain("kept: folder-3\n");
  expect(totals).toMatchObject({ cases: 1, failed: 1, invalid: 3 });
});

test("a failure counts when nothing stood still in that run, and a success always", async () => {
  const { out, totals } = await runStalled([flaky(2), good], [200, 0, 700]);
  expect(out.match(/TEST.*/g)).toEqual([
    "TEST 8: Flaky",
    "TEST 8 invalid: server 2 stalled for 200 ms; it runs again",
    "TEST 8 Failed: run 2 has failed",
    "TEST 1: Good",
    "TEST 1 Passed",
    "TESTS FAILED",
  ]);
  expect(totals).toMatchObject({ cases: 2, failed: 1, invalid: 1 });
});

test("as JSON, an invalid run is a line of its own", async () => {
  const { out } = await runStalled([flaky(1)], [310], true);
  const lines = out.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      suite: "toy",
      world: "fake",
      seed: 42,
      number: 8,
      title: "Flaky",
      invalid: "server 2 stalled for 310 ms",
      reason: "run 1 has failed",
    },
    expect.objectContaining({ number: 8, passed: true, invalidRuns: 1 }),
    expect.objectContaining({ cases: 1, failed: 0, invalidRuns: 1 }),
  ]);
});

async function draws(name: string, which: Case, seed: number): Promise<readonly number[]> {
  const kind = new FakeKind();
  await runCase(name, which, seed, kind);
  return kind.draws;
}

test("a case's chance depends on seed, suite, number and run, and on nothing else", async () => {
  const first = await draws("toy", good, 1);
  expect(await draws("toy", good, 1)).toEqual(first);
  const others = await Promise.all([draws("toy", planted, 1), draws("toy", good, 2), draws("other", good, 1), draws("toy", double, 1)]);
  expect(new Set([first, ...others].flat()).size).toBe(6);
});

test("a case gets the servers that it asks for, and compaction only when it does", async () => {
  const kind = new FakeKind();
  await runCase(
    "toy",
    makeCase(6, "Compacts", async () => {}, { compacts: true, servers: 9 }),
    1,
    kind,
  );
  await runCase("toy", good, 1, kind);
  expect(kind.shapes).toEqual([
    { servers: 9, compactEvery: 10 },
    { servers: 3, compactEvery: undefined },
  ]);
});

test("what is thrown need not be an error", async () => {
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- that is the point
  const odd = makeCase(7, "Odd", () => Promise.reject("just a text"));
  expect(await runCase("toy", odd, 1, new FakeKind())).toMatchObject({ reason: "just a text", evidence: undefined });
});

test("durations have one digit behind the point, or none", () => {
  expect([0, 0.4, 12.3, 999.4, 999.5, 3_449, 75_000].map(durationText)).toEqual([
    "0 ms",
    "0 ms",
    "12 ms",
    "999 ms",
    "1.0 s",
    "3.4 s",
    "75.0 s",
  ]);
});
