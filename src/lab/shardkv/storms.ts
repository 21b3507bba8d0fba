import type { Case, ShardedRun } from "../case.ts";
import { background } from "../background.ts";
import { drawCommand } from "../checks.ts";
import { mitLimitMs, secondMs } from "../group/steps.ts";
import type { Rng } from "../../base/rng.ts";
import { begun, type Meanwhile } from "./contents.ts";
import { onSharded, type Sharded } from "./sharded.ts";
import { threeGids } from "./steps.ts";

const [one, two, three] = [100, 101, 102];
const keys = 10;

function run(logBytesMax: number | undefined, body: (sharded: Sharded) => Promise<void>): ShardedRun {
  return onSharded({ gids: threeGids, limitMs: mitLimitMs, ...(logBytesMax === undefined ? {} : { logBytesMax }) }, body);
}

async function concurrent(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const contents = await begun(sharded, [one], keys, 5);
  const appends = contents.appendMeanwhile(5, 10);
  await world.sleep(150);
  await sharded.join(two);
  await world.sleep(500);
  await sharded.join(three);
  await world.sleep(500);
  await sharded.leave(one);
  for (const gid of threeGids) {
    await sharded.crash(gid);
    await world.sleep(100);
  }
  await sharded.leave(three);
  await world.sleep(100);
  await sharded.restart(...threeGids);
  await world.sleep(100);
  await sharded.join(one);
  await sharded.leave(two);
  await world.sleep(500);
  await sharded.join(two);
  await world.sleep(secondMs);
  await appends.stop();
  await contents.check();
}

async function moreConcurrent(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const contents = await begun(sharded, [two, one, three], keys, 1);
  const appends = contents.appendMeanwhile(1, 50);
  await sharded.leave(one);
  await sharded.leave(three);
  await world.sleep(3 * secondMs);
  await sharded.join(one);
  await sharded.join(three);
  await sharded.leave(two);
  await world.sleep(3 * secondMs);
  await sharded.join(two);
  await sharded.leave(one);
  await sharded.leave(three);
  await world.sleep(3 * secondMs);
  await sharded.crash(two, three);
  await world.sleep(secondMs);
  await sharded.restart(two, three);
  await world.sleep(2 * secondMs);
  await appends.stop();
  await contents.check();
}

async function changesAndRestarts(sharded: Sharded): Promise<void> {
  const { world } = sharded;
  const contents = await begun(sharded, [one], keys, 1);
  const appends = contents.appendMeanwhile(1, 0);
  const end = world.now() + 12 * secondMs;
  const pause = (): Promise<void> => world.sleep(world.rng.int(0, 899));
  while (world.now() < end) {
    await sharded.join(three);
    await sharded.join(two);
    await pause();
    await sharded.crash(...threeGids);
    await sharded.restart(...threeGids);
    await pause();
    await sharded.leave(two);
    await sharded.leave(three);
    await pause();
  }
  await world.sleep(2 * secondMs);
  await appends.stop();
  await contents.check();
}

async function unreliable(sharded: Sharded): Promise<void> {
  await sharded.world.setUnreliable("labrpc");
  const contents = await begun(sharded, [one], keys, 5);
  await sharded.join(two);
  await sharded.join(three);
  await sharded.leave(one);
  for (let round = 0; round < 2; round += 1) await contents.checkAndAppend(5);
  await sharded.join(one);
  await sharded.leave(two);
  for (let round = 0; round < 2; round += 1) await contents.check();
}

/** Six changes, half a second after each other, while clients go on; then the network is reliable again. */
async function changesOfUnreliable(sharded: Sharded, meanwhile: Meanwhile): Promise<void> {
  const { world } = sharded;
  const changes = [() => sharded.join(two), () => sharded.join(three), () => sharded.leave(one), () => sharded.leave(two)];
  await world.sleep(150);
  for (const change of changes) {
    await change();
    await world.sleep(500);
  }
  await sharded.join(two);
  await sharded.join(one);
  await world.sleep(2 * secondMs);
  await world.setUnreliable(undefined);
  await meanwhile.stop();
}

async function unreliableAppends(sharded: Sharded): Promise<void> {
  await sharded.world.setUnreliable("labrpc");
  const contents = await begun(sharded, [one], keys, 5);
  await changesOfUnreliable(sharded, contents.appendMeanwhile(5, 0));
  await contents.check();
}

/** What clients do by chance is for the checker to judge. */
async function unreliableAnything(sharded: Sharded): Promise<void> {
  await sharded.world.setUnreliable("labrpc");
  await begun(sharded, [one], keys, 5);
  await changesOfUnreliable(sharded, useAnyKeys(sharded));
}

function useAnyKeys(sharded: Sharded): Meanwhile {
  const state = { goesOn: true };
  const clients = Array.from({ length: keys }, (_, client) => client);
  const tasks = clients.map((client) => background(useAnyKey(sharded, sharded.world.rng.fork("client").fork(client), state)));
  return {
    stop: async () => {
      state.goesOn = false;
      await Promise.all(tasks);
    },
  };
}

/** Appends mostly, reads often, puts rarely, as the course does. */
async function useAnyKey(sharded: Sharded, rng: Rng, state: { readonly goesOn: boolean }): Promise<void> {
  const clerk = sharded.newClerk();
  while (state.goesOn) {
    const key = String(rng.int(0, keys - 1));
    const value = drawCommand(rng, 5);
    if (rng.chance(0.5)) await clerk.append(key, value);
    else if (rng.chance(0.1)) await clerk.put(key, value);
    else await clerk.get(key);
  }
}

/** The MIT courses' with clients beside each other, or over an unreliable network. */
export const stormCases: readonly Case[] = [
  { number: 12, title: "Concurrent puts and configuration changes", runs: [run(100, concurrent)] },
  { number: 13, title: "More concurrent puts and configuration changes", runs: [run(undefined, moreConcurrent)] },
  { number: 14, title: "Concurrent configuration change and restart", runs: [run(300, changesAndRestarts)] },
  { number: 15, title: "Unreliable 1", runs: [run(100, unreliable)] },
  { number: 16, title: "Unreliable 2", runs: [run(100, unreliableAppends)] },
  { number: 17, title: "Unreliable 3", runs: [run(100, unreliableAnything)] },
];
