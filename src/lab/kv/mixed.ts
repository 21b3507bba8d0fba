import type { Rng } from "../../base/rng.ts";
import { background } from "../background.ts";
import { servers } from "../checks.ts";
import { check } from "../failure.ts";
import { checkAppends, elementOf } from "./appends.ts";
import { type Clerk, shownValue } from "./clerk.ts";
import { checkLogSize, checkNoSnapshot, crashAll, heal, mitLimitMs, restartAll, secondMs } from "../group/steps.ts";
import { checkValue } from "./steps.ts";
import { onStore, type Store } from "./store.ts";
import type { KvRun } from "../case.ts";

/** The MIT courses' run of mixed operations. */
export interface MixedOptions {
  readonly clients: number;
  readonly servers: number;
  /** How long the clients go on in each of three iterations. */
  readonly iterationMs: number;
  readonly unreliable?: boolean;
  /** All servers are ended after each iteration, and started again a second later. */
  readonly restarts?: boolean;
  /** Meanwhile the servers are divided in two, and every second in another way. */
  readonly partitions?: boolean;
  /** The clients share their keys, instead of having one each. */
  readonly randomKeys?: boolean;
  readonly logBytesMax?: number;
}

const iterations = 3;

export function mixedRun(options: MixedOptions): KvRun {
  const { servers: count, logBytesMax } = options;
  const log = logBytesMax === undefined ? {} : { logBytesMax };
  return onStore({ servers: count, ...log, limitMs: mitLimitMs }, (store) => mixed(store, options));
}

async function mixed(store: Store, options: MixedOptions): Promise<void> {
  const { world } = store;
  if (options.unreliable === true) await world.setUnreliable("labrpc");
  const reader = store.newClerk();
  for (let iteration = 0; iteration < iterations; iteration += 1) await iterate(store, reader, options, iteration);
}

async function iterate(store: Store, reader: Clerk, options: MixedOptions, iteration: number): Promise<void> {
  const { world } = store;
  const { clients, logBytesMax } = options;
  const stop = { asked: false };
  const tasks = Array.from({ length: clients }, (_, client) => {
    const rng = world.rng.fork("client").fork(iteration).fork(client);
    return background(options.randomKeys === true ? useAnyKey(store, client, clients, rng, stop) : useOwnKey(store, client, rng, stop));
  });
  const partitions = background(options.partitions === true ? partitionUntil(store, iteration, stop) : Promise.resolve());
  await world.sleep(options.iterationMs + (options.partitions === true ? secondMs : 0));
  stop.asked = true;
  await partitions;
  if (options.partitions === true) {
    await heal(world);
    await world.sleep(secondMs);
  }
  if (options.restarts === true) {
    await crashAll(world);
    await world.sleep(secondMs);
    await restartAll(world);
  }
  const appended = await Promise.all(tasks);
  if (options.randomKeys !== true) {
    for (const [client, count] of appended.entries()) checkAppends(client, await reader.get(String(client)), count);
  }
  if (logBytesMax === undefined) await checkNoSnapshot(world);
  else await checkLogSize(world, logBytesMax);
}

interface Stop {
  readonly asked: boolean;
}

/** Appends to a key that nobody else changes, and knows at any time what it holds. The result is how often. */
async function useOwnKey(store: Store, client: number, rng: Rng, stop: Stop): Promise<number> {
  const clerk = store.newClerk();
  const key = String(client);
  let expected = "";
  let count = 0;
  await clerk.put(key, expected);
  while (!stop.asked) {
    if (rng.chance(0.5)) {
      const element = elementOf(client, count);
      const old = await clerk.append(key, element);
      check(old === expected, `an append to the key of client ${client} found ${shownValue(old)}, and not ${shownValue(expected)}`);
      expected += element;
      count += 1;
    } else {
      checkValue(key, await clerk.get(key), expected);
    }
  }
  return count;
}

/** Does anything to the keys of all clients: what they hold is for the checker to judge. */
async function useAnyKey(store: Store, client: number, keys: number, rng: Rng, stop: Stop): Promise<number> {
  const clerk = store.newClerk();
  let count = 0;
  while (!stop.asked) {
    const key = String(rng.int(0, keys - 1));
    const what = rng.int(1, 100);
    if (what > 55) {
      await clerk.get(key);
      continue;
    }
    if (what > 50) await clerk.put(key, elementOf(client, count));
    else await clerk.append(key, elementOf(client, count));
    count += 1;
  }
  return count;
}

/** Divides the servers by chance for 1.0 to 1.2 seconds at a time, after a second without that. */
async function partitionUntil(store: Store, iteration: number, stop: Stop): Promise<void> {
  const { world } = store;
  const rng = world.rng.fork("partitions").fork(iteration);
  await world.sleep(secondMs);
  while (!stop.asked) {
    const first = servers(world).filter(() => rng.chance(0.5));
    await world.partition([first, servers(world).filter((server) => !first.includes(server))]);
    await world.sleep(secondMs + rng.int(0, 199));
  }
}
