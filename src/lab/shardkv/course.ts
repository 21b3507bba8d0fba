import type { Case, ShardedRun } from "../case.ts";
import { background } from "../background.ts";
import { check } from "../failure.ts";
import { mitLimitMs, secondMs, shortLogBytes } from "../group/steps.ts";
import { shownValue } from "../kv/clerk.ts";
import { checkValue } from "../kv/steps.ts";
import { begun, keysTo } from "./contents.ts";
import { onSharded, type Sharded, type ShardedOptions } from "./sharded.ts";
import { checkEmptied, checkLogs, checkNoSnapshots, crashAll, endedWhenQuiet, keysOf, oneOfEach, restartAll, threeGids } from "./steps.ts";

/** The MIT courses have three groups of these numbers. */
const [one, two, three] = [100, 101, 102];
const keys = 10;

function run(body: (sharded: Sharded) => Promise<void>, options: Partial<ShardedOptions> = {}): ShardedRun {
  return onSharded({ gids: threeGids, limitMs: mitLimitMs, ...options }, body);
}

/** Everything that was put is on the servers of the one group or of the other: those of a dead one answer nobody. */
async function staticShards(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const contents = await begun(sharded, [one, two], keys, 20);
  await contents.check();
  await sharded.crash(two);
  await checkNoSnapshots(sharded, [one, three]);
  const gets = keysTo(keys).map((key) => background(sharded.newClerk().get(key)));
  const ended = await endedWhenQuiet(world, gets);
  const config = await sharded.config();
  checkAnswered(ended, keysOf(config, keysTo(keys), one));
  await sharded.restart(two);
  for (const [key, value] of (await Promise.all(gets)).entries()) checkValue(String(key), value, contents.valueOf(String(key)));
  await contents.check();
}

/** Exactly the gets of these keys have been answered: half of them. */
function checkAnswered(ended: readonly boolean[], expected: readonly string[]): void {
  const answered = keysTo(keys).filter((_, at) => ended[at]);
  check(answered.length === keys / 2, `${answered.length} of ${keys} gets were answered, and not ${keys / 2}`);
  check(answered.join() === expected.join(), `the gets of ${answered.join(", ")} were answered, and not those of ${expected.join(", ")}`);
}

/** A shardmaster that knows one group gives it all shards; the group, whose shardmaster is another, refuses those that it does not have. */
async function rejection(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const contents = await begun(sharded, [one, two], keys, 20);
  await contents.check();
  const other = sharded.asSeenBy(1);
  await other.begin();
  await other.join(one);
  const gets = keysTo(keys).map((key) => background(other.newClerk({ deadlineMs: 5 * secondMs }).attempt({ op: "get", key })));
  const ended = await endedWhenQuiet(world, gets);
  const owned = keysOf(await sharded.config(), keysTo(keys), one);
  checkAnswered(ended, owned);
  for (const [at, reply] of (await Promise.all(gets)).entries()) {
    const key = String(at);
    if (owned.includes(key)) {
      check(reply.kind === "done", `the key ${key} was not read`);
      checkValue(key, reply.told.value ?? undefined, contents.valueOf(key));
    } else {
      check(
        reply.kind !== "done",
        `group ${one} gave ${shownValue(reply.kind === "done" ? (reply.told.value ?? undefined) : "")} for a shard that it does not have`,
      );
    }
  }
}

async function joinThenLeave(sharded: Sharded): Promise<void> {
  const contents = await begun(sharded, [one], keys, 5);
  await contents.check();
  await sharded.join(two);
  await contents.checkAndAppend(5);
  await sharded.leave(one);
  await contents.checkAndAppend(5);
  await sharded.world.sleep(secondMs);
  await checkNoSnapshots(sharded, threeGids);
  await checkEmptied(sharded, one);
  await sharded.crash(one);
  await contents.check();
}

async function snapshots(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const contents = await begun(sharded, [one], 30, 20);
  await contents.check();
  await sharded.join(two);
  await sharded.join(three);
  await sharded.leave(one);
  await contents.checkAndAppend(20);
  await sharded.leave(two);
  await sharded.join(one);
  await contents.checkAndAppend(20);
  await world.sleep(secondMs);
  await contents.check();
  await world.sleep(secondMs);
  await checkLogs(sharded, threeGids, shortLogBytes);
  await sharded.crash(...threeGids);
  await sharded.restart(...threeGids);
  await contents.check();
}

/** A server of each group is away while shards come and go, and then another one. */
async function missedChanges(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const contents = await begun(sharded, [one], keys, 20);
  await contents.check();
  await sharded.join(two);
  const first = oneOfEach(sharded, threeGids, 0);
  await crashAll(first);
  await sharded.join(three);
  await sharded.leave(two);
  await sharded.leave(one);
  await contents.checkAndAppend(20);
  await sharded.join(two);
  await contents.checkAndAppend(20);
  await restartAll(first);
  await contents.checkAndAppend(20);
  await world.sleep(2 * secondMs);
  const second = oneOfEach(sharded, threeGids, 1);
  await crashAll(second);
  await sharded.join(one);
  await sharded.leave(three);
  await contents.checkAndAppend(20);
  await restartAll(second);
  await contents.check();
}

/** The MIT courses' without clients beside each other. */
export const courseCases: readonly Case[] = [
  { number: 7, title: "Static shards", runs: [run(staticShards)] },
  { number: 8, title: "Rejection", runs: [run(rejection, { masters: 2 })] },
  { number: 9, title: "Join then leave", runs: [run(joinThenLeave)] },
  { number: 10, title: "Snapshots, join, and leave", runs: [run(snapshots, { logBytesMax: shortLogBytes })] },
  { number: 11, title: "Servers miss configuration changes", runs: [run(missedChanges, { logBytesMax: shortLogBytes })] },
];
