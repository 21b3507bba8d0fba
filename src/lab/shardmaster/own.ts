import type { Rng } from "../../base/rng.ts";
import type { ShardGroup } from "../../check/master/words.ts";
import { background } from "../background.ts";
import type { Case } from "../case.ts";
import { checkOneLeader, servers } from "../checks.ts";
import { check } from "../failure.ts";
import { checkLogSize, crashAll, cut, heal, mitLimitMs, restartAll, secondMs, shortLogBytes, someFollowers } from "../group/steps.ts";
import type { AdminClerk, Made } from "./clerk.ts";
import { type Master, onMaster } from "./master.ts";
import { checkGroups, checkSame, group, shards } from "./steps.ts";

/** What a clerk's changes came to: so many configurations were made. */
function madeBy(results: readonly Made[]): number {
  return results.filter(({ changed }) => changed).length;
}

async function comeBack(master: Master): Promise<void> {
  const clerk = master.newClerk();
  const [one, two] = [group(1), group(2)];
  await clerk.join(one);
  const first = await clerk.query();
  await clerk.leave(1);
  await clerk.join(one);
  const third = await checkGroups(clerk, [one]);
  check(third.number === first.number + 2, `a leave and a join led from configuration ${first.number} to ${third.number}`);
  await clerk.join(one, two);
  await clerk.leave(1);
  // The same number, and another group.
  await clerk.join(group(1, "other"));
  const last = await checkGroups(clerk, [group(1, "other"), two]);
  const again = await clerk.join(two);
  check(!again.changed && again.number === last.number, "a join of a group that is there made a configuration");
  const gone = await clerk.leave(9);
  check(!gone.changed && gone.number === last.number, "a leave of a group that is not there made a configuration");
}

async function queryAbove(master: Master): Promise<void> {
  const clerk = master.newClerk();
  checkSame(await clerk.query(7), { number: 0, groups: [], owners: Array.from({ length: shards }, () => 0) });
  await clerk.join(group(1));
  const latest = await clerk.query();
  for (const number of [latest.number, latest.number + 1, 1_000, 4_294_967_296]) checkSame(await clerk.query(number), latest);
}

/** Does anything for so long: what comes of it is for the checker to judge. */
async function administer(clerk: AdminClerk, rng: Rng, stop: { readonly asked: boolean }): Promise<readonly Made[]> {
  const results: Made[] = [];
  const gid = (): number => rng.int(1, 8);
  while (!stop.asked) {
    const what = rng.int(1, 10);
    if (what <= 3) await clerk.query();
    else if (what === 4) await clerk.query(rng.int(0, 20));
    else if (what <= 7) results.push(await clerk.join(group(gid()), ...(rng.chance(0.3) ? [group(100 + gid())] : [])));
    else if (what <= 9) results.push(await clerk.leave(gid(), 100 + gid()));
    else await clerk.attempt({ op: "move", shard: rng.int(0, shards - 1), gid: gid() });
  }
  return results;
}

const administrators = 5;

/** Begins administrators, who go on until the result is called; that waits until they have ended. */
function administrate(master: Master, round = 0): () => Promise<readonly Made[]> {
  const stop = { asked: false };
  const tasks = Array.from({ length: administrators }, (_, number) =>
    background(administer(master.newClerk(), master.world.rng.fork("administrator").fork(round).fork(number), stop)),
  );
  return async () => {
    stop.asked = true;
    return (await Promise.all(tasks)).flat();
  };
}

async function concurrentQueries(master: Master): Promise<void> {
  const end = administrate(master);
  await master.world.sleep(3 * secondMs);
  await end();
}

/** Every change has its effect once: the numbers say so. */
async function onceOverUnreliable(master: Master): Promise<void> {
  await master.world.setUnreliable("labrpc");
  const results = await Promise.all(
    Array.from({ length: administrators }, async (_, number) => {
      const clerk = master.newClerk();
      const own: Made[] = [];
      for (let round = 0; round < 5; round += 1) {
        own.push(await clerk.join(group(10 * number + 1)));
        own.push(await clerk.join(group(10 * number + 2)));
        own.push(await clerk.leave(10 * number + 1));
      }
      return own;
    }),
  );
  const clerk = master.newClerk();
  const { number } = await checkGroups(
    clerk,
    Array.from({ length: administrators }, (_, at) => group(10 * at + 2)),
  );
  const made = madeBy(results.flat());
  check(made === number, `the clerks were told of ${made} configurations that they had made, and there are ${number}`);
  check(made === administrators * 11, `${made} configurations were made, and not ${administrators * 11}`);
}

async function moveUndone(master: Master): Promise<void> {
  const clerk = master.newClerk();
  const [one, two, three] = [group(1), group(2), group(3)];
  await clerk.join(one, two);
  const moveAll = async (gid: number): Promise<void> => {
    for (let shard = 0; shard < shards; shard += 1) await clerk.move(shard, gid);
    const { owners } = await clerk.query();
    check(
      owners.every((owner) => owner === gid),
      `all shards were moved to group ${gid}, and some belong to another one`,
    );
  };
  await moveAll(1);
  await clerk.join(three);
  await checkGroups(clerk, [one, two, three]);
  await moveAll(2);
  await clerk.leave(3);
  await checkGroups(clerk, [one, two]);
  // What is there already shares nothing anew.
  await clerk.move(0, 1);
  const before = await clerk.query();
  await clerk.join(one);
  await clerk.leave(3);
  checkSame(await clerk.query(), before);
}

async function minorityDown(master: Master): Promise<void> {
  const { world } = master;
  const clerk = master.newClerk();
  const groups: ShardGroup[] = [];
  for (let round = 0; round < 3; round += 1) {
    const down = round === 0 ? await someFollowers(world, 2) : [await checkOneLeader(world), ...(await someFollowers(world, 1))];
    for (const server of down) await world.crash(server);
    for (let i = 0; i < 3; i += 1) {
      const joining = group(10 * round + i + 1);
      groups.push(joining);
      await clerk.join(joining);
      await checkGroups(clerk, groups);
    }
    await clerk.leave(groups.shift()?.gid ?? 0);
    await checkGroups(clerk, groups);
    for (const server of down) await world.restart(server);
  }
  // Without a majority nothing is done, and nobody is told that it was.
  const alone = await checkOneLeader(world);
  await cut(
    world,
    servers(world).filter((server) => server !== alone),
  );
  const cutOff = master.newClerk({ reach: [alone], deadlineMs: secondMs });
  const reply = await cutOff.attempt({ op: "query", number: -1 });
  check(reply.kind === "unknown", "a query was answered without a majority");
  await heal(world);
  await checkGroups(clerk, groups);
}

const killed = 10;

/** The leader dies a moment after it was asked: before, while and after it commits. Whoever asked hears it from the next one. */
async function leaderKilled(master: Master): Promise<void> {
  const { world } = master;
  const rng = world.rng.fork("kills");
  const clerk = master.newClerk();
  const made: Made[] = [];
  for (let round = 0; round < killed; round += 1) {
    const leader = await checkOneLeader(world);
    const joined = background(clerk.join(group(round + 1)));
    await world.sleep(rng.int(0, 12));
    await world.crash(leader);
    made.push(await joined);
    await world.restart(leader);
  }
  const groups = Array.from({ length: killed }, (_, round) => group(round + 1));
  const { number } = await checkGroups(clerk, groups);
  check(
    madeBy(made) === killed && number === killed,
    `${killed} joins were told of ${madeBy(made)} configurations, and there are ${number}`,
  );
}

async function refusals(master: Master): Promise<void> {
  const clerk = master.newClerk();
  const [one, two] = [group(1), group(2)];
  await clerk.join(one, two);
  const before = await clerk.query();
  await clerk.refused({ op: "join", groups: [group(1, "other")] });
  await clerk.refused({ op: "join", groups: [group(0)] });
  await clerk.refused({ op: "join", groups: [group(3), group(3)] });
  await clerk.refused({ op: "join", groups: [{ ...group(3), servers: [] }] });
  await clerk.refused({ op: "join", groups: [group(3, "x", "x")] });
  await clerk.refused({ op: "join", groups: [group(3), group(4, "x", "1a")] });
  await clerk.refused({ op: "leave", gids: [2, 2] });
  await clerk.refused({ op: "leave", gids: [0] });
  await clerk.refused({ op: "move", shard: shards, gid: 1 });
  await clerk.refused({ op: "move", shard: 0, gid: 3 });
  checkSame(await clerk.query(), before);
}

/** Everything at once, with logs so short that whoever was away gets a snapshot. */
async function everything(master: Master): Promise<void> {
  const { world } = master;
  await world.setUnreliable("labrpc");
  for (let round = 0; round < 3; round += 1) {
    const end = administrate(master, round);
    const rng = world.rng.fork("partitions").fork(round);
    for (let i = 0; i < 3; i += 1) {
      const first = servers(world).filter(() => rng.chance(0.5));
      await world.partition([first, servers(world).filter((server) => !first.includes(server))]);
      await world.sleep(secondMs + rng.int(0, 199));
    }
    await heal(world);
    await world.sleep(secondMs);
    await crashAll(world);
    await world.sleep(secondMs);
    await restartAll(world);
    await end();
  }
  await checkLogSize(world, shortLogBytes);
}

const limits = { limitMs: mitLimitMs };

/** What the courses ask for and do not test, and what administrators would not forgive. */
export const ownCases: readonly Case[] = [
  { number: 13, title: "A group joins, leaves and joins again", runs: [onMaster(limits, comeBack)] },
  { number: 14, title: "Query above the latest configuration", runs: [onMaster(limits, queryAbove)] },
  { number: 15, title: "Queries reflect all finished changes", runs: [onMaster(limits, concurrentQueries)] },
  { number: 16, title: "Changes take effect once, unreliable", runs: [onMaster(limits, onceOverUnreliable)] },
  { number: 17, title: "Moves are undone by the next join or leave", runs: [onMaster(limits, moveUndone)] },
  { number: 18, title: "Changes with a minority of servers down", runs: [onMaster({ ...limits, servers: 5 }, minorityDown)] },
  { number: 19, title: "Leader killed between commit and reply", runs: [onMaster(limits, leaderKilled)] },
  { number: 20, title: "Refusals make no configuration", runs: [onMaster(limits, refusals)] },
  {
    number: 21,
    title: "Unreliable net, restarts, partitions, snapshots, many clients",
    runs: [onMaster({ ...limits, servers: 5, logBytesMax: shortLogBytes }, everything)],
  },
];
