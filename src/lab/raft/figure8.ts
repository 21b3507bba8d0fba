import type { Case } from "../case.ts";
import { checkNoneCommitted, checkOneLeader, drawCommand, servers } from "../checks.ts";
import { check, fail } from "../failure.ts";
import type { LabWorld } from "../world.ts";
import {
  after,
  agree,
  agreeAt,
  connect,
  countInReach,
  courseMs,
  disconnect,
  mitLimitMs,
  rangeAfter,
  reviveAll,
  secondMs,
} from "./steps.ts";

async function scripted(world: LabWorld): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    // Nothing of an attempt that failed may be left: the logs must be equal, and end with a committed entry.
    await connect(world, servers(world));
    await agree(world, 5);
    if ((await playFigure8(world)) === "played") return;
  }
  fail("the servers did not take their roles in each of ten attempts");
}

/**
 * Figure 8 of the paper. S1 and S2 have C1, which is not committed; S3 leads a later term, and alone has C2 at the same index; then
 * S1 or S2 leads, and brings C1 to a third server. A majority has it now, and it must not count as committed before an entry of the
 * new leader's own term does.
 */
async function playFigure8(world: LabWorld): Promise<"played" | "miscast"> {
  const s1 = await checkOneLeader(world);
  const pair = [s1, after(world, s1, 1)];
  const rest = rangeAfter(world, s1, 2, 4);
  await disconnect(world, rest);
  const c1 = drawCommand(world.rng);
  const first = await world.start(s1, c1);
  if (first === undefined) return "miscast";
  await world.sleep(courseMs);
  checkNoneCommitted(world, first.index);

  await disconnect(world, pair);
  await connect(world, rest);
  await world.sleep(courseMs);
  const s3 = await checkOneLeader(world);
  // The pair learns of the new term, and keeps C1: nothing stands in its place yet.
  await connect(world, pair);
  await world.sleep(courseMs);
  if ((await checkOneLeader(world)) !== s3) return "miscast";
  await disconnect(world, servers(world));
  const second = await world.start(s3, drawCommand(world.rng));
  if (second === undefined) return "miscast";
  check(second.index === first.index, `C1 was put at index ${first.index}, and C2 at index ${second.index}`);
  check(second.term > first.term, `C1 was taken in term ${first.term}, and C2 in term ${second.term}`);
  await world.sleep(courseMs);
  checkNoneCommitted(world, first.index);

  const third = rest.find((server) => server !== s3) as number;
  await connect(world, [...pair, third]);
  await world.sleep(courseMs);
  const leader = await checkOneLeader(world);
  if (!pair.includes(leader)) return "miscast";
  checkNoneCommitted(world, first.index);

  await agreeAt(world, 3, first.index + 1);
  const { count, value } = world.committed(first.index);
  check(value === c1, `${value} was applied at C1's index`);
  check(count === 3, `${count} servers applied C1, and not 3`);
  return "played";
}

const rounds = 1_000;

/** Mostly too short for anything to be agreed upon, sometimes long enough. */
function roundMs(world: LabWorld): number {
  return world.rng.chance(0.1) ? world.rng.int(0, secondMs / 2 - 1) : world.rng.int(0, 12);
}

/** Offers a new command to every server; the result is the last one in reach that took it. */
async function startEverywhere(world: LabWorld): Promise<number | undefined> {
  let leader: number | undefined;
  for (const server of servers(world)) {
    const started = await world.start(server, drawCommand(world.rng));
    if (started !== undefined && world.isConnected(server)) leader = server;
  }
  return leader;
}

async function randomCrashes(world: LabWorld): Promise<void> {
  await agree(world, 1);
  for (let round = 0; round < rounds; round += 1) {
    const leader = await startEverywhere(world);
    await world.sleep(roundMs(world));
    if (leader !== undefined) await world.crash(leader);
    if (countInReach(world) >= 3) continue;
    const server = world.rng.pick(servers(world));
    if (!world.isAlive(server)) await world.restart(server);
  }
  await reviveAll(world);
  await agree(world, 5);
}

async function unreliable(world: LabWorld): Promise<void> {
  await world.setUnreliable("labrpc");
  await agree(world, 1);
  for (let round = 0; round < rounds; round += 1) {
    if (round === 200) await world.setLongReordering(true);
    const leader = await startEverywhere(world);
    await world.sleep(roundMs(world));
    if (leader !== undefined && world.rng.chance(0.5)) await world.disconnect(leader);
    if (countInReach(world) < 3) await world.connect(world.rng.pick(servers(world)));
  }
  await reviveAll(world);
  await agree(world, 5);
}

export const figure8Cases: readonly Case[] = [
  { number: 11, title: "Figure 8", runs: [{ servers: 5, run: scripted }] },
  { number: 20, title: "Figure 8 with random crashes", runs: [{ servers: 5, limitMs: mitLimitMs, run: randomCrashes }] },
  { number: 21, title: "Figure 8 (unreliable)", runs: [{ servers: 5, limitMs: mitLimitMs, run: unreliable }] },
];
