import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { exitCodes } from "../../src/cli/exit.ts";
import { labCommand } from "../../src/cli/lab.ts";
import { distance, nearest } from "../../src/cli/nearest.ts";
import { kvorumProgram, runProgram } from "../../src/cli/program.ts";
import type { Suite } from "../../src/lab/case.ts";
import { check } from "../../src/lab/failure.ts";

let before: typeof process.exitCode;
beforeEach(() => {
  before = process.exitCode;
  process.exitCode = undefined;
});
afterEach(() => {
  process.exitCode = before;
  vi.restoreAllMocks();
});

const toy: Suite = {
  name: "toy",
  summary: "for this test",
  cases: [1, 2, 3, 4].map((number) => ({
    number,
    title: `Number ${number}`,
    runs: [{ servers: 1, run: async (world) => check(number !== 3 && world.size === 1, "three is planted") }],
  })),
};

interface Outcome {
  readonly code: typeof process.exitCode;
  readonly stdout: string;
  readonly stderr: string;
}

async function lab(...words: string[]): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((stdout += String(text))));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((stderr += String(text))));
  await runProgram(kvorumProgram([labCommand([toy])]), ["lab", ...words]);
  return { code: process.exitCode, stdout, stderr };
}

/** The output without durations. */
function normal(text: string): string {
  return text.replace(/\b\d+(?:\.\d)? m?s\b/g, "<real>");
}

test("without a suite the suites and their cases are listed", async () => {
  const { code, stdout, stderr } = await lab();
  expect({ code, stderr }).toEqual({ code: undefined, stderr: "" });
  expect(stdout).toBe("toy: for this test\n    1  Number 1\n    2  Number 2\n    3  Number 3\n    4  Number 4\n");
});

test("cases are chosen by number and range, in that order and each once", async () => {
  const { code, stdout } = await lab("toy", "4", "1-2", "2", "--seed", "5");
  expect(code).toBe(exitCodes.ok);
  expect(stdout.match(/TEST \d: /g)).toEqual(["TEST 4: ", "TEST 1: ", "TEST 2: "]);
  expect(stdout).toMatch(/^suite toy, world sim, seed 5\n/);
  expect(stdout).toMatch(/\nALL TESTS PASSED\n$/);
});

test("a failed case makes the exit code 1, and those behind it run", async () => {
  const { code, stdout, stderr } = await lab("toy", "--seed", "5");
  expect({ code, stderr }).toEqual({ code: exitCodes.failed, stderr: "" });
  expect(stdout).toContain("TEST 3 Failed: three is planted\n");
  expect(stdout).toContain("    replay: kvorum lab toy 3 --seed 5\n");
  expect(stdout).toContain("TEST 4 Passed\n");
  expect(stdout).toMatch(/\nTESTS FAILED\n$/);
});

test("two runs of a seed print the same but for durations; a fresh seed is drawn and printed", async () => {
  const first = await lab("toy", "--seed", "5");
  const second = await lab("toy", "--seed", "5");
  expect(normal(second.stdout)).toBe(normal(first.stdout));
  const drawn = /seed (\d+)/.exec((await lab("toy", "1")).stdout)?.[1];
  expect(drawn).not.toBe(/seed (\d+)/.exec((await lab("toy", "1")).stdout)?.[1]);
});

test("repeating uses one seed after the other", async () => {
  const { stdout } = await lab("toy", "1", "--seed", "8", "--repeat", "3");
  expect(stdout.match(/seed \d+/g)).toEqual(["seed 8", "seed 9", "seed 10"]);
  expect(stdout).toContain("total over 3 seeds: 3 passed, 0 failed");
});

test("JSON is a line for each case and one for all, and nothing else", async () => {
  const { stdout } = await lab("toy", "3", "--seed", "5", "--json");
  const lines = stdout.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { number: 3, passed: false, seed: 5, replay: "kvorum lab toy 3 --seed 5" },
    { cases: 1, failed: 1, passed: false },
  ]);
});

test("what the servers do is printed to stderr when asked for", async () => {
  const { stderr } = await lab("toy", "1", "--seed", "5", "--trace");
  expect(stderr).toMatch(/^-?\d+\.\d{3} s0 admission: opened \{"replica":0,"admitted":false\}\n/);
});

test.each([
  [["tyo"], "kvorum: there is no suite 'tyo'. Did you mean toy? There is toy.\n"],
  [["nonsense"], "kvorum: there is no suite 'nonsense'. There is toy.\n"],
  [["toy", "5"], "kvorum: the suite toy has no case 5; it has the cases 1 to 4.\n"],
  [["toy", "0"], "kvorum: the suite toy has no case 0; it has the cases 1 to 4.\n"],
  [["toy", "3-9"], "kvorum: the suite toy has no case 9; it has the cases 1 to 4.\n"],
  [["toy", "3-2"], "kvorum: '3-2' is neither the number of a case nor a range such as 3-7; the suite toy has the cases 1 to 4.\n"],
  [["toy", "all"], "kvorum: 'all' is neither the number of a case nor a range such as 3-7; the suite toy has the cases 1 to 4.\n"],
  [["toy", "--world", "rael"], "kvorum: there is no world 'rael'. Did you mean real? There are sim and real.\n"],
  [["toy", "--world", "toString"], "kvorum: there is no world 'toString'. There are sim and real.\n"],
  [["toy", "--seed", "x"], "kvorum: option '--seed <seed>': 'x' is not a whole number of at least 0.\n"],
  [["toy", "--repeat", "0"], "kvorum: option '--repeat <count>': '0' is not a whole number from 1 to 1000000.\n"],
])("the command line %j is refused with one sentence and exit code 2", async (words, stderr) => {
  expect(await lab(...words)).toEqual({ code: exitCodes.usage, stdout: "", stderr });
});

test("the nearest word is found, and none when none is near", () => {
  expect([distance("", "abc"), distance("kitten", "sitting"), distance("same", "same")]).toEqual([3, 3, 0]);
  expect(nearest("rfat", ["raft", "kvraft"])).toBe("raft");
  expect(nearest("kvrat", ["raft", "kvraft"])).toBe("kvraft");
  expect(nearest("x", ["raft", "kvraft"])).toBeUndefined();
  expect(nearest("r".repeat(1_000), ["raft"])).toBeUndefined();
});
