import type { LoadClient, Target } from "./target.ts";

/** A closed loop: every connection has up to `depth` operations in flight, and makes another when one is done, and its time has come. */
export interface LoadShape {
  readonly operation: "put" | "get";
  readonly connections: number;
  readonly depth: number;
  readonly seconds: number;
  readonly valueBytes: number;
  /** Keys are drawn evenly from so many. */
  readonly keys: number;
  /** The key of a number, for the connection of a number. */
  readonly key?: (number: number, connection: number) => string;
  /** What a connection asks for in a second at most; as much as it can when undefined. */
  readonly perSecondMax?: number;
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
  await Promise.all(clients.map((client, connection) => loop({ client, connection }, shape, begin + shape.seconds * 1000, latencies)));
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
  { client, connection }: { readonly client: LoadClient; readonly connection: number },
  { operation, depth, keys, valueBytes, perSecondMax = Infinity, key: keyOf = (number) => `key${number}` }: LoadShape,
  end: number,
  latencies: number[],
): Promise<void> {
  const value = "x".repeat(valueBytes);
  let out = depth;
  return new Promise((resolve) => {
    const everyMs = (1000 * depth) / perSecondMax;
    const issue = (): void => {
      const begun = performance.now();
      const key = keyOf(Math.floor(Math.random() * keys), connection);
      const done = (): void => {
        const now = performance.now();
        latencies.push(now - begun);
        const next = begun + everyMs;
        if (Math.max(now, next) >= end) {
          if (--out === 0) resolve();
        } else if (next > now) {
          setTimeout(issue, next - now);
        } else {
          issue();
        }
      };
      if (operation === "put") client.put(key, value, done);
      else client.get?.(key, done);
    };
    // Those of one connection begin apart, so that a limited load is an even one.
    for (let i = 0; i < depth; i += 1) {
      if (everyMs > 0) setTimeout(issue, Math.random() * everyMs);
      else issue();
    }
  });
}
