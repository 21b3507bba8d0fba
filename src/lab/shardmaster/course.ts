import type { ShardGroup, ShardMap } from "../../check/master/words.ts";
import type { Case, MasterRun } from "../case.ts";
import { checkOneLeader, servers } from "../checks.ts";
import { check } from "../failure.ts";
import { mitLimitMs } from "../group/steps.ts";
import type { AdminClerk } from "./clerk.ts";
import { type Master, onMaster } from "./master.ts";
import { checkGroups, checkOldKeepOnly, checkRestKeeps, checkSame, group, movedShards, shards } from "./steps.ts";

const clerks = 10;
/** A third of the shards, and one more: what one of three groups has at most. */
const shareMax = Math.floor(shards / 3) + 1;

function run(body: (master: Master) => Promise<void>, name?: string): MasterRun {
  return onMaster({ limitMs: mitLimitMs, ...(name === undefined ? {} : { name }) }, body);
}

/** The configurations that it comes through. */
async function joinAndLeave(clerk: AdminClerk): Promise<ShardMap[]> {
  const [one, two] = [group(1, "x", "y", "z"), group(2, "a", "b", "c")];
  const seen = [await checkGroups(clerk, [])];
  await clerk.join(one);
  seen.push(await checkGroups(clerk, [one]));
  await clerk.join(two);
  seen.push(await checkGroups(clerk, [one, two]));
  await clerk.leave(1);
  seen.push(await checkGroups(clerk, [two]));
  await clerk.leave(2);
  seen.push(await checkGroups(clerk, []));
  return seen;
}

async function historicalQueries(master: Master): Promise<void> {
  const { world } = master;
  const clerk = master.newClerk();
  const saved = [...(await joinAndLeave(clerk)), await clerk.query(2)];
  for (const server of servers(world)) {
    await world.crash(server);
    for (const config of saved) checkSame(await clerk.query(config.number), config);
    await world.restart(server);
  }
}

/** The one group gets the lower half, the other one the upper; then, since it may have been so before, the other way round. */
const halves = [
  [503, 504],
  [504, 503],
] as const;

async function move(master: Master): Promise<void> {
  const clerk = master.newClerk();
  await clerk.join(group(503, "3a", "3b", "3c"));
  await clerk.join(group(504, "4a", "4b", "4c"));
  for (const [lower, upper] of halves) await moveHalves(clerk, lower, upper);
  await clerk.leave(503);
  await clerk.leave(504);
}

async function moveHalves(clerk: AdminClerk, lower: number, upper: number): Promise<void> {
  const wanted = (shard: number): number => (shard < shards / 2 ? lower : upper);
  for (let shard = 0; shard < shards; shard += 1) {
    const before = await clerk.query();
    await clerk.move(shard, wanted(shard));
    const { number } = await clerk.query();
    const expected = before.number + (before.owners[shard] === wanted(shard) ? 0 : 1);
    check(number === expected, `a move of shard ${shard} led from configuration ${before.number} to ${number}, and not to ${expected}`);
  }
  const { owners } = await clerk.query();
  for (const [shard, gid] of owners.entries()) {
    check(gid === wanted(shard), `shard ${shard} was moved to group ${wanted(shard)}, and belongs to group ${gid}`);
  }
}

/** Each of many clerks does something with a number of its own. */
async function concurrently(master: Master, act: (clerk: AdminClerk, number: number) => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: clerks }, (_, number) => act(master.newClerk(), number)));
}

/** The groups of those cases in which each clerk has one. */
function gidOf(number: number): number {
  return 100 + 10 * number;
}

async function concurrentLeaveAndJoin(master: Master): Promise<void> {
  await concurrently(master, async (clerk, number) => {
    const gid = gidOf(number);
    await clerk.join(group(gid + 1000, `s${gid}a`));
    await clerk.join(group(gid, `s${gid}b`));
    await clerk.leave(gid + 1000);
  });
  const expected = Array.from({ length: clerks }, (_, number) => group(gidOf(number), `s${gidOf(number)}b`));
  await checkGroups(master.newClerk(), expected);
}

async function concurrentMulti(master: Master): Promise<void> {
  await concurrently(master, async (clerk, number) => {
    const gid = 1000 + number;
    await clerk.join(group(gid), group(gid + 1000), group(gid + 2000));
    await clerk.leave(gid + 1000, gid + 2000);
  });
  await checkGroups(
    master.newClerk(),
    Array.from({ length: clerks }, (_, number) => group(1000 + number)),
  );
}

const late: readonly ShardGroup[] = [11, 12, 13, 14, 15].map((gid) => group(gid, `${gid}a`, `${gid}b`));
const lateGids = late.map(({ gid }) => gid);

/** The courses look at groups that are not there, among ten of which none can give anything away: here every group is looked at, and with few there are moves. */
function transfers(each: (clerk: AdminClerk) => Promise<void>, isLeave: boolean): readonly MasterRun[] {
  return [10, 2].map((count) =>
    run(async (master) => {
      const clerk = master.newClerk();
      const old = Array.from({ length: count }, (_, number) => group(100 + 10 * number));
      for (const joining of old) await clerk.join(joining);
      if (isLeave) await clerk.join(...late);
      const before = await clerk.query();
      await each(clerk);
      const after = await checkGroups(clerk, isLeave ? old : [...old, ...late]);
      if (isLeave) checkRestKeeps(before, after);
      else checkOldKeepOnly(before, after);
    }, `${count} groups`),
  );
}

async function minimalMovementAgain(master: Master): Promise<void> {
  const clerk = master.newClerk();
  const [one, two, three] = [group(1), group(2), group(3)];
  await clerk.join(one);
  await clerk.join(two);
  const pair = await checkGroups(clerk, [one, two]);
  await clerk.join(three);
  const trio = await checkGroups(clerk, [one, two, three]);
  checkMoves(pair, trio, (shard) => trio.owners[shard] === 3);
  await clerk.leave(1);
  const rest = await checkGroups(clerk, [two, three]);
  checkMoves(trio, rest, (shard) => trio.owners[shard] === 1);
}

function checkMoves(before: ShardMap, after: ShardMap, mayMove: (shard: number) => boolean): void {
  const moved = movedShards(before, after);
  const wrong = moved.find((shard) => !mayMove(shard));
  check(wrong === undefined, `shard ${wrong} has moved from group ${before.owners[wrong ?? 0]} to group ${after.owners[wrong ?? 0]}`);
  check(moved.length <= shareMax, `${moved.length} shards have moved, more than ${shareMax}`);
}

async function multiGroup(master: Master): Promise<void> {
  const clerk = master.newClerk();
  const [one, two, three] = [group(1, "x", "y", "z"), group(2, "a", "b", "c"), group(3, "j", "k", "l")];
  await clerk.join(one, two);
  await checkGroups(clerk, [one, two]);
  await clerk.join(three);
  await checkGroups(clerk, [one, two, three]);
  await clerk.leave(1, 3);
  await checkGroups(clerk, [two]);
  await clerk.leave(2);
  await checkGroups(clerk, []);
}

async function sameOnServers(master: Master): Promise<void> {
  const { world } = master;
  const clerk = master.newClerk();
  for (const gid of [7, 3, 12, 1]) await clerk.join(group(gid));
  await clerk.leave(3);
  for (let round = 0; round < servers(world).length; round += 1) {
    const before = await clerk.query();
    const leader = await checkOneLeader(world);
    await world.crash(leader);
    checkSame(await clerk.query(), before);
    await world.restart(leader);
    await clerk.join(group(20 + round));
  }
}

/** The MIT courses', in their order. */
export const courseCases: readonly Case[] = [
  { number: 1, title: "Basic leave/join", runs: [run(async (master) => void (await joinAndLeave(master.newClerk())))] },
  { number: 2, title: "Historical queries", runs: [run(historicalQueries)] },
  { number: 3, title: "Move", runs: [run(move)] },
  { number: 4, title: "Concurrent leave/join", runs: [run(concurrentLeaveAndJoin)] },
  { number: 5, title: "Minimal transfers after joins", runs: transfers((clerk) => inTurn(late, (joining) => clerk.join(joining)), false) },
  { number: 6, title: "Minimal transfers after leaves", runs: transfers((clerk) => inTurn(lateGids, (gid) => clerk.leave(gid)), true) },
  { number: 7, title: "Minimal movement again", runs: [run(minimalMovementAgain)] },
  { number: 8, title: "Multi-group join/leave", runs: [run(multiGroup)] },
  { number: 9, title: "Concurrent multi leave/join", runs: [run(concurrentMulti)] },
  { number: 10, title: "Minimal transfers after multijoins", runs: transfers(async (clerk) => void (await clerk.join(...late)), false) },
  {
    number: 11,
    title: "Minimal transfers after multileaves",
    runs: transfers(async (clerk) => void (await clerk.leave(...lateGids)), true),
  },
  { number: 12, title: "Check Same config on servers", runs: [run(sameOnServers)] },
];

async function inTurn<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  for (const item of items) await act(item);
}
