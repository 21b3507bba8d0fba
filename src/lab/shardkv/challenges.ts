import type { Case, ShardedRun } from "../case.ts";
import { check } from "../failure.ts";
import { mitLimitMs, secondMs } from "../group/steps.ts";
import { checkGet } from "../kv/steps.ts";
import { begun, Contents, keysTo } from "./contents.ts";
import { onSharded, type Sharded, type ShardedOptions } from "./sharded.ts";
import { keysOf, threeGids } from "./steps.ts";

const [one, two, three] = [100, 101, 102];
const keys = 10;

/** What the course allows on all disks together: every value once on each of three servers, a few twice, and something for the rest. */
const rows = { count: 30, bytes: 1_000, read: 3 } as const;
const keptMax = 3 * ((rows.count - rows.read) * rows.bytes + 2 * rows.read * rows.bytes + 6_000);

function run(logBytesMax: number, body: (sharded: Sharded) => Promise<void>, options: Partial<ShardedOptions> = {}): ShardedRun {
  return onSharded({ gids: threeGids, limitMs: mitLimitMs, logBytesMax, ...options }, body);
}

/** What has gone to another group is gone where it was. */
async function deletion(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  await sharded.join(one);
  const contents = new Contents(sharded, rows.count);
  const few = contents.keys.slice(0, rows.read);
  await contents.put(rows.bytes);
  await contents.check(few);
  for (let round = 0; round < 2; round += 1) {
    await sharded.join(two);
    await sharded.leave(one);
    await sharded.join(three);
    await world.sleep(3 * secondMs);
    await contents.check(few);
    await sharded.leave(two);
    await sharded.join(one);
    await sharded.leave(three);
    await world.sleep(3 * secondMs);
    await contents.check(few);
  }
  await sharded.join(two);
  await sharded.join(three);
  for (let second = 0; second < 3; second += 1) {
    await world.sleep(secondMs);
    await contents.check(few);
  }
  const kept = await keptBytes(sharded);
  check(kept <= keptMax, `all servers together keep ${kept} bytes, more than ${keptMax}`);
  await contents.check();
}

/** The logs of all groups' servers, and the snapshots that they would send. */
async function keptBytes({ world }: Sharded): Promise<number> {
  let sum = 0;
  for (const gid of threeGids) {
    const logs = (await world.group(gid).sizes()).map(({ logBytes }) => logBytes);
    for (const bytes of [...logs, ...(await world.group(gid).snapshotSizes())]) sum += bytes;
  }
  return sum;
}

/** Shards whose group is dead never arrive where they belong now; those that were there before are served all the time. */
async function unaffected(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  await world.setUnreliable("labrpc");
  const contents = await begun(sharded, [one], keys, 3);
  await sharded.join(two);
  const owned = keysOf(await sharded.config(), keysTo(keys), two);
  check(owned.length === keys / 2, `group ${two} has ${owned.length} of ${keys} shards`);
  await world.sleep(secondMs);
  await contents.put(3, owned);
  await contents.check(owned);
  await sharded.crash(one);
  await sharded.leave(one);
  await world.sleep(secondMs);
  for (const key of owned) {
    await contents.check([key]);
    await contents.put(4, [key]);
    await contents.check([key]);
  }
  await sharded.restart(one);
  await contents.check();
}

/** A group serves each shard as soon as it has arrived, although others that it waits for cannot come. */
async function partial(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  await world.setUnreliable("labrpc");
  await sharded.join(one, two, three);
  await world.sleep(secondMs);
  const contents = new Contents(sharded, keys);
  await contents.put(3);
  const owned = keysOf(await sharded.config(), keysTo(keys), three);
  check(owned.length > 0, `group ${three} has no shard`);
  await sharded.crash(one);
  await sharded.leave(one, three);
  await world.sleep(secondMs);
  await contents.checkAndAppend(3, owned);
  const left = sharded.newClerk();
  for (const key of owned) await checkGet(left, key, contents.valueOf(key));
  await sharded.restart(one);
  await contents.check();
}

/** The MIT courses' challenges. */
export const challengeCases: readonly Case[] = [
  { number: 18, title: "Shard deletion (challenge 1)", runs: [run(1, deletion)] },
  { number: 19, title: "Unaffected shard access (challenge 2)", runs: [run(100, unaffected)] },
  { number: 20, title: "Partial migration shard access (challenge 2)", runs: [run(100, partial)] },
];
