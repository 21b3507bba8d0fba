import type { Case } from "../case.ts";
import { checkNoLeader, checkOneLeader, checkTerms, servers } from "../checks.ts";
import { check } from "../failure.ts";
import type { LabWorld } from "../world.ts";
import { after, connect, courseMs, disconnect, mitLimitMs } from "./steps.ts";

async function initialElection(world: LabWorld): Promise<void> {
  const leader = await checkOneLeader(world);
  // The news of an election needs a moment to reach everybody.
  await world.sleep(50);
  const term = await checkTerms(world);
  await world.sleep(courseMs);
  const later = await checkTerms(world);
  check(later === term, `the term went from ${term} to ${later} although nothing failed`);
  await checkOneLeader(world, leader);
}

async function reElection(world: LabWorld): Promise<void> {
  const first = await checkOneLeader(world);
  await world.disconnect(first);
  await world.sleep(courseMs);
  const second = await checkOneLeader(world);
  check(second !== first, `server ${first} still leads although it is cut off`);

  await world.connect(first);
  await world.sleep(courseMs);
  await checkOneLeader(world, second);

  const others = [after(world, second, 1), after(world, second, 2)];
  await disconnect(world, [second, ...others]);
  await world.sleep(courseMs);
  await checkNoLeader(world);

  await connect(world, others.slice(1));
  await world.sleep(courseMs);
  await checkOneLeader(world);

  await connect(world, [second, ...others]);
  await world.sleep(courseMs);
  await checkOneLeader(world);
}

async function multipleElections(world: LabWorld): Promise<void> {
  await checkOneLeader(world);
  for (let round = 0; round < 9; round += 1) {
    // The same server may be drawn twice.
    const cut = [world.rng.pick(servers(world)), world.rng.pick(servers(world)), world.rng.pick(servers(world))];
    await disconnect(world, cut);
    // Either the leader is still among the four or more that are left, or they elect a new one.
    await checkOneLeader(world);
    await connect(world, cut);
  }
  await checkOneLeader(world);
}

export const electionCases: readonly Case[] = [
  { number: 1, title: "Initial election", runs: [{ servers: 5, run: initialElection }] },
  { number: 2, title: "Re-election after network failure", runs: [{ servers: 5, run: reElection }] },
  { number: 15, title: "Multiple elections", runs: [{ servers: 7, limitMs: mitLimitMs, run: multipleElections }] },
];
