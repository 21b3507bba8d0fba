import { expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { background } from "../../src/lab/background.ts";
import { checkOneLeader, drawCommand, one, servers } from "../../src/lab/checks.ts";
import { Driver } from "../../src/lab/sim/driver.ts";
import { SimWorlds } from "../../src/lab/sim/sim-kind.ts";
import type { LabWorld, Outcome } from "../../src/lab/world.ts";
import { World } from "../../src/sim/world.ts";

function simulate(body: (world: LabWorld) => Promise<void>, compactEvery?: number, seed = 1): Promise<Outcome> {
  return new SimWorlds().run({ servers: 3, compactEvery }, new Rng(seed), body);
}

async function passes(body: (world: LabWorld) => Promise<void>, compactEvery?: number): Promise<void> {
  const outcome = await simulate(body, compactEvery);
  if (outcome.failed) throw outcome.failure;
}

test("tasks wake in the order of the world's time, and no real time passes", async () => {
  const world = new World(new Rng(1));
  const driver = new Driver(world);
  const order: string[] = [];
  const task = async (name: string, ms: number): Promise<void> => {
    for (let i = 0; i < 2; i += 1) {
      await driver.sleep(ms);
      await Promise.resolve();
      order.push(`${name} ${world.now}`);
    }
  };
  await driver.run(async () => {
    await Promise.all([task("slow", 900_000), task("quick", 500_000), task("twin", 500_000)]);
  });
  expect(order).toEqual(["quick 500000", "twin 500000", "slow 900000", "quick 1000000", "twin 1000000", "slow 1800000"]);
});

test("the driver ends with what a case throws, with what it is aborted for, or when nothing can happen any more", async () => {
  const driver = new Driver(new World(new Rng(1)));
  await expect(driver.run(() => Promise.reject(new Error("mine")))).rejects.toThrow("mine");
  await expect(driver.run(() => new Promise(() => {}))).rejects.toThrow("the case waits for something that never comes");
  const world = new World(new Rng(1));
  const other = new Driver(world);
  world.post(5, () => other.abort(new Error("first")));
  world.post(6, () => other.abort(new Error("second")));
  await expect(other.run(() => other.sleep(1_000))).rejects.toThrow("first");
  expect(world.now).toBe(5);
});

test("a task in the background may fail before anybody waits for it", async () => {
  const outcome = await simulate(async (world) => {
    const task = background(Promise.reject(new Error("early")));
    await world.sleep(100);
    await task;
  });
  expect(outcome).toMatchObject({ failed: true, failure: { message: "early" } });
});

test("a world begins when all servers take part, with nothing counted", async () => {
  await passes(async (world) => {
    expect([world.now(), await world.rpcs(), await world.bytes()]).toEqual([0, 0, 0]);
    for (const server of servers(world)) expect(await world.state(server)).toEqual({ term: 0, isLeader: false });
  });
});

test("requests are counted at their senders, and bytes with the replies", async () => {
  await passes(async (world) => {
    const leader = await checkOneLeader(world);
    const before = await Promise.all(servers(world).map((server) => world.rpcs(server)));
    const bytes = await world.bytes();
    await one(world, "x".repeat(1_000), 3, { retry: false });
    const after = await Promise.all(servers(world).map((server) => world.rpcs(server)));
    const sent = after.map((rpcs, at) => rpcs - (before[at] ?? 0));
    expect(sent.filter((_, server) => server !== leader)).toEqual([0, 0]);
    expect(sent[leader]).toBeGreaterThanOrEqual(2);
    expect(await world.rpcs()).toBe(before.reduce((a, b) => a + b) + (sent[leader] ?? 0));
    expect((await world.bytes()) - bytes).toBeGreaterThan(2_000);
    expect((await world.bytes()) - bytes).toBeLessThan(2_500);
  });
});

test("an isolated leader takes commands, and nobody applies them", async () => {
  await passes(async (world) => {
    const leader = await checkOneLeader(world);
    await world.disconnect(leader);
    expect([world.isAlive(leader), world.isConnected(leader)]).toEqual([true, false]);
    await world.sleep(5_000);
    expect(await world.start(leader, "lost")).toEqual({ index: 1, term: 1 });
    await world.sleep(5_000);
    expect(world.committed(1)).toEqual({ count: 0, value: undefined });
    await world.connect(leader);
    expect(await one(world, "kept", 3, { retry: true })).toBe(1);
    expect(world.committed(1)).toEqual({ count: 3, value: "kept" });
  });
});

test("a server that crashes is gone, and comes back with what it had", async () => {
  await passes(async (world) => {
    const leader = await checkOneLeader(world);
    for (let i = 1; i <= 5; i += 1) await one(world, `command ${i}`, 3, { retry: false });
    await world.crash(leader);
    await world.crash(leader);
    expect([world.isAlive(leader), await world.state(leader), await world.start(leader, "x")]).toEqual([false, undefined, undefined]);
    expect(world.committed(5)).toEqual({ count: 3, value: "command 5" });
    await world.restart(leader);
    expect(world.isAlive(leader)).toBe(true);
    await one(world, "after", 3, { retry: true });
    expect(world.committed(5)).toEqual({ count: 3, value: "command 5" });
  });
});

/** Of the logs of 25 entries: while the servers live, and when they are dead. */
async function logSizes(compactEvery: number | undefined): Promise<readonly number[]> {
  const found: number[] = [];
  await passes(async (world) => {
    for (let i = 1; i <= 25; i += 1) await one(world, drawCommand(world.rng), 3, { retry: true });
    await world.sleep(1_000);
    found.push(await world.logSize());
    for (const server of servers(world)) await world.crash(server);
    found.push(await world.logSize());
  }, compactEvery);
  return found;
}

test("a log is dropped at 9, 19, 29, ... when that is asked for, and its size outlives its server", async () => {
  const [whole = 0, wholeDead] = await logSizes(undefined);
  const [short = 0, shortDead] = await logSizes(10);
  expect([wholeDead, shortDead]).toEqual([whole, short]);
  expect(short).toBeLessThan(whole / 2);
});

/** What twenty agreements take, in milliseconds of the world's time, when the network has been prepared. */
async function spent(prepare: (world: LabWorld) => Promise<void>): Promise<number> {
  let ms = 0;
  await passes(async (world) => {
    await checkOneLeader(world);
    await prepare(world);
    const began = world.now();
    for (let i = 0; i < 20; i += 1) await one(world, drawCommand(world.rng), 1, { retry: true });
    ms = world.now() - began;
  });
  return ms;
}

test("both unreliable networks, and long reordering, make agreement slower; calm returns", async () => {
  const calm = await spent(async () => {});
  expect(await spent((world) => world.setUnreliable("labrpc"))).toBeGreaterThan(1.2 * calm);
  expect(await spent((world) => world.setUnreliable("slices"))).toBeGreaterThan(1.2 * calm);
  expect(await spent((world) => world.setLongReordering(true))).toBeGreaterThan(1.2 * calm);
  const returned = await spent(async (world) => {
    for (const model of ["labrpc", "slices", undefined] as const) await world.setUnreliable(model);
    await world.setLongReordering(true);
    await world.setLongReordering(false);
  });
  expect(returned).toBe(calm);
});
