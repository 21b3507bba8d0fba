import { background } from "../background.ts";
import type { Case } from "../case.ts";
import { drawCommand, servers, wait } from "../checks.ts";
import { check } from "../failure.ts";
import type { LabWorld } from "../world.ts";
import { agree, mitLimitMs, reviveAll, secondMs } from "./steps.ts";

const rounds = 20;
const clients = 3;
/** When a client looks whether its command was committed: after so many milliseconds, and after so many more. */
const looksMs = [10, 20, 50, 100, 200];

async function churn(world: LabWorld): Promise<void> {
  const stop = { asked: false };
  const histories = Array.from({ length: clients }, (_, client) => background(submitUntil(world, client, stop)));
  for (let round = 0; round < rounds; round += 1) {
    await disturb(world);
    await world.sleep(0.7 * secondMs);
  }
  await world.sleep(secondMs);
  await world.setUnreliable(undefined);
  await reviveAll(world);
  stop.asked = true;
  const seen = (await Promise.all(histories)).flat();
  await world.sleep(secondMs);

  const last = await agree(world, 5);
  const log = new Set<string | undefined>();
  for (let index = 1; index <= last; index += 1) log.add(await wait(world, index, 5));
  const lost = seen.filter((command) => !log.has(command));
  check(lost.length === 0, `${lost.length} of ${seen.length} commands that a client saw committed are not in the log`);
}

/** Cuts off, revives or crashes somebody, or nobody. */
async function disturb(world: LabWorld): Promise<void> {
  const { rng } = world;
  if (rng.chance(0.2)) await world.disconnect(rng.pick(servers(world)));
  if (rng.chance(0.5)) {
    const server = rng.pick(servers(world));
    if (!world.isAlive(server)) await world.restart(server);
    await world.connect(server);
  }
  if (rng.chance(0.2)) await world.crash(rng.pick(servers(world)));
}

/** A client: submits command after command to whoever takes them, and says which it saw committed. */
async function submitUntil(world: LabWorld, client: number, stop: { readonly asked: boolean }): Promise<string[]> {
  const seen: string[] = [];
  while (!stop.asked) {
    const command = drawCommand(world.rng);
    let index: number | undefined;
    for (const server of servers(world)) index = (await world.start(server, command))?.index ?? index;
    if (index === undefined) await world.sleep(79 + 17 * client);
    else if (await isCommitted(world, index, command)) seen.push(command);
  }
  return seen;
}

async function isCommitted(world: LabWorld, index: number, command: string): Promise<boolean> {
  for (const ms of looksMs) {
    const { count, value } = world.committed(index);
    if (count > 0) return value === command;
    await world.sleep(ms);
  }
  return false;
}

async function unreliableChurn(world: LabWorld): Promise<void> {
  await world.setUnreliable("labrpc");
  await churn(world);
}

export const churnCases: readonly Case[] = [
  { number: 22, title: "Churn", runs: [{ servers: 5, limitMs: mitLimitMs, run: churn }] },
  { number: 23, title: "Unreliable churn", runs: [{ servers: 5, limitMs: mitLimitMs, run: unreliableChurn }] },
];
