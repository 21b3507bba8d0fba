import type { ShardMap } from "../../check/master/words.ts";
import { background } from "../background.ts";
import { check } from "../failure.ts";
import { shardOf } from "./names.ts";
import type { Sharded } from "./sharded.ts";
import type { ServerGroup, ShardedWorld } from "./world.ts";

/** The MIT course's groups. */
export const threeGids: readonly number[] = [100, 101, 102];

/** A log may be so many times as long as was asked for. */
const logFactor = 8;
/** How long nothing may end before whoever waits says that nothing more will; and how often he looks. */
const quiet = { ms: 2_000, everyMs: 20 } as const;
/** How long everything may take to be where it belongs, when all servers live. */
const settle = { ms: 10_000, everyMs: 100 } as const;
/** What a group without a shard keeps: the configuration that it has come to, and for each shard when it last came and went. */
const emptyBytesMax = 200;

/** No server's log is longer than eight times what was asked for, and every one has been dropped up to some entry. */
export async function checkLogs({ world }: Sharded, gids: readonly number[], logBytesMax: number): Promise<void> {
  const max = logFactor * logBytesMax;
  for (const gid of gids) {
    for (const [server, { logBytes, droppedTo }] of (await world.group(gid).sizes()).entries()) {
      check(logBytes <= max, `server ${server} of group ${gid} has a log of ${logBytes} bytes, more than ${max}`);
      check(droppedTo > 0, `server ${server} of group ${gid} has never dropped anything of its log`);
    }
  }
}

/** No server has dropped anything of its log: nobody asked for snapshots. */
export async function checkNoSnapshots({ world }: Sharded, gids: readonly number[]): Promise<void> {
  for (const gid of gids) {
    for (const [server, { droppedTo }] of (await world.group(gid).sizes()).entries()) {
      check(droppedTo === 0, `server ${server} of group ${gid} has dropped its log up to entry ${droppedTo}, which nobody has asked for`);
    }
  }
}

/** Waits until nothing of what the group's shards held is left on any of its servers. */
export async function checkEmptied({ world }: Sharded, gid: number, limitMs: number = settle.ms): Promise<void> {
  const end = world.now() + limitMs;
  for (;;) {
    const bytes = Math.max(...(await world.group(gid).snapshotSizes()));
    // A dead server keeps 0 bytes as far as anybody knows, and a living one never.
    if (bytes > 0 && bytes <= emptyBytesMax) return;
    check(world.now() < end, `a server of group ${gid} still keeps ${bytes} bytes, ${limitMs / 1000} seconds after all shards have gone`);
    await world.sleep(settle.everyMs);
  }
}

/** Which of the tasks have ended when for 2 seconds none has. Their failures are for whoever waits for them. */
export async function endedWhenQuiet(world: Pick<ShardedWorld, "now" | "sleep">, tasks: readonly Promise<unknown>[]): Promise<boolean[]> {
  const ended = tasks.map(() => false);
  let last = world.now();
  for (const [at, task] of tasks.entries()) {
    const end = (): void => {
      ended[at] = true;
      last = world.now();
    };
    background(task).then(end, end);
  }
  while (world.now() < last + quiet.ms) await world.sleep(quiet.everyMs);
  return ended;
}

/** Keys whose shards a configuration gives to the group. */
export function keysOf({ owners }: ShardMap, keys: readonly string[], gid: number): string[] {
  return keys.filter((key) => owners[shardOf(key)] === gid);
}

/** The same server of every group. */
export function oneOfEach({ world }: Sharded, gids: readonly number[], server: number): (readonly [group: ServerGroup, server: number])[] {
  return gids.map((gid) => [world.group(gid), server] as const);
}

export async function crashAll(whom: readonly (readonly [group: ServerGroup, server: number])[]): Promise<void> {
  await Promise.all(whom.map(([group, server]) => group.crash(server)));
}

export async function restartAll(whom: readonly (readonly [group: ServerGroup, server: number])[]): Promise<void> {
  await Promise.all(whom.map(([group, server]) => group.restart(server)));
}
