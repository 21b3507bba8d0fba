import type { Case, MemberRun } from "../case.ts";
import { checkOneLeader, drawCommand } from "../checks.ts";
import { check } from "../failure.ts";
import type { LabWorld } from "../world.ts";
import { after, agree, crashAndReviveAll, mitLimitMs } from "./steps.ts";

/** The servers drop their logs about every so many entries. */
const interval = 10;
const logBytesMax = 2_000;
const rounds = 30;

/** What keeps one server from following in every round, so that it needs a snapshot. */
type Absence = "none" | "cut off" | "crashed";

async function installSnapshots(world: LabWorld, absence: Absence): Promise<void> {
  await agree(world, 3);
  let leader = await checkOneLeader(world);
  for (let round = 0; round < rounds; round += 1) {
    const neighbour = after(world, leader, 1);
    const [victim, sender] = round % 3 === 1 ? [leader, neighbour] : [neighbour, leader];
    const left = absence === "none" ? 3 : 2;
    if (absence === "cut off") await world.disconnect(victim);
    if (absence === "crashed") await world.crash(victim);
    if (absence !== "none") await agree(world, left);

    // The sender need not lead, and then takes none of them.
    const commands = drawBatch(world);
    for (let i = 0; i < commands; i += 1) await world.start(sender, drawCommand(world.rng));
    await agree(world, left);
    const bytes = await world.logSize();
    check(bytes < logBytesMax, `a log of ${bytes} bytes, and not below ${logBytesMax}`);
    if (absence === "none") continue;

    if (absence === "cut off") await world.connect(victim);
    else await world.restart(victim);
    await agree(world, 3);
    leader = await checkOneLeader(world);
  }
}

/** 5 to 14. */
function drawBatch(world: LabWorld): number {
  return world.rng.int(interval / 2, interval / 2 + interval - 1);
}

async function unreliably(world: LabWorld, absence: Absence): Promise<void> {
  await world.setUnreliable("labrpc");
  await installSnapshots(world, absence);
}

async function crashAll(world: LabWorld): Promise<void> {
  await agree(world, 3);
  for (let round = 0; round < 5; round += 1) {
    const commands = drawBatch(world);
    for (let i = 0; i < commands; i += 1) await agree(world, 3);
    const before = await agree(world, 3);
    await crashAndReviveAll(world);
    const behind = await agree(world, 3);
    check(behind > before, `the index went from ${before} to ${behind} when all servers had crashed`);
  }
}

/** A server must not write an empty snapshot after a restart: the second restart would find it. */
async function initialization(world: LabWorld): Promise<void> {
  await agree(world, 3);
  for (let i = 0; i < interval + 1; i += 1) await agree(world, 3);
  await crashAndReviveAll(world);
  await agree(world, 3);
  await crashAndReviveAll(world);
  await agree(world, 3);
}

function threeServers(run: MemberRun["run"]): readonly MemberRun[] {
  return [{ servers: 3, compacts: true, limitMs: mitLimitMs, run }];
}

export const snapshotCases: readonly Case[] = [
  { number: 24, title: "Snapshots basic", runs: threeServers((world) => installSnapshots(world, "none")) },
  { number: 25, title: "Install snapshots (disconnect)", runs: threeServers((world) => installSnapshots(world, "cut off")) },
  { number: 26, title: "Install snapshots (disconnect+unreliable)", runs: threeServers((world) => unreliably(world, "cut off")) },
  { number: 27, title: "Install snapshots (crash)", runs: threeServers((world) => installSnapshots(world, "crashed")) },
  { number: 28, title: "Install snapshots (unreliable+crash)", runs: threeServers((world) => unreliably(world, "crashed")) },
  { number: 29, title: "Crash and restart all servers", runs: threeServers(crashAll) },
  { number: 30, title: "Snapshot initialization after crash", runs: threeServers(initialization) },
];
