import type { Case, ShardedRun } from "../case.ts";
import { background } from "../background.ts";
import { checkOneLeader } from "../checks.ts";
import { check } from "../failure.ts";
import { secondMs } from "../group/steps.ts";
import { checkGet, checkValue } from "../kv/steps.ts";
import { begun, Contents } from "./contents.ts";
import { shardOf } from "./names.ts";
import { onSharded, type Sharded } from "./sharded.ts";
import { checkEmptied, crashAll, endedWhenQuiet, keysOf, restartAll, threeGids } from "./steps.ts";
import type { ServerGroup } from "./world.ts";

const [one, two, three] = [100, 101, 102];
const keys = 10;

function run(body: (sharded: Sharded) => Promise<void>): ShardedRun {
  return onSharded({ gids: threeGids }, body);
}

/** The configurations that a dead group misses: some take from it what it cannot hand over, some give to it what it cannot take. */
async function downForFive(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  await sharded.join(...threeGids);
  const contents = new Contents(sharded, keys);
  await contents.put(5);
  const before = await sharded.config();
  const living = contents.keys.filter((key) => before.owners[shardOf(key)] !== three);
  const [kept = ""] = keysOf(before, contents.keys, one);
  const [lost = ""] = keysOf(before, contents.keys, three);
  await sharded.crash(three);
  await sharded.move(shardOf(kept), two);
  await contents.checkAndAppend(5, living);
  await sharded.move(shardOf(lost), one);
  await sharded.move(shardOf(kept), one);
  await contents.checkAndAppend(5, living);
  await sharded.leave(three);
  await contents.checkAndAppend(5, living);
  await sharded.join(three);
  await world.sleep(secondMs);
  const after = await sharded.config();
  const stayed = living.filter((key) => after.owners[shardOf(key)] !== three);
  await contents.checkAndAppend(5, stayed);
  const gets = contents.keys.filter((key) => !stayed.includes(key)).map((key) => background(sharded.newClerk().get(key)));
  check(
    (await endedWhenQuiet(world, gets)).every((ended) => !ended),
    `a shard that only group ${three} can have had was read while it was dead`,
  );
  await sharded.restart(three);
  await Promise.all(gets);
  await contents.checkAndAppend(5);
}

/** Shards that are given to nobody real wait, and nothing else does; when he has left, everything is as it was. */
async function deadAddress(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const contents = await begun(sharded, [one], keys, 5);
  const admin = sharded.newAdmin();
  const nobody = world.unborn(999);
  for (let round = 0; round < 2; round += 1) {
    await admin.join(nobody);
    const config = await sharded.config();
    const stranded = keysOf(config, contents.keys, nobody.gid);
    check(stranded.length > 0, "a group that has joined was given no shard");
    await world.sleep(secondMs);
    await contents.checkAndAppend(
      5,
      contents.keys.filter((key) => !stranded.includes(key)),
    );
    const gets = stranded.map((key) => background(sharded.newClerk().get(key)));
    check(
      (await endedWhenQuiet(world, gets)).every((ended) => !ended),
      "a key of a group that never lived was read",
    );
    if (round === 1) await sharded.join(two);
    await admin.leave(nobody.gid);
    await Promise.all(gets);
    await contents.checkAndAppend(5);
  }
  await sharded.leave(one);
  await contents.check();
  await checkEmptied(sharded, one);
}

/** Shards come and go while every group, and the shardmaster, is without one of its servers: without the one that led, every time. */
async function minorities(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  await sharded.join(...threeGids);
  const contents = new Contents(sharded, keys);
  await contents.put(5);
  const groups = [world.masters(), ...threeGids.map((gid) => world.group(gid))];
  const appends = contents.appendMeanwhile(5, 100);
  for (const gid of threeGids) {
    const down: (readonly [ServerGroup, number])[] = [];
    for (const group of groups) down.push([group, await checkOneLeader(group)]);
    await crashAll(down);
    await sharded.leave(gid);
    await world.sleep(secondMs);
    await sharded.join(gid);
    await world.sleep(secondMs);
    await restartAll(down);
    await world.sleep(secondMs / 2);
  }
  await appends.stop();
  await contents.check();
}

/** A server of every group is cut off from all others, each time another one, while shards come and go over a bad network. */
async function cutOff(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  await sharded.join(...threeGids);
  await world.setUnreliable("slices");
  const contents = new Contents(sharded, keys);
  await contents.put(5);
  const groups = [world.masters(), ...threeGids.map((gid) => world.group(gid))];
  const appends = contents.appendMeanwhile(5, 20);
  for (let round = 0; round < 6; round += 1) {
    const away = groups.map((group) => [group, world.rng.int(0, group.size - 1)] as const);
    await Promise.all(away.map(([group, server]) => group.disconnect(server)));
    const gid = world.rng.pick(threeGids);
    await sharded.leave(gid);
    await world.sleep(world.rng.int(100, 1_500));
    await sharded.join(gid);
    await world.sleep(world.rng.int(100, 1_500));
    await Promise.all(away.map(([group, server]) => group.connect(server)));
  }
  await world.setUnreliable(undefined);
  await appends.stop();
  await contents.check();
}

/** A leader that is cut off from its group does not know that a shard has gone: nobody may read there what is old. */
async function staleOwner(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const key = "5";
  await sharded.join(one, two);
  await sharded.move(shardOf(key), one);
  const clerk = sharded.newClerk();
  await clerk.put(key, "old");
  const group = world.group(one);
  const leader = await checkOneLeader(group);
  const reach = [...world.masters().places, ...group.places.slice(leader, leader + 1)];
  const readers = Array.from({ length: 3 }, () => sharded.newClerk({ reach }));
  for (const reader of readers) await checkGet(reader, key, "old");
  await group.disconnect(leader);
  const reads = readers.map((reader) => background(reader.get(key)));
  await sharded.move(shardOf(key), two);
  await clerk.put(key, "new");
  await checkGet(clerk, key, "new");
  const ended = await endedWhenQuiet(world, reads);
  check(!ended.includes(true), "a get was answered by a leader that is cut off from its group");
  for (const reader of readers) reader.reachAll();
  await group.connect(leader);
  for (const value of await Promise.all(reads)) checkValue(key, value, "new");
}

/** Our own cases in which somebody is dead or cut off. */
export const deathCases: readonly Case[] = [
  { number: 27, title: "A group is down for five configurations", runs: [run(downForFive)] },
  { number: 28, title: "A dead address joins and leaves", runs: [run(deadAddress)] },
  { number: 29, title: "Changes while minorities are down", runs: [run(minorities)] },
  { number: 30, title: "Servers cut off while shards move", runs: [run(cutOff)] },
  { number: 31, title: "A cut-off owner serves nothing old", runs: [run(staleOwner)] },
];
