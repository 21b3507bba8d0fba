import { expect, test } from "vitest";
import { libraryTarget } from "../../../src/bench/ycsb/library-target.ts";
import { BenchFailed } from "../../../src/bench/ycsb/phase.ts";
import type { WorkloadName } from "../../../src/bench/ycsb/workloads.ts";
import { runYcsb, type YcsbResult } from "../../../src/bench/ycsb/ycsb-run.ts";
import type { Client, ScanRange } from "../../../src/client/client.ts";
import { KvorumError } from "../../../src/client/errors.ts";

/** A store in this process, and what was asked of it. */
class FakeStore {
  readonly rows = new Map<string, string>();
  readonly asked: Record<string, number> = {};
  closed = 0;

  /** As much of a client as a benchmark uses. */
  client(): Client {
    const count = (op: string): void => void (this.asked[op] = (this.asked[op] ?? 0) + 1);
    const client = {
      get: (key: string) => (count("get"), Promise.resolve(this.rows.get(key))),
      put: (key: string, value: string) => (count("put"), this.rows.set(key, value), Promise.resolve({ existed: true, version: 1 })),
      swap: (key: string, value: string) => (count("swap"), this.rows.set(key, value), Promise.resolve({ old: undefined, version: 1 })),
      scan: ({ start = "", end = "" }: ScanRange<string>) => (count("scan"), { pages: () => this.#pages(start, end) }),
      close: () => ((this.closed += 1), Promise.resolve()),
    };
    return client as unknown as Client;
  }

  async *#pages(start: string, end: string): AsyncIterable<string[]> {
    const keys = [...this.rows.keys()].filter((key) => key >= start && key <= end);
    for (let at = 0; at < keys.length; at += 10) yield await Promise.resolve(keys.slice(at, at + 10));
  }
}

function run(store: FakeStore, workload: WorkloadName): Promise<YcsbResult> {
  const plan = { workload, clients: 2, records: 50, operations: 200, seed: 3 };
  return runYcsb(
    plan,
    libraryTarget(() => store.client()),
    () => {},
  );
}

test("inserts are puts, updates are swaps, and every client is closed", async () => {
  const store = new FakeStore();
  const { driver, run: ran } = await run(store, "a");
  expect(driver).toBe("library");
  expect(store.asked).toEqual({ get: 4 + (ran.latencies.read?.count ?? 0), put: 100, swap: ran.latencies.update?.count });
  expect(store.closed).toBe(4);
});

test("the rows of all pages of scans are counted, both ends included", async () => {
  const { run: ran } = await run(new FakeStore(), "e");
  // Of 50 keys and more, scans of 1 to 100 see a good part.
  expect(ran.rows / (ran.latencies.scan?.count ?? 1)).toBeGreaterThan(15);
});

test("a call that fails ends it with what the client said", async () => {
  const store = new FakeStore();
  const broken: Client = { ...store.client(), swap: () => Promise.reject(new KvorumError("timeout", "Nobody answered.")) };
  const plan = { workload: "a", clients: 1, records: 50, operations: 200, seed: 3 } as const;
  const ended = runYcsb(
    plan,
    libraryTarget(() => broken),
    () => {},
  );
  await expect(ended).rejects.toThrow(new BenchFailed("The client 0 has failed: Nobody answered."));
});
