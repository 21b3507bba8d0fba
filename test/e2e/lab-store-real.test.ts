import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

/** Where the runner keeps its folders. */
let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "kvorum-e2e-"));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs cases with processes, and gives what was printed of each, without the attempts that a busy machine has spoiled. */
function lab(suite: string, world: string, ...numbers: readonly string[]): { status: number | null; lines: string[]; stdout: string } {
  const command = ["dist/cli/main.js", "lab", suite, ...numbers, "--world", world, "--seed", "1"];
  const { status, stdout } = spawnSync(process.execPath, command, { encoding: "utf8", env: { ...process.env, TMPDIR: scratch } });
  const valid = stdout.replaceAll(/^TEST \d+ invalid: (?:server \d+|the runner) stalled for \d+ ms; it runs again\n/gm, "");
  return { status, stdout, lines: valid.match(/^(?:TEST \d+ |ALL).*$/gm) ?? [] };
}

test("cases of a replicated store pass with processes, disks and sockets, and leave nothing behind", () => {
  const { status, stdout, lines } = lab("kvraft", "real", "1", "7", "8", "25");
  expect(lines).toEqual(["TEST 1 Passed", "TEST 7 Passed", "TEST 8 Passed", "TEST 25 Passed", "ALL TESTS PASSED"]);
  expect(stdout.match(/, [1-9]\d* rpcs, [1-9]\d* bytes, [1-9]\d* entries, [1-9]\d* operations, /g)).toHaveLength(5);
  expect([status, readdirSync(scratch)]).toEqual([0, []]);
});

test("cases of a shardmaster pass with processes, disks and sockets", () => {
  const { status, lines } = lab("shardmaster", "real", "1", "9", "14", "20");
  expect(lines).toEqual(["TEST 1 Passed", "TEST 9 Passed", "TEST 14 Passed", "TEST 20 Passed", "ALL TESTS PASSED"]);
  expect([status, readdirSync(scratch)]).toEqual([0, []]);
});

test("cases of a sharded store pass with processes, disks and sockets", () => {
  const { status, lines } = lab("shardkv", "real", "9", "12");
  expect(lines).toEqual(["TEST 9 Passed", "TEST 12 Passed", "ALL TESTS PASSED"]);
  expect([status, readdirSync(scratch)]).toEqual([0, []]);
});

test("memory is that of a process in both worlds", () => {
  expect(lab("kvsrv", "real", "4", "6")).toMatchObject({ status: 0, lines: ["TEST 4 Passed", "TEST 6 Passed", "ALL TESTS PASSED"] });
  expect(lab("kvsrv", "sim", "4", "6")).toMatchObject({ status: 0, lines: ["TEST 4 Passed", "TEST 6 Passed", "ALL TESTS PASSED"] });
  expect(readdirSync(scratch)).toEqual([]);
});
