import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../src/cli/exit.ts";
import type { StoredResult } from "../../src/bench/report/results.ts";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const toy = fileURLToPath(new URL("../bench/line/toy-client.mjs", import.meta.url));

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "kvorum-service-test-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function kvorum(...words: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(process.execPath, [program, ...words], { encoding: "utf8", cwd: directory });
}

test("a service of three replicas passes while its leader is killed and started again", () => {
  const { status, stdout } = kvorum(
    "fuzz-service",
    "p3",
    "--managers",
    "1",
    "--crash",
    "leader",
    "--relaunch",
    "0ms",
    "--num-ops",
    "50",
    "--seed",
    "1",
  );
  expect(stdout).toMatch(/s0\.\d was killed, which led\n/);
  expect(stdout).toMatch(/s0\.\d was started again\n/);
  expect(stdout).toMatch(/\nFuzz testing result: PASSED\n$/);
  expect(status).toBe(exitCodes.ok);
});

test("clients that do not share a store fail, and it is shown why", () => {
  const { status, stdout } = kvorum(
    "fuzz-service",
    "--client",
    `${process.execPath} ${toy}`,
    "--num-ops",
    "100",
    "--num-clis",
    "2",
    "--history",
    "history.jsonl",
  );
  expect(stdout).toContain("\nFuzz testing result: FAILED\n");
  expect(stdout).toContain("no order of its");
  expect(status).toBe(exitCodes.failed);
  expect(kvorum("check", "history.jsonl").stdout).toBe("history.jsonl: not linearizable\n");
});

test("a benchmark prints its figures, and keeps them for a report", () => {
  const words = ["--workload", "e", "--clients", "2", "--records", "50", "--ops", "40"];
  const { status, stdout } = kvorum("bench", "ycsb", "p2", "--servers", "2", ...words, "--json", "results/bench-10-e-1.json");
  expect(status).toBe(exitCodes.ok);
  expect(stdout).toMatch(/\n {2}\[Run\] +\d+ ms\n {4}Throughput: +[\d.]+ ops\/sec\n/);
  expect(stdout).toMatch(/ {4}SCAN {4}ops +\d+ {2}avg/);
  const stored = JSON.parse(readFileSync(join(directory, "results/bench-10-e-1.json"), "utf8")) as StoredResult & { readonly ycsb: object };
  expect(stored.ycsb).toMatchObject({
    plan: { workload: "e", clients: 2 },
    driver: "processes",
    load: { operations: 100 },
    run: { operations: 80 },
  });
  expect(kvorum("bench", "report", "p2", "--collect", "--results", "results", "--out", ".").stdout).toBe("The report is proj2.md\n");
  expect(readFileSync(join(directory, "proj2.md"), "utf8")).toContain("| E: 95 % short scans, 5 % inserts | operations a second |");
});
