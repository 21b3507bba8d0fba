import { background } from "../background.ts";
import type { Case, ShardedRun } from "../case.ts";
import { check } from "../failure.ts";
import { secondMs } from "../group/steps.ts";
import { checkAppends, elementOf } from "../kv/appends.ts";
import { checkGet } from "../kv/steps.ts";
import { checkRestKeeps } from "../shardmaster/steps.ts";
import { begun, Contents } from "./contents.ts";
import { shardOf } from "./names.ts";
import { onSharded, type Sharded } from "./sharded.ts";
import { checkEmptied, threeGids } from "./steps.ts";

const [one, two, three] = [100, 101, 102];
const keys = 10;

function run(body: (sharded: Sharded) => Promise<void>, logBytesMax?: number): ShardedRun {
  return onSharded({ gids: threeGids, ...(logBytesMax === undefined ? {} : { logBytesMax }) }, body);
}

/** What a move has decided holds until a group joins or leaves, and the data follows each time. */
async function moveThenAccess(sharded: Sharded): Promise<void> {
  await sharded.join(one, two, three);
  const contents = new Contents(sharded, keys);
  await contents.put(5);
  for (const gid of [two, three, one, three, two]) {
    await sharded.move(shardOf("3"), gid);
    await contents.checkAndAppend(5, ["3"]);
    check((await sharded.ownerOf("3")) === gid, `the key 3 was moved to group ${gid}, and is not there`);
  }
  for (const key of contents.keys) await sharded.move(shardOf(key), two);
  await contents.checkAndAppend(5);
  const gathered = await sharded.config();
  check(new Set(gathered.owners).size === 1, "all shards were moved to one group, and are not there");
  await sharded.leave(one);
  await contents.checkAndAppend(5);
  const shared = await sharded.config();
  check(new Set(shared.owners).size === 2, "a leave has not shared the shards anew");
  await sharded.leave(two);
  checkRestKeeps(shared, await sharded.config());
  await contents.check();
}

/** A group leaves with all its data, and has it again when it is back, with everything that came to it elsewhere. */
async function leavesAndReturns(sharded: Sharded): Promise<void> {
  await sharded.join(one, two);
  const contents = new Contents(sharded, keys);
  await contents.put(5);
  for (let round = 0; round < 3; round += 1) {
    await sharded.leave(one);
    await contents.checkAndAppend(5);
    await checkEmptied(sharded, one);
    if (round > 0) await sharded.crash(one);
    if (round > 0) await sharded.restart(one);
    await sharded.join(one);
    await contents.checkAndAppend(5);
    await sharded.leave(two);
    await contents.checkAndAppend(5);
    await sharded.join(two);
  }
  await contents.check();
}

const appenders = 5;
const moves = 20;

/** Replies are lost while a shard goes from group to group: what was executed at one is known at the next. */
async function onceAcrossMoves(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const key = "7";
  await sharded.join(...threeGids);
  const reader = sharded.newClerk();
  await reader.put(key, "");
  await world.setUnreliable("labrpc");
  const state = { goesOn: true };
  const tasks = Array.from({ length: appenders }, (_, client) => background(appendWhile(sharded, key, client, state)));
  for (let move = 0; move < moves; move += 1) {
    const owner = await sharded.ownerOf(key);
    await sharded.move(shardOf(key), world.rng.pick(threeGids.filter((gid) => gid !== owner)));
    await world.sleep(world.rng.int(50, 400));
  }
  state.goesOn = false;
  await world.setUnreliable(undefined);
  const counts = await Promise.all(tasks);
  const value = await reader.get(key);
  for (const [client, count] of counts.entries()) checkAppends(client, value, count);
  const length = counts.reduce((sum, count, client) => sum + lengthOf(client, count), 0);
  check(value?.length === length, `the key holds ${value?.length} bytes, and ${length} were appended`);
}

async function appendWhile(sharded: Sharded, key: string, client: number, state: { readonly goesOn: boolean }): Promise<number> {
  const clerk = sharded.newClerk();
  let count = 0;
  for (; state.goesOn; count += 1) await clerk.append(key, elementOf(client, count));
  return count;
}

function lengthOf(client: number, count: number): number {
  return Array.from({ length: count }, (_, at) => elementOf(client, at).length).reduce((sum, length) => sum + length, 0);
}

/** Every shard goes to the other of two groups, and back, while clients write to all of them: neither waits for the other for ever. */
async function exchange(sharded: Sharded): Promise<void> {
  await sharded.join(one, two);
  const contents = new Contents(sharded, keys);
  await contents.put(20);
  const appends = contents.appendMeanwhile(5, 0);
  for (let round = 0; round < 4; round += 1) {
    const { owners } = await sharded.config();
    await Promise.all(owners.map((gid, shard) => sharded.newAdmin().move(shard, gid === one ? two : one)));
    if (round % 2 === 1) await sharded.world.sleep(secondMs);
  }
  await appends.stop();
  await contents.check();
}

/** What its clients wrote does not stay behind where a shard was: neither its rows nor what is known of their calls. */
async function goneFromDisk(sharded: Sharded): Promise<void> {
  await sharded.join(one);
  const contents = new Contents(sharded, 30);
  await contents.put(1_000);
  await sharded.join(two);
  await sharded.leave(one);
  await contents.check();
  await checkEmptied(sharded, one);
  await sharded.crash(one);
  await sharded.restart(one);
  await checkEmptied(sharded, one);
  await sharded.join(one);
  await sharded.leave(two);
  await contents.check();
  await checkEmptied(sharded, two);
}

async function lastLeaves(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const contents = await begun(sharded, [one], keys, 5);
  await sharded.leave(one);
  check(new Set((await sharded.config()).owners).size === 1, "shards belong to somebody although the last group has left");
  await world.sleep(secondMs);
  const early = await sharded.newClerk({ deadlineMs: secondMs }).attempt({ op: "get", key: "3" });
  check(early.kind !== "done", "a get was answered although nobody has the shard");
  await sharded.join(one);
  await contents.checkAndAppend(5);
  await sharded.leave(one);
  await world.sleep(secondMs);
  const late = background(sharded.newClerk().get("4"));
  await sharded.join(two);
  await checkGet(sharded.newClerk(), "4", contents.valueOf("4"));
  check((await late) === contents.valueOf("4"), "a get that began while nobody had the shard has not read it");
  await contents.checkAndAppend(5);
  await checkEmptied(sharded, one);
}

/** Our own cases in which everybody lives. */
export const moveCases: readonly Case[] = [
  { number: 21, title: "Move, then access", runs: [run(moveThenAccess)] },
  { number: 22, title: "A group leaves and returns", runs: [run(leavesAndReturns, 1_000)] },
  { number: 23, title: "Exactly once across moves", runs: [run(onceAcrossMoves)] },
  { number: 24, title: "Two groups exchange all shards", runs: [run(exchange)] },
  { number: 25, title: "What has moved is gone from the disk", runs: [run(goneFromDisk)] },
  { number: 26, title: "The last group leaves and returns", runs: [run(lastLeaves)] },
];
