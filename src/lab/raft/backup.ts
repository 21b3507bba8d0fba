import type { Case } from "../case.ts";
import { checkNoneCommitted, checkOneLeader, drawCommand, nCommitted, servers } from "../checks.ts";
import { check } from "../failure.ts";
import type { LabWorld } from "../world.ts";
import { after, agreeAt, agreeFrom, connect, courseMs, disconnect, mitLimitMs, mustStart, rangeAfter, secondMs } from "./steps.ts";

async function backup(world: LabWorld): Promise<void> {
  await agreeAt(world, 5, 1);
  const leader = await checkOneLeader(world);
  const minority = [leader, after(world, leader, 1)];
  const majority = rangeAfter(world, leader, 2, 4);
  await disconnect(world, majority);
  for (let i = 0; i < 50; i += 1) await mustStart(world, leader);
  await world.sleep(courseMs);

  await disconnect(world, minority);
  await connect(world, majority);
  await world.sleep(courseMs);
  const index = await agreeFrom(world, 50, 3, 2);

  await connect(world, minority);
  await world.sleep(courseMs);
  const last = await mustStart(world, await checkOneLeader(world));
  check(last.index === index, `the leader put its command at index ${last.index}, and not at index ${index}`);
  await world.sleep(2 * courseMs);
  const count = nCommitted(world, index);
  check(count === 5, `${count} of 5 servers caught up within 10 seconds`);
}

/** Two of three servers are lost one after the other: who is left leads on, and commits nothing. */
async function followersFail(world: LabWorld): Promise<void> {
  await agreeAt(world, 3, 1);
  const leader = await checkOneLeader(world);
  await world.disconnect(after(world, leader, 1));
  await agreeAt(world, 2, 2);
  await world.sleep(secondMs);
  await agreeAt(world, 2, 3);

  const last = await checkOneLeader(world);
  await disconnect(world, rangeAfter(world, last, 1, 2));
  const { index } = await mustStart(world, last);
  check(index === 4, `the leader put its fourth command at index ${index}`);
  await world.sleep(2 * secondMs);
  checkNoneCommitted(world, 4);
}

async function leadersFail(world: LabWorld): Promise<void> {
  await agreeAt(world, 3, 1);
  await world.disconnect(await checkOneLeader(world));
  await agreeAt(world, 2, 2);
  await world.sleep(secondMs);
  await agreeAt(world, 2, 3);

  await world.disconnect(await checkOneLeader(world));
  for (const server of servers(world)) await world.start(server, drawCommand(world.rng));
  await world.sleep(2 * secondMs);
  checkNoneCommitted(world, 4);
}

export const backupCases: readonly Case[] = [
  { number: 8, title: "Leader backs up quickly over incorrect follower logs", runs: [{ servers: 5, run: backup }] },
  { number: 17, title: "Progressive failure of followers", runs: [{ servers: 3, limitMs: mitLimitMs, run: followersFail }] },
  { number: 18, title: "Failure of leaders", runs: [{ servers: 3, limitMs: mitLimitMs, run: leadersFail }] },
];
