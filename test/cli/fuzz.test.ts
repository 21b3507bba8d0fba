import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { exitCodes } from "../../src/cli/exit.ts";
import { fuzzCommand } from "../../src/cli/fuzz.ts";
import { type FuzzKind, groupKind, masterKind, raftKind } from "../../src/cli/fuzz-kinds.ts";
import { kvorumProgram, runProgram } from "../../src/cli/program.ts";
import { textBytes } from "../../src/check/byte-string.ts";
import { checkHistory } from "../../src/check/check.ts";
import { readHistory } from "../../src/check/read.ts";
import { runKvSeed } from "../../src/sim/kv/fuzz.ts";
import { type FuzzOptions, runSeed, type SeedResult } from "../../src/sim/fuzz.ts";

let before: typeof process.exitCode;
beforeEach(() => {
  before = process.exitCode;
  process.exitCode = undefined;
});
afterEach(() => {
  process.exitCode = before;
  vi.restoreAllMocks();
});

interface Outcome {
  code: typeof process.exitCode;
  stdout: string;
  stderr: string;
}

type Simulate = typeof runSeed;

function run(words: readonly string[], simulate: Simulate): Promise<Outcome> {
  return runKinds([raftKind(simulate)], words);
}

function runBoth(words: readonly string[], simulate: typeof runKvSeed = runKvSeed): Promise<Outcome> {
  return runKinds([groupKind(simulate), raftKind(fine)], words);
}

async function runKinds(kinds: readonly FuzzKind[], words: readonly string[]): Promise<Outcome> {
  const outcome: Outcome = { code: undefined, stdout: "", stderr: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((outcome.stdout += String(text))));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((outcome.stderr += String(text))));
  await runProgram(kvorumProgram([fuzzCommand(kinds)]), ["fuzz", ...words]);
  vi.restoreAllMocks();
  outcome.code = process.exitCode;
  return outcome;
}

/** A universe that is over at once. */
function result(seed: string | number, changes: Partial<SeedResult> = {}): SeedResult {
  const counts = { simulatedMs: 20_150.2, events: 12_345, packets: 678, servers: 3, proposed: 9, committed: 8, acknowledged: 7, reads: 6 };
  return {
    seed: String(seed),
    verdict: "ok",
    finding: undefined,
    counts: { ...counts, terms: 5, restarts: 4, snapshots: 3, reopened: 2 },
    strikes: { crash: 2, loss: 1 },
    settled: { leaderMs: 50, equalMs: 150 },
    stream: "abc",
    ...changes,
  };
}

const broken: Partial<SeedResult> = {
  verdict: "broken",
  finding: { invariant: "R6", sentence: "s0 commits 4 in term 2 while 1 of 3 disks hold it", atMs: 1234.5, stack: undefined },
};

/** Every third seed is broken, every fifth invalid. */
const mixed: Simulate = (seed) => {
  if (Number(seed) % 3 === 0) return result(seed, broken);
  return Number(seed) % 5 === 0 ? result(seed, { verdict: "invalid" }) : result(seed);
};

const fine: Simulate = (seed) => result(seed);

const traced: Simulate = (seed, options?: Partial<FuzzOptions>) => {
  options?.onTrace?.(12.34567, "s1", "raft: role", { to: "leader" });
  return result(seed);
};

/** Without what differs from run to run. */
function withoutDurations(text: string): string {
  return text.replaceAll(/\d+ ms|\d+\.\d s/g, "-");
}

describe("one seed", () => {
  test("prints its plan first, then what happened, the same each time but for durations", async () => {
    const words = ["3", "--faults", "2s"];
    const first = await run(words, runSeed);
    const second = await run(words, runSeed);
    expect(first.code).toBe(exitCodes.ok);
    expect(first.stderr).toBe("");
    expect(first.stdout).toMatch(/^seed 3\n {2}\d servers?, 2000ms of faults/);
    expect(first.stdout.indexOf("workload:")).toBeLessThan(first.stdout.indexOf("clients:"));
    expect(withoutDurations(second.stdout)).toBe(withoutDurations(first.stdout));
  });

  test("that breaks a promise says which, prints the one command that replays it, and ends with 1", async () => {
    const outcome = await run(["3", "--faults", "90s"], mixed);
    expect(outcome.code).toBe(exitCodes.failed);
    expect(outcome.stdout).toContain("  BROKEN R6 at 1235ms: s0 commits 4 in term 2 while 1 of 3 disks hold it\n");
    expect(outcome.stdout).toContain("  replay: kvorum fuzz raft 3 --faults 90000ms\n");
  });

  test("traces with virtual times to stderr when asked", async () => {
    expect((await run(["1", "--trace"], traced)).stderr).toBe('12.346 s1 raft: role {"to":"leader"}\n');
    expect((await run(["1"], traced)).stderr).toBe("");
  });

  test("is one line of JSON when asked", async () => {
    const { stdout } = await run(["3", "--json"], mixed);
    expect(stdout.split("\n").length).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ seed: "3", verdict: "broken", finding: { invariant: "R6" }, replay: "kvorum fuzz raft 3" });
  });

  test("whose two runs differ is broken (R27)", async () => {
    let runs = 0;
    const outcome = await run(["1", "--twice"], (seed) => result(seed, { stream: `stream ${(runs += 1)}` }));
    expect(outcome.code).toBe(exitCodes.failed);
    expect(outcome.stdout).toContain("BROKEN R27");
    expect(outcome.stdout).toContain("replay: kvorum fuzz raft 1 --twice");
    expect((await run(["1", "--twice"], fine)).code).toBe(exitCodes.ok);
  });

  test("plays a scenario", async () => {
    const played: unknown[] = [];
    await run(["1", "--scenario", "all"], (seed, options) => {
      played.push(options?.scenario);
      return result(seed);
    });
    expect(played).toEqual(["troubled-minority", "laggard", "partial-connectivity", "rejoin", "hung-leader-disk"]);
  });

  test("in which the simulator itself fails is named", async () => {
    const bug = new Error("a bug");
    const failing = run(["1"], () => {
      throw bug;
    });
    await expect(failing).rejects.toMatchObject({ message: expect.stringContaining("kvorum fuzz raft 1"), cause: bug });
  });
});

describe("many seeds", () => {
  test("are counted, and every failure can be replayed", async () => {
    const { code, stdout } = await run(["--count", "6", "--seed", "1"], mixed);
    expect(code).toBe(exitCodes.failed);
    expect(stdout).toContain("seed 5: invalid, with 8 committed it has shown nothing\n");
    expect(withoutDurations(stdout)).toContain("seeds 1 to 6: 3 ok, 2 broken, 1 invalid, - CPU\n");
    expect(stdout.endsWith("replay: kvorum fuzz raft 3\nreplay: kvorum fuzz raft 6\n")).toBe(true);
  });

  test("say how often each kind of fault struck, and name the rarest", async () => {
    const { code, stdout } = await run(["--count", "2", "--seed", "1"], fine);
    expect(code).toBe(exitCodes.ok);
    expect(stdout).toMatch(/^ {2}crash +4\n {2}loss +2\n/);
    expect(stdout).toMatch(/\nleast of all struck: .+, 0 times\n/);
  });

  test("in which nothing happened are a failure", async () => {
    expect((await run(["--count", "2", "--seed", "1"], (seed) => result(seed, { verdict: "invalid" }))).code).toBe(exitCodes.failed);
  });

  test("are one line of JSON each, and one for all", async () => {
    const { stdout } = await run(["--count", "3", "--seed", "1", "--json"], mixed);
    const lines = stdout.trim().split("\n");
    expect(lines.length).toBe(4);
    expect(JSON.parse(lines[3] ?? "")).toMatchObject({ first: 1, count: 3, ok: 2, broken: 1, invalid: 0, replays: ["kvorum fuzz raft 3"] });
  });

  test("begin at a fresh seed when none is given", async () => {
    const seeds: string[] = [];
    await run(["--count", "2"], (seed) => {
      seeds.push(String(seed));
      return result(seed);
    });
    expect(seeds.map(Number)).toEqual([Number(seeds[0]), Number(seeds[0]) + 1]);
  });
});

test.each([
  [["x"], "kvorum: argument 'seed': 'x' is not a whole number of at least 0.\n"],
  [["1", "--count", "2"], "kvorum: one seed is replayed, or many are run with --count and --seed, not both.\n"],
  [["--count", "0"], "kvorum: option '--count <count>': '0' is not a whole number from 1 to 10000000.\n"],
  [["--seed", "9007199254740991", "--count", "2"], "kvorum: there are no 2 seeds from 9007199254740991 on.\n"],
  [["--faults", "5"], "kvorum: option '--faults <duration>': '5' is not a duration (such as 250ms, 1.5s, 5m, 2h) from 1ms to 24h.\n"],
  [
    ["--scenario", "rejion"],
    "kvorum: there is no scenario 'rejion'. Did you mean rejoin? " +
      "There are troubled-minority, laggard, partial-connectivity, rejoin, hung-leader-disk, and all.\n",
  ],
])("%j is refused with one sentence and exit code 2", async (words, stderr) => {
  expect(await run(words, fine)).toEqual({ code: exitCodes.usage, stdout: "", stderr });
});

describe("a group with clients", () => {
  const files: string[] = [];
  afterEach(() => {
    for (const path of files.splice(0)) rmSync(path, { force: true });
  });

  function file(name: string): string {
    const path = join(tmpdir(), `${randomUUID()}-${name}`);
    files.push(path);
    return path;
  }

  test("is run when it is the first kind, or the one that is named", async () => {
    const words = ["3", "--faults", "2s"];
    const first = await runBoth(words);
    expect(first.code).toBe(exitCodes.ok);
    expect(first.stdout).toContain("operations/s each");
    expect(first.stdout).toContain("steps of the checker");
    expect(withoutDurations((await runBoth(["group", ...words])).stdout)).toBe(withoutDurations(first.stdout));
    expect((await runBoth(["raft", "3"])).stdout).toContain("9 proposed");
  });

  test("leaves what its clients saw in a file that the checker reads", async () => {
    const history = file("history.jsonl");
    const html = file("page.html");
    const outcome = await runBoth(["3", "--faults", "2s", "--history", history, "--html", html]);
    const read = readHistory(readFileSync(history, "utf8"));
    expect(read.history.operations.length).toBeGreaterThan(20);
    expect(checkHistory(read.history).verdict).toBe("linearizable");
    expect(outcome.stderr).toContain("what clients saw is linearizable");
    expect(existsSync(html)).toBe(false);
  });

  test("leaves what administrators saw in one too", async () => {
    const history = file("history.jsonl");
    const outcome = await runKinds([masterKind()], ["4", "--faults", "3s", "--history", history]);
    expect(outcome.stdout).toMatch(/ [1-9]\d* configurations made, /);
    expect(outcome.stdout).toContain("groups");
    const read = readHistory(readFileSync(history, "utf8"));
    expect(read.history.model).toBe("shardmaster");
    expect(checkHistory(read.history).verdict).toBe("linearizable");
  });

  test("draws why what its clients saw is not linearizable", async () => {
    const html = file("page.html");
    const key = textBytes("k");
    const lying: typeof runKvSeed = (seed, options) => {
      options?.onHistory?.({
        model: "store",
        operations: [
          { client: "a", call: 1, returned: 2, command: { op: "put", key, value: textBytes("1") }, outcome: {} },
          { client: "b", call: 3, returned: 4, command: { op: "get", key }, outcome: { value: null } },
        ],
      });
      return {
        ...runKvSeed(seed, { faultsMs: 1 }),
        verdict: "broken",
        finding: { invariant: "LIN", sentence: "no order", atMs: 4, stack: undefined },
      };
    };
    const outcome = await runBoth(["3", "--html", html], lying);
    expect(outcome.code).toBe(exitCodes.failed);
    expect(outcome.stdout).toContain("  BROKEN LIN at 4ms: no order\n  replay: kvorum fuzz group 3\n");
    expect(readFileSync(html, "utf8")).toContain("kvorum fuzz group 3");
  });

  test("counts over many seeds how often everything came about", async () => {
    const { stdout } = await runBoth(["--count", "2", "--seed", "1", "--faults", "3s"]);
    expect(stdout).toMatch(/executed, .*repeated, .*sessions dropped, .*operations checked\n/);
    expect(withoutDurations(stdout)).toContain("seeds 1 to 2: 2 ok, 0 broken, 0 invalid, - CPU\n");
  });

  test("writes files of one seed only", async () => {
    const outcome = await runBoth(["--count", "2", "--history", "x"]);
    expect(outcome).toEqual({ code: exitCodes.usage, stdout: "", stderr: "kvorum: --history and --html are for one seed.\n" });
  });
});
