import type { ShardGroup } from "../../check/master/words.ts";
import type { Case, ShardedRun } from "../case.ts";
import { check } from "../failure.ts";
import { checkGet } from "../kv/steps.ts";
import { checkBalanced, checkGroups, checkOldKeepOnly, checkRestKeeps } from "../shardmaster/steps.ts";
import { Contents } from "./contents.ts";
import { shardOf } from "./names.ts";
import { onSharded, type Sharded } from "./sharded.ts";
import { checkEmptied } from "./steps.ts";

/** The C++ course has these groups join, and starts three of them: what came to the other two was lost. Here all of them live. */
const gids = [1, 2, 3, 4, 5];
const clients = 5;
/** One for each shard. */
const keys = 10;
const letters = 8;

function run(body: (sharded: Sharded) => Promise<void>): ShardedRun {
  // The C++ course's limit for everything that its clients do.
  return onSharded({ gids, limitMs: 100_000 }, body);
}

function named({ world }: Sharded, ...wanted: readonly number[]): ShardGroup[] {
  return wanted.map((gid) => world.group(gid).name);
}

/** The course's clients only ask the shardmaster; these find, besides, what they have stored. */
async function basic(sharded: Sharded): Promise<void> {
  const admin = sharded.newAdmin();
  const contents = new Contents(sharded, keys);
  await sharded.join(1);
  await checkGroups(admin, named(sharded, 1));
  await contents.put(letters);
  await sharded.join(2);
  for (let look = 0; look < 2; look += 1) await checkGroups(admin, named(sharded, 1, 2));
  await contents.checkAndAppend(letters);
  await sharded.leave(1);
  await checkGroups(admin, named(sharded, 2));
  await contents.check();
}

/** To join again and to leave again is no failure. Group 2 is left, with which it begins; what it has goes to another one then. */
async function concurrent(sharded: Sharded): Promise<void> {
  await sharded.join(2);
  const contents = new Contents(sharded, keys);
  await contents.put(letters);
  const appends = contents.appendMeanwhile(letters, 0);
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const admin = sharded.newAdmin();
      for (const gid of [1, 2]) {
        await admin.join(...named(sharded, gid));
        await checkBalanced(admin);
      }
      await admin.leave(1);
      await checkBalanced(admin);
    }),
  );
  await checkGroups(sharded.newAdmin(), named(sharded, 2));
  await appends.stop();
  await contents.check();
  await sharded.join(1);
  await contents.checkAndAppend(letters);
  await sharded.leave(2);
  await contents.check();
}

async function transfersAfterJoins(sharded: Sharded): Promise<void> {
  const admin = sharded.newAdmin();
  const contents = new Contents(sharded, keys);
  await sharded.join(2);
  await sharded.join(1);
  await contents.put(letters);
  const before = await checkGroups(admin, named(sharded, 1, 2));
  for (const gid of [3, 4, 5]) await sharded.join(gid);
  checkOldKeepOnly(before, await checkGroups(admin, named(sharded, ...gids)));
  await contents.check();
}

async function transfersAfterLeaves(sharded: Sharded): Promise<void> {
  const admin = sharded.newAdmin();
  const contents = new Contents(sharded, keys);
  await sharded.join(...gids);
  await contents.put(letters);
  const full = await admin.query();
  await sharded.leave(2);
  const before = await checkGroups(admin, named(sharded, 1, 3, 4, 5));
  checkRestKeeps(full, before);
  for (const gid of [3, 4, 5]) await sharded.leave(gid);
  checkRestKeeps(before, await checkGroups(admin, named(sharded, 1)));
  await contents.check();
}

async function staticShards(sharded: Sharded): Promise<void> {
  await sharded.join(1);
  await sharded.join(2);
  await checkGroups(sharded.newAdmin(), named(sharded, 1, 2));
  const clerk = sharded.newClerk();
  for (const key of ["1", "2"]) await clerk.put(key, `of ${key}`);
  for (const key of ["1", "2"]) await checkGet(clerk, key, `of ${key}`);
}

/** In the course a group leaves that had never joined, and no shard moves: here the one leaves that has the key. */
async function joiningAndLeaving(sharded: Sharded): Promise<void> {
  const key = "3";
  await sharded.join(1, 2, 3);
  await sharded.move(shardOf(key), 3);
  const clerk = sharded.newClerk();
  await clerk.put(key, "a");
  await clerk.append(key, "b");
  await sharded.leave(3);
  await clerk.append(key, "c");
  const owner = await sharded.ownerOf(key);
  check(owner === 1 || owner === 2, `the key belongs to group ${owner}, although group 3 has left`);
  await checkEmptied(sharded, 3);
  await checkGet(clerk, key, "abc");
  await sharded.join(3);
  await sharded.move(shardOf(key), 3);
  await clerk.append(key, "d");
  await sharded.leave(1, 2);
  for (const gid of [1, 2]) await checkEmptied(sharded, gid);
  await checkGet(clerk, key, "abcd");
}

/** The C++ course's, in their order. */
export const seedCases: readonly Case[] = [
  { number: 1, title: "Basic shard operations", runs: [run(basic)] },
  { number: 2, title: "Concurrent shard operations", runs: [run(concurrent)] },
  { number: 3, title: "Minimal transfers after joins", runs: [run(transfersAfterJoins)] },
  { number: 4, title: "Minimal transfers after leaves", runs: [run(transfersAfterLeaves)] },
  { number: 5, title: "Static shards, put", runs: [run(staticShards)] },
  { number: 6, title: "Shard joining and leaving with append", runs: [run(joiningAndLeaving)] },
];
