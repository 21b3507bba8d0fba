import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";

const command = ["dist/cli/main.js", "lab", "raft", "--world", "real"];

/** Where the runner keeps its folders; its servers have it in their arguments. */
let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "kvorum-e2e-"));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, TMPDIR: scratch };
}

/** The servers that live. */
function living(): string[] {
  const processes = execFileSync("ps", ["-A", "-o", "pid=,args="], { encoding: "utf8", maxBuffer: 2 ** 26 }).split("\n");
  return processes.filter((line) => line.includes(scratch));
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_200 && !condition(); i += 1) await sleep(50);
  expect(condition()).toBe(true);
}

test("cases pass with processes, disks and sockets, and leave nothing behind", () => {
  const { status, stdout } = spawnSync(process.execPath, [...command, "1", "3", "7", "12", "30", "--seed", "1"], {
    encoding: "utf8",
    env: environment(),
  });
  const valid = stdout.replaceAll(/^TEST \d+ invalid: (?:server \d|the runner) stalled for \d+ ms; it runs again\n/gm, "");
  expect(valid.match(/^(?:TEST|ALL|suite).*$/gm)).toEqual([
    "suite raft, world real, seed 1",
    "TEST 1: Initial election",
    "TEST 1 Passed",
    "TEST 3: Basic agreement",
    "TEST 3 Passed",
    "TEST 7: Concurrently started agreements",
    "TEST 7 Passed",
    "TEST 12: Basic persistence",
    "TEST 12 Passed",
    "TEST 30: Snapshot initialization after crash",
    "TEST 30 Passed",
    "ALL TESTS PASSED",
  ]);
  const figures = /^ {4}[35] servers, [\d.]+ m?s, [1-9]\d* rpcs, [1-9]\d* bytes, \d+ entries(?:, \d invalid runs?)?, [\d.]+ m?s CPU$/gm;
  expect(stdout.match(figures)).toHaveLength(5);
  expect(stdout).toMatch(/^ {4}total: 5 passed, 0 failed, /m);
  expect([status, living(), readdirSync(scratch)]).toEqual([0, [], []]);
});

/** Starts a case that takes half a minute, and waits until its servers live. */
async function begun(): Promise<ChildProcess> {
  const runner = spawn(process.execPath, [...command, "2"], { env: environment(), stdio: "ignore" });
  await until(() => living().length === 5);
  return runner;
}

function ended(runner: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    runner.once("exit", resolve);
  });
}

test("a runner that is interrupted ends its servers and removes its folder", async () => {
  const runner = await begun();
  const code = ended(runner);
  runner.kill("SIGINT");
  expect(await code).toBe(130);
  await until(() => living().length === 0);
  expect(readdirSync(scratch)).toEqual([]);
});

test("servers without a runner end themselves", async () => {
  const runner = await begun();
  const code = ended(runner);
  runner.kill("SIGKILL");
  await code;
  await until(() => living().length === 0);
  expect(living()).toEqual([]);
});
