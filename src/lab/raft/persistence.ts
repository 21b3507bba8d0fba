import type { Case } from "../case.ts";
import { checkOneLeader, servers } from "../checks.ts";
import type { LabWorld } from "../world.ts";
import { after, agree, agreeAt, connect, courseMs, disconnect, mitLimitMs, rangeAfter, restart } from "./steps.ts";

async function basicPersistence(world: LabWorld): Promise<void> {
  const first = await agree(world, 5);
  await restart(world, servers(world));
  await world.sleep(courseMs);
  await agreeAt(world, 5, first + 1);

  await world.restart(await checkOneLeader(world));
  await world.sleep(courseMs);
  await agreeAt(world, 5, first + 2);

  const leader = await checkOneLeader(world);
  await world.disconnect(leader);
  await world.restart(leader);
  await world.sleep(courseMs);
  await agreeAt(world, 4, first + 3);
  await world.connect(leader);
  await world.sleep(courseMs);

  const follower = after(world, await checkOneLeader(world), 1);
  await world.disconnect(follower);
  await world.restart(follower);
  await world.sleep(courseMs);
  await agreeAt(world, 4, first + 4);
  await world.connect(follower);
  await world.sleep(courseMs);
  await agreeAt(world, 5, first + 5);
}

/**
 * Five rounds in which two servers miss an entry, all are cut off, those two come back after a restart, and a third one that has the
 * entry after them: without it they cannot elect anybody, or would lose it.
 */
async function morePersistence(world: LabWorld, third: "the old leader" | "a follower"): Promise<void> {
  let index = 1;
  for (let round = 0; round < 5; round += 1) {
    await agreeAt(world, 5, index);
    const leader = await checkOneLeader(world);
    const behind = rangeAfter(world, leader, 1, 2);
    const rest = [leader, ...rangeAfter(world, leader, 3, 4)];
    const back = third === "the old leader" ? leader : after(world, leader, 3);
    const last = rest.filter((server) => server !== back);

    await disconnect(world, behind);
    await agreeAt(world, 3, index + 1);
    await disconnect(world, rest);
    await restart(world, behind);
    await connect(world, behind);
    await restart(world, [back]);
    await connect(world, [back]);
    await world.sleep(courseMs);
    await agreeAt(world, 3, index + 2);

    await restart(world, last);
    await connect(world, last);
    await world.sleep(courseMs);
    index += 3;
  }
  await agreeAt(world, 5, index);
}

async function partitionedLeader(world: LabWorld): Promise<void> {
  await agree(world, 3);
  const leader = await checkOneLeader(world);
  const [other, behind] = [after(world, leader, 1), after(world, leader, 2)];
  await world.disconnect(behind);
  await agree(world, 2);
  await world.crash(leader);
  await world.crash(other);
  await world.connect(behind);
  await world.restart(leader);
  await agree(world, 2);
  await world.restart(other);
  await agree(world, 3);
}

export const persistenceCases: readonly Case[] = [
  { number: 12, title: "Basic persistence", runs: [{ servers: 5, run: basicPersistence }] },
  { number: 13, title: "More persistence - part 1", runs: [{ servers: 5, run: (world) => morePersistence(world, "a follower") }] },
  { number: 14, title: "More persistence - part 2", runs: [{ servers: 5, run: (world) => morePersistence(world, "the old leader") }] },
  {
    number: 19,
    title: "Partitioned leader and one follower crash, leader restarts",
    runs: [{ servers: 3, limitMs: mitLimitMs, run: partitionedLeader }],
  },
];
