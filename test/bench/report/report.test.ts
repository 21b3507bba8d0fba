import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Machine } from "../../../src/bench/machine.ts";
import { configurationsOf, type Project, type YcsbConfiguration } from "../../../src/bench/report/configurations.ts";
import { writeReport } from "../../../src/bench/report/report.ts";
import { BadResult, Results, type StoredResult } from "../../../src/bench/report/results.ts";
import type { PhaseFigures } from "../../../src/bench/ycsb/phase.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kvorum-report-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const machine: Machine = { cpu: "a CPU", cores: 2, memoryGiB: 8, system: "a system", node: "v20", kvorum: "1.0.0" };

/** A run whose throughput falls with the size and rises with the clients, but for workload C, which stays the same. */
function ycsb({ workload, clients, shape }: YcsbConfiguration): StoredResult {
  const size = shape.partitions * shape.rf;
  const throughput = (workload === "c" ? 5000 : 4000 / (1 + size / 4)) * (clients / (clients + 10));
  const figures = { count: 500, minUs: 100, avgUs: 2000, p50Us: 1500, p99Us: size * 1000, maxUs: 20_000 };
  const phase: PhaseFigures = {
    runtimeMs: 1000,
    operations: 1000,
    throughput,
    rows: 0,
    cpuUs: { driver: 20, clients: 380, nodes: 600 },
    latencies: { read: figures, update: { ...figures, avgUs: 4000, p99Us: size * 2000 } },
  };
  const plan = { workload, clients, records: 1000, operations: 10_000, seed: 1 };
  return { machine, at: "2026-01-02T03:04:05.000Z", ycsb: { plan, driver: "processes", load: phase, run: phase } };
}

function fuzz(verdict: "PASSED" | "FAILED"): StoredResult {
  const summary = { operations: 25_000, seconds: 12.3, longestMs: 456, events: ["s0.1 was killed, which led"], failures: [] };
  return { machine, at: "2026-01-02T03:00:00.000Z", fuzz: { verdict, ...summary } };
}

/** Results of everything in a project but what `without` names. */
function results(project: Project, without: readonly string[] = []): Results {
  const all = new Results(join(directory, "results"));
  for (const each of configurationsOf(project))
    if (!without.includes(each.name)) all.write(each.name, each.kind === "ycsb" ? ycsb(each) : fuzz("PASSED"));
  return all;
}

function names(project: Project): string[] {
  return configurationsOf(project).map(({ name }) => name);
}

test("the configurations are those of the course", () => {
  expect(names("p2")).toHaveLength(27);
  expect(names("p3")).toHaveLength(26);
  expect(names("p2").slice(0, 3)).toEqual(["fuzz-3-no", "fuzz-3-yes", "fuzz-5-yes"]);
  expect(names("p3").slice(0, 2)).toEqual(["fuzz-5-no", "fuzz-5-yes"]);
  expect(names("p3")).toEqual(expect.arrayContaining(["bench-10-a-1", "bench-10-f-5", "bench-1-a-1", "bench-30-a-5"]));
});

test("a report has all figures, says what is seen, and names nothing as missing", () => {
  const file = writeReport("p3", results("p3"), directory);
  const text = readFileSync(file, "utf8");
  expect(file).toBe(join(directory, "proj3.md"));
  expect(text).toContain("| fuzz-5-yes | 5 replicas | leader, follower | **PASSED** | 25,000 | 12.3 | 456 |");
  expect(text).toContain("| A: half reads, half updates | operations a second | 1,600 | 1,143 | 889 |");
  expect(text).toContain("|  | 99th percentile, ms | 2 | 6 | 10 |");
  expect(text).toContain("With 5 replicas instead of 1 replica, less is done in a second: A 0.56 times, B 0.56 times");
  expect(text).toContain("about as much is done in a second: C 1.00 times.");
  expect(text).toContain("With 1 replica, 30 clients do 8.3 times as much as one: 2,400 operations a second instead of 291");
  expect(text).toContain("Measured on: a CPU, 2 cores");
  expect(text).toContain("|  | CPU of all, us each | 1,000 | 1,000 | 1,000 |");
  expect(text).toContain("|  | of the machine's CPU, % | 50 | 50 | 50 |");
  expect(text).toContain("Each client does 10,000 operations, on 1,000 records");
  expect(text).not.toContain("Not measured");
  expect(text).not.toContain("Short runs");
});

test("what was not measured is named, and leaves a hole", () => {
  const file = writeReport("p2", results("p2", ["bench-10-a-3", "fuzz-3-yes"]), directory);
  const text = readFileSync(file, "utf8");
  expect(text).toContain("**Not measured**: fuzz-3-yes, bench-10-a-3.");
  expect(text).toContain("| fuzz-3-yes | 3 partitions | server 1 | not measured |");
  expect(text).toContain("| A: half reads, half updates | operations a second | 1,600 |  | 889 |");
});

test("a report of nothing says that nothing was measured", () => {
  const text = readFileSync(writeReport("p3", new Results(join(directory, "none")), directory), "utf8");
  expect(text).toContain("**Not measured**: fuzz-5-no, fuzz-5-yes, bench-10-a-1");
});

test("pictures stand where the report says, as SVG and PNG", () => {
  const text = readFileSync(writeReport("p3", results("p3"), directory), "utf8");
  const pictures = [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path]) => path ?? "");
  expect(pictures).toEqual(["plots-p3/ycsb-ten-clients.png", "plots-p3/ycsb-tput-trend.png"]);
  for (const picture of pictures) {
    const png = readFileSync(join(directory, picture));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    // With its letters: without fonts a picture has a third of these bytes.
    expect(png.length).toBeGreaterThan(40_000);
    expect(readFileSync(join(directory, picture.replace(".png", ".svg")), "utf8")).toMatch(/^<svg [^>]*viewBox="0 0 860/);
  }
});

test("results of different machines are not passed off as comparable", () => {
  const all = results("p3", ["bench-10-a-1"]);
  const other = ycsb(configurationsOf("p3").find(({ name }) => name === "bench-10-a-1") as YcsbConfiguration);
  all.write("bench-10-a-1", { ...other, machine: { ...machine, cores: 64 } });
  expect(readFileSync(writeReport("p3", all, directory), "utf8")).toContain("they cannot be compared with each other");
});

test("a file that is no result is refused with a sentence", () => {
  const all = results("p3");
  const file = join(directory, "results", "fuzz-5-no.json");
  expect(existsSync(file)).toBe(true);
  writeFileSync(file, "{");
  expect(() => writeReport("p3", all, directory)).toThrow(BadResult);
});
