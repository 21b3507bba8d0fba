import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

function lab(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/cli/main.js", "lab", ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

/** The output without durations. */
function normal(text: string): string {
  return text.replace(/\b\d+(?:\.\d)? m?s\b/g, "<real>");
}

test("the built program lists the suites", () => {
  const { status, stdout, stderr } = lab();
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^raft: .*\n {4}1 {2}Initial election\n/);
});

test("the built program runs cases, and prints the same for the same seed", () => {
  const [first, second] = [lab("raft", "3", "30", "--seed", "1"), lab("raft", "3", "30", "--seed", "1")];
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(normal(first.stdout)).toBe(normal(second.stdout));
  expect(first.stdout.match(/^(?:TEST|ALL).*$/gm)).toEqual([
    "TEST 3: Basic agreement",
    "TEST 3 Passed",
    "TEST 30: Snapshot initialization after crash",
    "TEST 30 Passed",
    "ALL TESTS PASSED",
  ]);
});

test("the built program refuses a case that does not exist", () => {
  expect(lab("raft", "31")).toEqual({
    status: 2,
    stdout: "",
    stderr: "kvorum: the suite raft has no case 31; it has the cases 1 to 30.\n",
  });
});
