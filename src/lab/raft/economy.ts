import type { Case } from "../case.ts";
import { checkOneLeader, drawCommand, servers, wait } from "../checks.ts";
import { check, fail } from "../failure.ts";
import type { LabWorld } from "../world.ts";
import { agreeAt, mitLimitMs, secondMs } from "./steps.ts";

/** How much talk is allowed. */
interface Limits {
  /** Starts behind the first one, and how many of their entries are awaited. */
  readonly starts: number;
  readonly awaited: number;
  /** The most requests until they are applied everywhere. */
  readonly commit: number;
}

const electionMax = 30;
const idleMax = 60;

/** The C++ course counts (10 + 1) x 5 requests, the MIT course (10 + 1 + 3) x 3. */
const fiveServers: Limits = { starts: 10, awaited: 10, commit: 55 };
const threeServers: Limits = { starts: 11, awaited: 10, commit: 42 };

async function rpcCounts(world: LabWorld, limits: Limits): Promise<void> {
  await checkOneLeader(world);
  const election = await world.rpcs();
  check(election > 1 && election <= electionMax, `the first election took ${election} RPCs, not 2 to ${electionMax}`);

  await commitCount(world, limits);

  const before = await world.rpcs();
  await world.sleep(secondMs);
  const idle = (await world.rpcs()) - before;
  check(idle <= idleMax, `an idle second took ${idle} RPCs, more than ${idleMax}`);
}

async function commitCount(world: LabWorld, limits: Limits): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (attempt > 0) await world.sleep(3_000);
    const leader = await checkOneLeader(world);
    const before = await world.rpcs();
    if (!(await startAndAwait(world, leader, limits))) continue;
    const commit = (await world.rpcs()) - before;
    check(commit <= limits.commit, `${limits.starts + 1} entries took ${commit} RPCs, more than ${limits.commit}`);
    return;
  }
  fail("the term changed in each of five attempts");
}

/** Whether all of it happened in one term. */
async function startAndAwait(world: LabWorld, leader: number, limits: Limits): Promise<boolean> {
  const first = await world.start(leader, drawCommand(world.rng));
  if (first === undefined) return false;
  const commands: string[] = [];
  for (let i = 1; i <= limits.starts; i += 1) {
    const command = drawCommand(world.rng);
    const started = await world.start(leader, command);
    if (started === undefined || started.term !== first.term) return false;
    check(started.index === first.index + i, `a command was put at index ${started.index}, and not at index ${first.index + i}`);
    commands.push(command);
  }
  for (let i = 1; i <= limits.awaited; i += 1) {
    const value = await wait(world, first.index + i, world.size, first.term);
    if (value === undefined) return false;
    check(value === commands[i - 1], `another command than the one that was put there was applied at index ${first.index + i}`);
  }
  for (const server of servers(world)) {
    if ((await world.state(server))?.term !== first.term) return false;
  }
  return true;
}

const commandBytes = 5_000;

/** Every command has to travel to each server once, and no more than that: 50,000 bytes are for everything else. */
async function rpcBytes(world: LabWorld): Promise<void> {
  await agreeAt(world, 3, 1);
  const before = await world.bytes();
  for (let index = 2; index <= 11; index += 1) await agreeAt(world, 3, index, drawCommand(world.rng, commandBytes));
  const used = (await world.bytes()) - before;
  const max = 3 * 10 * commandBytes + 50_000;
  check(used <= max, `ten commands of ${commandBytes} bytes took ${used} bytes, more than ${max}`);
}

export const economyCases: readonly Case[] = [
  {
    number: 9,
    title: "RPC counts aren't too high",
    runs: [
      { name: "five servers", servers: 5, run: (world) => rpcCounts(world, fiveServers) },
      { name: "three servers", servers: 3, limitMs: mitLimitMs, run: (world) => rpcCounts(world, threeServers) },
    ],
  },
  { number: 16, title: "RPC byte count", runs: [{ servers: 3, limitMs: mitLimitMs, run: rpcBytes }] },
];
