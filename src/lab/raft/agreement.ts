import type { Case } from "../case.ts";
import { checkNoneCommitted, checkOneLeader, drawCommand, servers, wait } from "../checks.ts";
import { check, fail } from "../failure.ts";
import type { LabWorld } from "../world.ts";
import { after, agree, agreeAt, agreeFrom, connect, courseMs, disconnect, mustStart, rangeAfter } from "./steps.ts";

async function basicAgreement(world: LabWorld): Promise<void> {
  for (let index = 1; index <= 3; index += 1) {
    checkNoneCommitted(world, index);
    await agreeAt(world, 5, index);
  }
}

async function followerDisconnection(world: LabWorld): Promise<void> {
  await agreeAt(world, 5, 1);
  const leader = await checkOneLeader(world);
  const cut = [after(world, leader, 1), after(world, leader, 2)];
  await disconnect(world, cut);
  let index = await agreeFrom(world, 2, 3, 2);
  await world.sleep(courseMs);
  index = await agreeFrom(world, 2, 3, index);
  await connect(world, cut);
  await world.sleep(courseMs);
  await agree(world, 5);
  await agree(world, 5);
}

async function tooManyDisconnected(world: LabWorld): Promise<void> {
  await agreeAt(world, 5, 1);
  const leader = await checkOneLeader(world);
  const cut = rangeAfter(world, leader, 1, 3);
  await disconnect(world, cut);
  const { index, term } = await mustStart(world, leader);
  check(index === 2, `the leader put its second command at index ${index}`);
  check(term > 0, `the leader took a command in term ${term}`);
  await world.sleep(courseMs);
  checkNoneCommitted(world, index);
  await connect(world, cut);
  await world.sleep(courseMs);
  await agree(world, 5);
}

async function rejoin(world: LabWorld): Promise<void> {
  await agreeAt(world, 5, 1);
  const first = await checkOneLeader(world);
  await world.disconnect(first);
  await world.sleep(courseMs);
  // Cut off for five seconds, it still believes that it leads.
  for (let i = 0; i < 3; i += 1) await mustStart(world, first);
  const index = await agreeFrom(world, 2, 4, 2);
  const second = await checkOneLeader(world);
  check(second !== first, `server ${first} still leads although it is cut off`);

  await world.disconnect(second);
  await world.connect(first);
  await world.sleep(courseMs);
  await agreeFrom(world, 2, 4, index);
  const third = await checkOneLeader(world);
  check(third !== second, `server ${second} still leads although it is cut off`);

  await world.connect(second);
  // For a moment it takes commands as the leader that it was; they are lost, and submitted again.
  await agree(world, 5);
}

/** What came of five commands that were started at once. */
type Attempt = "agreed" | "moved on";

async function concurrentStarts(world: LabWorld): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (attempt > 0) await world.sleep(3_000);
    if ((await startAtOnce(world)) === "agreed") return;
  }
  fail("the term changed in each of five attempts");
}

async function startAtOnce(world: LabWorld): Promise<Attempt> {
  const leader = await checkOneLeader(world);
  const first = await world.start(leader, drawCommand(world.rng));
  if (first === undefined) return "moved on";

  const commands = Array.from({ length: 5 }, () => drawCommand(world.rng));
  const started = await Promise.all(commands.map((command) => world.start(leader, command)));
  const applied = new Set<string>();
  for (const each of started) {
    if (each === undefined || each.term !== first.term) return "moved on";
    const value = await wait(world, each.index, world.size, first.term);
    if (value === undefined) return "moved on";
    applied.add(value);
  }
  const missing = commands.filter((command) => !applied.has(command));
  check(missing.length === 0, `${missing.length} of 5 commands stand at none of their indices`);
  for (const server of servers(world)) {
    if ((await world.state(server))?.term !== first.term) return "moved on";
  }
  return "agreed";
}

export const agreementCases: readonly Case[] = [
  { number: 3, title: "Basic agreement", runs: [{ servers: 5, run: basicAgreement }] },
  { number: 4, title: "Agreement despite follower disconnection", runs: [{ servers: 5, run: followerDisconnection }] },
  { number: 5, title: "No agreement if too many followers disconnect", runs: [{ servers: 5, run: tooManyDisconnected }] },
  { number: 6, title: "Rejoin of disconnected leader", runs: [{ servers: 5, run: rejoin }] },
  { number: 7, title: "Concurrently started agreements", runs: [{ servers: 5, run: concurrentStarts }] },
];
