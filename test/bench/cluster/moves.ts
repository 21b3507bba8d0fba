import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../../src/real/connect.ts";
import { OpenLoop, writeAll, type WrittenKeys } from "../../rig/million/load.ts";
import { quantile } from "../../rig/report.ts";
import { measureLoad } from "../group/load.ts";
import type { BenchStore } from "./store.ts";

export interface MovesPlan {
  readonly connectionsPerGroup: number;
  readonly depth: number;
  readonly valueBytes: number;
  readonly keys: number;
  readonly seconds: number;
  readonly rows: number;
}

/** What it costs when all shards of one group go to another. */
export interface Moves {
  readonly rows: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
  /** CPU of all servers for each row, less what the clients cost besides, in microseconds. */
  readonly cpuUsPerRow: number;
  /** Of puts in shards that stay, at 30 % of the maximum: what they took before, and during the move. */
  readonly openPerSecond: number;
  readonly before: Took;
  readonly during: Took;
}

interface Took {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** The share of the measured maximum that clients ask for meanwhile. */
const share = 0.3;
const writersAtOnce = 256;

/** Group 2 leaves: its shards, full of rows, go to group 1, whose clients go on. */
export async function measureMoves(store: BenchStore, plan: MovesPlan, progress: (text: string) => void): Promise<Moves> {
  const { valueBytes, rows, seconds } = plan;
  const [staying, moving] = [await store.shardsOf(1), await store.shardsOf(2)];
  const client = connect({ masters: store.masters });
  const failures: string[] = [];
  progress(`${rows} rows are written`);
  const filled = new SomeKeys(store.keysOf(moving, rows, "row"), valueBytes);
  let next = 0;
  await writeAll(client, filled, { inFlight: writersAtOnce, failures }, () => (next < rows ? next++ : undefined));
  const kept = new SomeKeys(store.keysOf(staying, plan.keys, "stays"), valueBytes);
  const most = await measureLoad(store.target(3), {
    operation: "put",
    connections: plan.connectionsPerGroup,
    depth: plan.depth,
    seconds,
    valueBytes,
    keys: kept.count,
    key: (number) => kept.key(number),
  });
  const perSecond = most.perSecond * share;
  progress(`the move, beside ${Math.round(perSecond)} puts a second`);
  const loop = new OpenLoop(client, kept, perSecond, failures);
  await sleep(seconds * 250);
  const [calmAt, calmCpu] = [performance.now(), store.target(3).cpuSeconds()];
  await sleep(seconds * 2000);
  const [movedAt, movedCpu] = [performance.now(), store.target(3).cpuSeconds()];
  await store.admin.leave([2]);
  const endedAt = await settled(store);
  const endedCpu = store.target(3).cpuSeconds();
  await sleep(200);
  const [before, during] = [took(loop.tookMs(calmAt, movedAt)), took(loop.tookMs(movedAt, endedAt))];
  await loop.end();
  await client.close();
  if (failures.length > 0) throw new Error(`${failures.length} puts failed: ${failures[0]}`);
  const tookS = (endedAt - movedAt) / 1000;
  const idleCpu = ((movedCpu - calmCpu) / (movedAt - calmAt)) * (endedAt - movedAt);
  return {
    rows,
    seconds: tookS,
    rowsPerSecond: rows / tookS,
    cpuUsPerRow: ((endedCpu - movedCpu - idleCpu) * 1e6) / rows,
    openPerSecond: perSecond,
    before,
    during,
  };
}

function took(ms: readonly number[]): Took {
  return { p50Ms: quantile(ms, 0.5), p99Ms: quantile(ms, 0.99), maxMs: quantile(ms, 1) };
}

/** When every shard was served by whoever owns it now. */
async function settled(store: BenchStore): Promise<number> {
  for (;;) {
    // oxlint-disable no-await-in-loop -- again and again
    // By then every group has heard of the configuration, which it asks for ten times a second; or else it is asked again. Whoever asked for
    // what moves would hurry it.
    await sleep(300);
    const at = performance.now();
    if (!(await isSettled(store))) continue;
    await store.served();
    if (await isSettled(store)) return at;
    // oxlint-enable no-await-in-loop
  }
}

async function isSettled(store: BenchStore): Promise<boolean> {
  const { waits } = await store.admin.status();
  return waits.every(({ phase }) => phase === "parcel" || phase === "dead");
}

/** Keys that are given, whose values nobody looks at. */
class SomeKeys implements WrittenKeys {
  readonly #keys: readonly string[];
  readonly #value: string;

  constructor(keys: readonly string[], valueBytes: number) {
    this.#keys = keys;
    this.#value = "x".repeat(valueBytes);
  }

  get count(): number {
    return this.#keys.length;
  }

  key(number: number): string {
    return this.#keys[number] as string;
  }

  value(): string {
    return this.#value;
  }

  acknowledged(): void {}
}
