import type { Case } from "../case.ts";
import { checkOneLeader, servers } from "../checks.ts";
import { check } from "../failure.ts";
import { checkAppends, elementOf } from "../kv/appends.ts";
import { checkLogSize, checkNoSnapshot, heal, mitLimitMs, secondMs, shortLogBytes, watched, within } from "../group/steps.ts";
import { checkGet } from "../kv/steps.ts";
import { onStore, type Store } from "../kv/store.ts";

const sequential = 1_000;
/** Three operations in each of the labs' heartbeats of 100 ms. */
const speedMaxMs = (sequential * 100) / 3;

async function speed(store: Store, logBytesMax?: number): Promise<void> {
  const { world } = store;
  const clerk = store.newClerk();
  await clerk.get("x");
  const began = world.now();
  for (let i = 0; i < sequential; i += 1) await clerk.append("x", elementOf(0, i));
  const ms = world.now() - began;
  checkAppends(0, await clerk.get("x"), sequential);
  const perOperation = (ms / sequential).toFixed(1);
  check(ms <= speedMaxMs, `an operation took ${perOperation} ms on average, more than ${(speedMaxMs / sequential).toFixed(1)}`);
  if (logBytesMax === undefined) await checkNoSnapshot(world);
  else await checkLogSize(world, logBytesMax);
}

/** The leader is on the side of the minority. */
async function onePartition(store: Store): Promise<void> {
  const { world } = store;
  await store.newClerk().put("1", "13");
  const leader = await checkOneLeader(world);
  const minority = [leader, (leader + 1) % world.size];
  const majority = servers(world).filter((server) => !minority.includes(server));
  await world.partition([majority, minority]);

  const most = store.newClerk({ reach: majority });
  await most.put("1", "14");
  await checkGet(most, "1", "14");

  const [writer, reader] = [store.newClerk({ reach: minority }), store.newClerk({ reach: minority })];
  const put = watched(writer.put("1", "15"));
  const get = watched(reader.get("1"));
  await world.sleep(secondMs);
  check(!put.hasEnded(), "a put has ended in a minority");
  check(!get.hasEnded(), "a get has ended in a minority");
  await checkGet(most, "1", "14");
  await most.put("1", "16");
  await checkGet(most, "1", "16");
  check(!put.hasEnded() && !get.hasEnded(), "an operation has ended in a minority");

  await heal(world);
  for (const clerk of [writer, reader]) clerk.reachAll();
  await world.sleep(secondMs);
  await within(world, 3 * secondMs, "the minority's put", put.task);
  await within(world, 3 * secondMs, "the minority's get", get.task);
  await checkGet(store.newClerk(), "1", "15");
  await checkNoSnapshot(world);
}

async function installSnapshot(store: Store): Promise<void> {
  const { world } = store;
  const clerk = store.newClerk();
  await clerk.put("a", "A");

  await world.partition([[0, 1], [2]]);
  const first = store.newClerk({ reach: [0, 1] });
  for (let i = 0; i < 50; i += 1) await first.put(String(i), String(i));
  await world.sleep(secondMs);
  await first.put("b", "B");
  await checkLogSize(world, shortLogBytes);

  // What is left of the majority has missed everything.
  await world.partition([[0, 2], [1]]);
  const second = store.newClerk({ reach: [0, 2] });
  await second.put("c", "C");
  await second.put("d", "D");
  for (const [key, value] of [
    ["a", "A"],
    ["b", "B"],
    ["1", "1"],
    ["49", "49"],
  ] as const) {
    await checkGet(second, key, value);
  }

  await heal(world);
  await clerk.put("e", "E");
  await checkGet(clerk, "c", "C");
  await checkGet(clerk, "e", "E");
  await checkGet(clerk, "1", "1");
}

const rewrites = 200;
const snapshotBytesMax = 500;
const rewritesMaxMs = 20_000;

async function snapshotOfOneKey(store: Store): Promise<void> {
  const { world } = store;
  const clerk = store.newClerk();
  const began = world.now();
  for (let i = 0; i < rewrites; i += 1) {
    for (const value of ["0", "1"]) {
      await clerk.put("x", value);
      await checkGet(clerk, "x", value);
    }
  }
  const ms = world.now() - began;
  await checkLogSize(world, shortLogBytes);
  const bytes = await world.snapshotSize();
  check(bytes <= snapshotBytesMax, `a snapshot of one key has ${bytes} bytes, more than ${snapshotBytesMax}`);
  check(ms <= rewritesMaxMs, `it took ${ms / 1000} seconds, more than ${rewritesMaxMs / 1000}`);
}

const shape = { servers: 3, limitMs: mitLimitMs };
const short = { ...shape, logBytesMax: shortLogBytes };

/** The MIT courses' with a script of their own. */
export const scriptedCases: readonly Case[] = [
  { number: 12, title: "Ops complete fast enough", runs: [onStore(shape, speed)] },
  {
    number: 16,
    title: "Progress in majority, no progress in minority, completion after heal",
    runs: [onStore({ servers: 5, limitMs: mitLimitMs }, onePartition)],
  },
  { number: 25, title: "InstallSnapshot RPC", runs: [onStore(short, installSnapshot)] },
  { number: 26, title: "Snapshot size is reasonable", runs: [onStore(short, snapshotOfOneKey)] },
  { number: 27, title: "Ops complete fast enough (snapshots)", runs: [onStore(short, (store) => speed(store, shortLogBytes))] },
];
