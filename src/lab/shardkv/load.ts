import type { Case, ShardedRun } from "../case.ts";
import { background } from "../background.ts";
import { check } from "../failure.ts";
import { secondMs } from "../group/steps.ts";
import type { Clerk } from "../kv/clerk.ts";
import { checkValue } from "../kv/steps.ts";
import { Contents, type Meanwhile } from "./contents.ts";
import { shardOf } from "./names.ts";
import { onSharded, type Sharded, type ShardedOptions } from "./sharded.ts";
import { checkEmptied, threeGids } from "./steps.ts";

const [one, two] = [100, 101];

function run(body: (sharded: Sharded) => Promise<void>, options: Partial<ShardedOptions>): ShardedRun {
  return onSharded({ gids: threeGids, ...options }, body);
}

/** So many bytes of log are enough for a group, and few enough to leave the memory to what moves. */
const logBytesMax = 4 * 1024 * 1024;
/** What a server may hold more while a shard comes or goes: far less than the shard. */
const heapGrowthMax = 48 * 1024 * 1024;
const measureMs = 500;
const writers = 10;
/** A large shard takes its time, to come and to be cleared away. */
const bulkMs = 300 * secondMs;

/** All keys of the shard that moves begin with the same letter. */
function bulkKey(row: number): string {
  return `0 ${row}`;
}

function bulkValue(row: number, bytes: number): string {
  return `${row} `.repeat(Math.ceil(bytes / 2)).slice(0, bytes);
}

/** A shard that is larger than what a server may hold in memory goes to another group, while clients write to it and to all others. */
async function largeShard(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const { rows, rowBytes } = world.scale;
  const shard = shardOf(bulkKey(0));
  await sharded.join(one, two);
  await sharded.move(shard, one);
  await inParts(rows, async (row, clerk) => clerk.put(bulkKey(row), bulkValue(row, rowBytes)), sharded);
  const contents = new Contents(sharded, 10, { deadlineMs: bulkMs });
  await contents.put(5);
  const before = await heaps(sharded);
  const appends = contents.appendMeanwhile(5, 20);
  const measuring = heapsMeanwhile(sharded);
  await sharded.move(shard, two);
  await inParts(rows, async (row, clerk) => checkValue(bulkKey(row), await clerk.get(bulkKey(row)), bulkValue(row, rowBytes)), sharded);
  await sharded.leave(one);
  await checkEmptied(sharded, one, bulkMs);
  await appends.stop();
  await measuring.stop();
  const grown = measuring.peak() - before;
  check(grown <= heapGrowthMax, `a server held ${grown} bytes more while ${rows * rowBytes} bytes moved`);
  await contents.check();
}

/** Several clients share the rows among them. */
async function inParts(rows: number, act: (row: number, clerk: Clerk) => Promise<void>, sharded: Sharded): Promise<void> {
  const parts = Array.from({ length: writers }, async (_, part) => {
    const clerk = sharded.newClerk({ deadlineMs: bulkMs });
    for (let row = part; row < rows; row += writers) await act(row, clerk);
  });
  await Promise.all(parts);
}

/** The most that a server of the two groups holds. */
async function heaps({ world }: Sharded): Promise<number> {
  const all = await Promise.all([one, two].map((gid) => world.group(gid).heaps()));
  return Math.max(...all.flat());
}

function heapsMeanwhile(sharded: Sharded): Meanwhile & { readonly peak: () => number } {
  const state = { goesOn: true, peak: 0 };
  const measure = async (): Promise<void> => {
    while (state.goesOn) {
      state.peak = Math.max(state.peak, await heaps(sharded));
      await sharded.world.sleep(measureMs);
    }
  };
  const measuring = background(measure());
  return {
    peak: () => state.peak,
    stop: async () => {
      state.goesOn = false;
      await measuring;
    },
  };
}

/** Two keys stay where they are, one with each group, while all other shards come and go. */
const staying = ["0", "1"];
const others = ["2", "3", "4", "5", "6", "7", "8", "9"];

async function neverPauses(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const { pauseMs } = world.scale;
  await sharded.join(...threeGids);
  for (const [at, key] of staying.entries()) await sharded.move(shardOf(key), threeGids[at] ?? one);
  const contents = new Contents(sharded, 50);
  await contents.put(1_000);
  const state = { goesOn: true };
  const pauses = staying.map((key) => background(longestPause(sharded, key, state)));
  for (let round = 0; round < 3; round += 1) {
    const { owners } = await sharded.config();
    for (const key of others) await sharded.move(shardOf(key), nextOf(owners[shardOf(key)]));
    await world.sleep(2 * secondMs);
  }
  state.goesOn = false;
  for (const [at, ms] of (await Promise.all(pauses)).entries()) {
    check(
      ms <= pauseMs,
      `the key ${staying[at]}, whose shard did not move, was not served for ${Math.round(ms)} milliseconds, more than ${pauseMs}`,
    );
  }
  await contents.check(others);
}

function nextOf(gid: number | undefined): number {
  return threeGids[(threeGids.indexOf(gid ?? one) + 1) % threeGids.length] ?? one;
}

/** The longest time between two answers to a client that asks without end. */
async function longestPause(sharded: Sharded, key: string, state: { readonly goesOn: boolean }): Promise<number> {
  const { world } = sharded;
  const clerk = sharded.newClerk();
  await clerk.put(key, "x");
  let [last, longest] = [world.now(), 0];
  for (let turn = 0; state.goesOn; turn += 1) {
    if (turn % 2 === 0) await clerk.append(key, "y");
    else await clerk.get(key);
    longest = Math.max(longest, world.now() - last);
    last = world.now();
  }
  return longest;
}

/** Our own cases about what a move costs others. */
export const loadCases: readonly Case[] = [
  { number: 32, title: "A large shard moves under load", runs: [run(largeShard, { logBytesMax })] },
  { number: 33, title: "Unaffected shards never pause", runs: [run(neverPauses, { chunkRowsMax: 1 })] },
];
