import { expect, test } from "vitest";
import { Rng } from "../../../src/base/rng.ts";
import { type Draw, LoadDraw, RunDraw, type YcsbOperation } from "../../../src/bench/ycsb/draw.ts";
import { KnownKeys, recordKey, Values } from "../../../src/bench/ycsb/records.ts";
import { recordCount, type WorkloadName, workloadNames, workloads } from "../../../src/bench/ycsb/workloads.ts";

function all(draw: Draw): YcsbOperation[] {
  const operations: YcsbOperation[] = [];
  for (let next = draw.next(); next !== undefined; next = draw.next()) operations.push(next);
  return operations;
}

function run(name: WorkloadName, seed = 1): YcsbOperation[] {
  return all(new RunDraw(workloads[name], recordCount, 10_000, new Rng(seed)));
}

function percent(operations: readonly YcsbOperation[], kind: YcsbOperation["kind"]): number {
  return (operations.filter((operation) => operation.kind === kind).length / operations.length) * 100;
}

test("the load inserts every record once", () => {
  const operations = all(new LoadDraw(new Rng(1), recordCount));
  expect(new Set(operations.map((operation) => ("key" in operation ? operation.key : ""))).size).toBe(recordCount);
  expect(operations.every(({ kind }) => kind === "insert")).toBe(true);
});

test.each(workloadNames)("the run of workload %s has the mix that YCSB's has", (name) => {
  const operations = run(name);
  const { read, update, insert, scan, readModifyWrite } = workloads[name];
  expect(operations).toHaveLength(10_000);
  expect(read + update + insert + scan + readModifyWrite).toBe(100);
  const shares = { read, update, insert, scan, modify: readModifyWrite };
  for (const [kind, share] of Object.entries(shares))
    expect(Math.abs(percent(operations, kind as YcsbOperation["kind"]) - share)).toBeLessThan(1.5);
});

test.each(["d", "e"] as const)("all clients of workload %s insert the same further records, and choose only what is there", (name) => {
  const there = new Set(Array.from({ length: recordCount }, (_, record) => recordKey(record)));
  const absent: string[] = [];
  const inserted: string[] = [];
  for (const operation of run(name)) {
    const key = operation.kind === "scan" ? operation.start : operation.key;
    if (operation.kind === "insert") inserted.push(key);
    else if (!there.has(key)) absent.push(key);
    there.add(key);
  }
  expect(absent).toEqual([]);
  expect(inserted.length).toBeGreaterThan(400);
  expect(inserted).toEqual(inserted.map((_, at) => recordKey(recordCount + at)));
});

test("a scan covers one to a hundred of the keys that its client knows, each number as often", () => {
  const known = Array.from({ length: recordCount }, (_, record) => recordKey(record));
  const lengths: number[] = [];
  for (const operation of run("e")) {
    if (operation.kind === "insert") known.push(operation.key);
    if (operation.kind === "scan") lengths.push(known.filter((key) => key >= operation.start && key <= operation.end).length);
  }
  expect(Math.min(...lengths)).toBe(1);
  expect(Math.max(...lengths)).toBe(100);
  const average = lengths.reduce((sum, length) => sum + length) / lengths.length;
  // 50.5, and a little less where the keys end.
  expect(Math.abs(average - 49)).toBeLessThan(2.5);
});

test("a seed decides all; two clients do not do the same", () => {
  expect(run("a", 3)).toEqual(run("a", 3));
  expect(run("a", 3).slice(0, 50)).not.toEqual(run("a", 4).slice(0, 50));
});

test("values are long, of every character that the course's harness sends, and of no other", () => {
  const values = new Values(new Rng(1));
  const whole = Array.from({ length: 200 }, () => values.whole());
  const one = Array.from({ length: 200 }, () => values.one());
  expect(whole.every((value) => value.length === 1082)).toBe(true);
  expect(one.every((value) => value.length === 110)).toBe(true);
  const characters = new Set([...whole, ...one].flatMap((value) => Array.from(value, (each) => each.charCodeAt(0))));
  expect([...characters].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 0x7f - 0x20 }, (_, at) => 0x21 + at));
});

test("a scan of more keys than there are ends with the last", () => {
  const keys = new KnownKeys(10);
  const last = Array.from({ length: 10 }, (_, record) => recordKey(record))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .at(-1);
  expect(keys.endOf(recordKey(3), 100)).toBe(last);
  expect(keys.endOf(recordKey(3), 1)).toBe(recordKey(3));
});
