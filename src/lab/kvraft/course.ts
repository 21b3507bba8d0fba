import { checkOneLeader, drawCommand } from "../checks.ts";
import type { Case, KvRun } from "../case.ts";
import { check } from "../failure.ts";
import { checkLogSize, courseMs, cut, heal, shortLogBytes, someFollowers, within } from "../group/steps.ts";
import { checkGet } from "../kv/steps.ts";
import { onStore, type Store } from "../kv/store.ts";
import type { Unreliability } from "../world.ts";

/** What the C++ course allows a client that waits, the clients of a run, and those of one key. */
const clientMs = 10_000;
const operationsMs = 3_000;
/** A client waits by its own clock, which may be slow by a tenth. */
const givenUpMaxMs = clientMs / 0.9 + 100;
/** Each client passes through its operations so often. The course's do once, and hardly ever meet. */
const passes = 10;

const shape = { servers: 5, logBytesMax: shortLogBytes };

/** Clients that put, append and get, each with keys of its own, all within so long. */
async function operate(store: Store, clients: number, limitMs: number = operationsMs): Promise<void> {
  const { world } = store;
  await within(
    world,
    limitMs,
    clients === 1 ? "the client's work" : "the clients' work",
    Promise.all(Array.from({ length: clients }, (_, client) => putAppendGet(store, client))),
  );
}

async function putAppendGet(store: Store, client: number): Promise<void> {
  const clerk = store.newClerk({ deadlineMs: clientMs });
  const rng = store.world.rng.fork("client").fork(client);
  for (let pass = 0; pass < passes; pass += 1) {
    const [key, first, second] = [`${client} ${drawCommand(rng)}`, drawCommand(rng), drawCommand(rng)];
    await clerk.put(key, first);
    await clerk.append(key, second);
    await checkGet(clerk, key, first + second);
  }
}

async function withMajority(store: Store, clients: number): Promise<void> {
  const { world } = store;
  await cut(world, await someFollowers(world, 2));
  await operate(store, clients);
  await checkLogSize(world, shortLogBytes);
}

async function operations(store: Store, clients: number): Promise<void> {
  await checkOneLeader(store.world);
  await operate(store, clients);
  await checkLogSize(store.world, shortLogBytes);
}

/** Whether a put that is given up can be done later depends on whether it was ever sent: either will do. */
async function withMinority(store: Store): Promise<void> {
  const { world } = store;
  await cut(world, await someFollowers(world, 3));
  for (const ask of [{ op: "put", key: "k", value: "during" } as const, { op: "get", key: "k" } as const]) {
    const began = world.now();
    const { kind } = await store.newClerk({ deadlineMs: clientMs }).attempt(ask);
    check(kind !== "done", `a ${ask.op} was done without a majority`);
    const ms = world.now() - began;
    check(ms <= givenUpMaxMs, `a ${ask.op} was given up after ${ms / 1000} seconds`);
  }
}

async function reelection(store: Store): Promise<void> {
  const { world } = store;
  const clerk = store.newClerk({ deadlineMs: clientMs });
  const first = await checkOneLeader(world);
  await clerk.put("k", "1");

  await cut(world, [first]);
  await world.sleep(courseMs);
  const second = await checkOneLeader(world);
  check(second !== first, `server ${first} still leads although it is cut off`);
  await clerk.append("k", "2");
  await checkGet(clerk, "k", "12");

  await heal(world);
  await world.sleep(courseMs);
  await checkOneLeader(world, second);
  await clerk.append("k", "3");
  await checkGet(clerk, "k", "123");
}

async function sameKey(store: Store): Promise<void> {
  const { world } = store;
  await cut(world, await someFollowers(world, 2));
  const clerks = Array.from({ length: 5 }, () => store.newClerk({ deadlineMs: clientMs }));
  await within(world, clientMs, "the clients' work", Promise.all(clerks.map((clerk) => clerk.append("k", "1"))));
  await checkGet(store.newClerk(), "k", "11111");
}

async function oneAfterTheOther(store: Store): Promise<void> {
  const { world } = store;
  await cut(world, await someFollowers(world, 2));
  const appendInTurn = async (): Promise<void> => {
    for (let client = 0; client < 5; client += 1) await store.newClerk({ deadlineMs: clientMs }).append("k", String(client));
  };
  await within(world, clientMs, "the clients' work", appendInTurn());
  await checkGet(store.newClerk(), "k", "01234");
}

async function laggards(store: Store): Promise<void> {
  const { world } = store;
  const clerk = store.newClerk({ deadlineMs: clientMs });
  await clerk.put("a", "A");
  const followers = await someFollowers(world, 4);
  await cut(world, followers.slice(0, 2));
  for (let i = 0; i < 200; i += 1) await clerk.put(String(i), String(i));
  await world.sleep(courseMs);
  await clerk.put("b", "B");
  await checkLogSize(world, shortLogBytes);

  // What is left of the majority has missed everything.
  await cut(world, followers.slice(2));
  await clerk.put("c", "C");
  await clerk.put("d", "D");
  await checkGet(clerk, "a", "A");
  await checkGet(clerk, "b", "B");

  await heal(world);
  await clerk.put("e", "E");
  await checkGet(clerk, "a", "A");
  await checkGet(clerk, "e", "E");
  await checkGet(clerk, "1", "1");
}

const pairs = 400;
const snapshotBytesMax = 8 * shortLogBytes;

async function snapshotOfPairs(store: Store): Promise<void> {
  const { world } = store;
  const clerk = store.newClerk({ deadlineMs: clientMs });
  for (let i = 0; i < pairs; i += 1) {
    await clerk.put(String(i), String(i));
    await checkGet(clerk, String(i), String(i));
  }
  await checkLogSize(world, shortLogBytes);
  const bytes = await world.snapshotSize();
  check(bytes <= snapshotBytesMax, `a snapshot of ${pairs} keys has ${bytes} bytes, more than ${snapshotBytesMax}`);
}

async function unreliable(store: Store, model: Unreliability): Promise<void> {
  await store.world.setUnreliable(model);
  await operate(store, 1, 300_000);
  await checkLogSize(store.world, shortLogBytes);
}

function runs(body: (store: Store) => Promise<void>): KvRun[] {
  return [onStore(shape, body)];
}

/** The C++ course's, in its numbers; 34 is one that it has and does not run. */
export const courseCases: readonly Case[] = [
  { number: 1, title: "Basic kv operations", runs: runs((store) => operations(store, 1)) },
  { number: 2, title: "Concurrent kv operations", runs: runs((store) => operations(store, 5)) },
  { number: 3, title: "Progress with a majority", runs: runs((store) => withMajority(store, 1)) },
  { number: 4, title: "No progress with a minority", runs: runs(withMinority) },
  { number: 5, title: "Kv operations through re-election", runs: runs(reelection) },
  { number: 6, title: "Progress with a majority and concurrent requests", runs: runs((store) => withMajority(store, 5)) },
  { number: 7, title: "Progress with a majority writing the same key", runs: runs(sameKey) },
  { number: 8, title: "Progress with a majority testing linearizability", runs: runs(oneAfterTheOther) },
  { number: 9, title: "Basic kv snap : InstallSnapshot RPC", runs: runs(laggards) },
  { number: 10, title: "Basic kv snap : Size of Snapshot", runs: runs(snapshotOfPairs) },
  {
    number: 34,
    title: "Progress in unreliable net",
    runs: (["labrpc", "slices"] as const).map((model) => onStore({ ...shape, name: model }, (store) => unreliable(store, model))),
  },
];
