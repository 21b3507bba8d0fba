import { expect, test } from "vitest";
import { Latencies } from "../../../src/bench/ycsb/latency.ts";
import { BenchFailed } from "../../../src/bench/ycsb/phase.ts";
import { lineClients } from "../../../src/bench/ycsb/process-target.ts";
import type { Target } from "../../../src/bench/ycsb/target.ts";
import { runYcsb, type YcsbPlan, type YcsbResult } from "../../../src/bench/ycsb/ycsb-run.ts";
import { type ToyAnswer, toyCrowd } from "../line/toy-crowd.ts";
import { ToyStore } from "../line/toy-store.ts";

const plan: YcsbPlan = { workload: "a", clients: 3, records: 1000, operations: 500, seed: 5 };

function bench(answer: ToyAnswer, changed: Partial<YcsbPlan> = {}): Promise<YcsbResult> {
  const target: Target = { name: "processes", connect: (clients, listener) => lineClients(toyCrowd(clients, answer), listener) };
  return runYcsb({ ...plan, ...changed }, target, () => {});
}

function toy(): ToyAnswer {
  const store = new ToyStore();
  return (line) => store.handle(line);
}

test("all clients load all records, and then do what the workload says", async () => {
  const { load, run } = await bench(toy());
  expect(load.operations).toBe(3000);
  expect(load.latencies.insert?.count).toBe(3000);
  expect(run.operations).toBe(1500);
  const { read, update, insert } = run.latencies;
  expect((read?.count ?? 0) + (update?.count ?? 0)).toBe(1500);
  expect(insert).toBeUndefined();
  expect(run.throughput).toBeCloseTo((run.operations / run.runtimeMs) * 1000, 5);
});

test("a read with a write is one operation and two accesses", async () => {
  const { run } = await bench(toy(), { workload: "f" });
  expect(run.operations).toBe(1500);
  expect(run.latencies.read?.count).toBe(1500);
  expect(run.latencies.update?.count).toBeGreaterThan(600);
});

test("the rows of scans are counted", async () => {
  const { run } = await bench(toy(), { workload: "e", clients: 1 });
  const scans = run.latencies.scan?.count ?? 0;
  expect(run.rows / scans).toBeGreaterThan(40);
  expect(run.rows / scans).toBeLessThan(60);
});

test("progress is told to the end", async () => {
  const told: string[] = [];
  const target: Target = { name: "processes", connect: (clients, listener) => lineClients(toyCrowd(clients, toy()), listener) };
  await runYcsb(plan, target, (phase, done, total) => told.push(`${phase} ${done}/${total}`));
  expect(told).toHaveLength(4500);
  expect([told[0], told[2999], told[4499]]).toEqual(["Load 1/3000", "Load 3000/3000", "Run 1500/1500"]);
});

test("what is no answer ends it", async () => {
  const store = new ToyStore();
  await expect(bench((line) => (line.startsWith("SWAP") ? "SWAP other 1\n" : store.handle(line)))).rejects.toThrow(BenchFailed);
});

test("latencies: the least, the average and the most are exact, the others nearly", () => {
  const latencies = new Latencies();
  expect(latencies.figures()).toBeUndefined();
  for (let ms = 1; ms <= 1000; ms += 1) latencies.add(ms);
  const { count, minUs, avgUs, p50Us, p99Us, maxUs } = latencies.figures() ?? {};
  expect({ count, minUs, avgUs, maxUs }).toEqual({ count: 1000, minUs: 1000, avgUs: 500_500, maxUs: 1_000_000 });
  expect(Math.abs((p50Us ?? 0) / 500_000 - 1)).toBeLessThan(0.002);
  expect(Math.abs((p99Us ?? 0) / 990_000 - 1)).toBeLessThan(0.002);
});
