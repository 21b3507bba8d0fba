import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { benchCommand } from "../../src/cli/bench.ts";
import { exitCodes } from "../../src/cli/exit.ts";
import { fuzzServiceCommand } from "../../src/cli/fuzz-service.ts";
import { kvorumProgram, runProgram } from "../../src/cli/program.ts";

let before: typeof process.exitCode;
beforeEach(() => {
  before = process.exitCode;
  process.exitCode = undefined;
});
afterEach(() => {
  process.exitCode = before;
  vi.restoreAllMocks();
});

async function kvorum(
  words: readonly string[],
): Promise<{ readonly code: typeof process.exitCode; readonly stdout: string; readonly stderr: string }> {
  let stdout = "";
  let stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((stdout += String(text))));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((stderr += String(text))));
  await runProgram(kvorumProgram([fuzzServiceCommand(), benchCommand()]), words);
  return { code: process.exitCode, stdout, stderr };
}

test.each([
  [["fuzz-service"], "what is to be fuzzed is p2, p3, or what --client says"],
  [["fuzz-service", "p4"], "there is no project 'p4' to fuzz; there are p2 and p3"],
  [["fuzz-service", "p2", "--client", "x"], "a project or --client is given, not both"],
  [["fuzz-service", "p2", "--crash", "leader"], "p2 has no leader"],
  [["fuzz-service", "p3", "--crash", "3"], "there is no server 3 to crash; they are 0 to 2"],
  [["fuzz-service", "p3", "--crash", "1,1"], "each server is killed once"],
  [["fuzz-service", "p3", "--crash", "leader,follower"], "at most 1 may be, or say with --relaunch"],
  [["fuzz-service", "p2", "--crash", "1", "--relaunch", "never"], "at most 0 may be"],
  [["fuzz-service", "p3", "--rf", "4"], "'4' is not 1, 3, 5, 7 or 9"],
  [["bench", "ycsb"], "what is measured is one of p2, p3, --client, --group and --masters"],
  [["bench", "ycsb", "p3", "--group", "127.0.0.1:1"], "what is measured is one of p2"],
  [["bench", "report", "p1"], "there is no report of 'p1'"],
  [["bench", "report", "p3", "--only", "bench-10-a-4"], "Did you mean bench-10-a-"],
])("%j is refused with a sentence", async (words, sentence) => {
  const { code, stdout, stderr } = await kvorum(words);
  expect({ code, stdout }).toEqual({ code: exitCodes.usage, stdout: "" });
  expect(stderr).toContain(sentence);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("addresses that are none are refused with a sentence", async () => {
  const { code, stderr } = await kvorum(["bench", "ycsb", "--group", "nowhere"]);
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toMatch(/^kvorum: .*'nowhere'.*\n$/);
});
