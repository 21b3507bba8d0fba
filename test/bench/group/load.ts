import type { LoadClient, Target } from "./target.ts";

/** A closed loop: every connection has `depth` operations in flight, and makes another when one is done. */
export interface LoadShape {
  readonly operation: "put" | "get";
  readonly connections: number;
  readonly depth: number;
  readonly seconds: number;
  readonly valueBytes: number;
  /** Keys are drawn evenly from so many. */
  readonly keys: number;
  /** The key of a number. */
  readonly key?: (number: number) => string;
}

export interface LoadFigures {
  readonly operations: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** CPU of the store's processes for each operation, in microseconds; the load's own is not in it. */
  readonly serverCpuUs: number;
}

export async function measureLoad(target: Target, shape: LoadShape): Promise<LoadFigures> {
  const clients = await Promise.all(Array.from({ length: shape.connections }, () => target.connect()));
  const latencies: number[] = [];
  const cpuBefore = target.cpuSeconds();
  const begin = performance.now();
  await Promise.all(clients.map((client) => loop(client, shape, begin + shape.seconds * 1000, latencies)));
  const seconds = (performance.now() - begin) / 1000;
  const cpu = target.cpuSeconds() - cpuBefore;
  await Promise.all(clients.map((client) => client.close()));
  const sorted = Float64Array.from(latencies).toSorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    operations: sorted.length,
    perSecond: sorted.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    serverCpuUs: (cpu * 1e6) / sorted.length,
  };
}

function loop(
  client: LoadClient,
  { operation, depth, keys, valueBytes, key: keyOf = (number) => `key${number}` }: LoadShape,
  end: number,
  latencies: number[],
): Promise<void> {
  const value = "x".repeat(valueBytes);
  let out = depth;
  return new Promise((resolve) => {
    const issue = (): void => {
      const begun = performance.now();
      const key = keyOf(Math.floor(Math.random() * keys));
      const done = (): void => {
        const now = performance.now();
        latencies.push(now - begun);
        if (now < end) issue();
        else if (--out === 0) resolve();
      };
      if (operation === "put") client.put(key, value, done);
      else client.get?.(key, done);
    };
    for (let i = 0; i < depth; i += 1) issue();
  });
}
