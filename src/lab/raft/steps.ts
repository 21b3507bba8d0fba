import { drawCommand, inReach, one, servers } from "../checks.ts";
import { check } from "../failure.ts";
import type { LabWorld, Started } from "../world.ts";

/** The C++ course grants an election 5 seconds, the MIT course 1 second; both use it as their unit of sleep. */
export const courseMs = 5_000;
export const secondMs = 1_000;

/** The MIT tester ends a test after 120 seconds. */
export const mitLimitMs = 120_000;

/** The server `steps` places behind `server`, around the circle. */
export function after(world: LabWorld, server: number, steps: number): number {
  return (server + steps) % world.size;
}

/** The servers from one place behind `server` to another, both included. */
export function rangeAfter(world: LabWorld, server: number, first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => after(world, server, first + i));
}

export async function disconnect(world: LabWorld, cut: readonly number[]): Promise<void> {
  for (const server of cut) await world.disconnect(server);
}

export async function connect(world: LabWorld, mended: readonly number[]): Promise<void> {
  for (const server of mended) await world.connect(server);
}

export async function restart(world: LabWorld, restarted: readonly number[]): Promise<void> {
  for (const server of restarted) await world.restart(server);
}

/** Starts who is dead, and plugs all cables in. */
export async function reviveAll(world: LabWorld): Promise<void> {
  for (const server of servers(world)) {
    if (!world.isAlive(server)) await world.restart(server);
    await world.connect(server);
  }
}

export async function crashAndReviveAll(world: LabWorld): Promise<void> {
  for (const server of servers(world)) await world.crash(server);
  await reviveAll(world);
}

/** Has a new command agreed upon by `count` servers, whoever leads meanwhile. */
export function agree(world: LabWorld, count: number): Promise<number> {
  return one(world, drawCommand(world.rng), count, { retry: true });
}

/** Has a new command agreed upon by `count` servers: the first submission succeeds, and at exactly that index. */
export async function agreeAt(world: LabWorld, count: number, index: number, command: string = drawCommand(world.rng)): Promise<void> {
  const got = await one(world, command, count, { retry: false });
  check(got === index, `an agreement was reached at index ${got}, and not at index ${index}`);
}

/** As `agreeAt`, for so many commands one after the other; the result is the index behind them. */
export async function agreeFrom(world: LabWorld, commands: number, count: number, index: number): Promise<number> {
  for (let i = 0; i < commands; i += 1) await agreeAt(world, count, index + i);
  return index + commands;
}

/** Offers a new command to a server that has to take it. */
export async function mustStart(world: LabWorld, server: number, command: string = drawCommand(world.rng)): Promise<Started> {
  const started = await world.start(server, command);
  check(started !== undefined, `server ${server} leads, and does not take a command`);
  return started;
}

/** Servers that live and are connected. */
export function countInReach(world: LabWorld): number {
  return servers(world).filter((server) => inReach(world, server)).length;
}
