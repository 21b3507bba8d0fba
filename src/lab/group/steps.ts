import { background } from "../background.ts";
import { checkOneLeader, servers } from "../checks.ts";
import { check } from "../failure.ts";
import type { GroupWorld } from "./world.ts";

type World = GroupWorld<unknown>;

/** The C++ course grants an election 5 seconds, the MIT course 1 second; both use it as their unit of sleep. */
export const courseMs = 5_000;
export const secondMs = 1_000;

/** The MIT tester ends a test after 120 seconds. */
export const mitLimitMs = 120_000;

/** The log of both courses' runs with snapshots, and how many times as long it may become. */
export const shortLogBytes = 1_000;
const logFactor = 8;

/** Cuts these servers off from all others, and from each other. */
export function cut(world: World, cutOff: readonly number[]): Promise<void> {
  return world.partition([servers(world).filter((server) => !cutOff.includes(server))]);
}

export function heal(world: World): Promise<void> {
  return world.partition([servers(world)]);
}

/** So many servers behind the leader. */
export async function someFollowers(world: World, count: number): Promise<number[]> {
  const leader = await checkOneLeader(world);
  return Array.from({ length: count }, (_, i) => (leader + 1 + i) % world.size);
}

export async function crashAll(world: World): Promise<void> {
  await Promise.all(servers(world).map((server) => world.crash(server)));
}

export async function restartAll(world: World): Promise<void> {
  await Promise.all(servers(world).map((server) => world.restart(server)));
}

/** No server's log is longer than eight times what was asked for. */
export async function checkLogSize(world: World, logBytesMax: number): Promise<void> {
  const { logBytes, droppedTo } = await world.sizes();
  const max = logFactor * logBytesMax;
  check(logBytes <= max, `a server has a log of ${logBytes} bytes, more than ${max}`);
  check(droppedTo > 0, "no server has ever dropped anything of its log");
}

/** No server has dropped anything of its log: nobody asked for snapshots. */
export async function checkNoSnapshot(world: World): Promise<void> {
  const { droppedTo } = await world.sizes();
  check(droppedTo === 0, `a server has dropped its log up to entry ${droppedTo}, which nobody has asked for`);
}

/** Whether a task has ended, looked at later. Its failure is for whoever waits for it. */
export function watched<T>(task: Promise<T>): { readonly task: Promise<T>; readonly hasEnded: () => boolean } {
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  task.then(end, end);
  return { task: background(task), hasEnded: () => ended };
}

/** Waits for a task for at most so long. */
export async function within<T>(world: World, ms: number, what: string, task: Promise<T>): Promise<T> {
  const { hasEnded } = watched(task);
  await Promise.race([background(task).catch(() => undefined), world.sleep(ms)]);
  check(hasEnded(), `${what} has not ended within ${ms / 1000} seconds`);
  return task;
}
