import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { beforeEach, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { checkOneLeader, drawCommand, one, servers } from "../../src/lab/checks.ts";
import { RealWorlds } from "../../src/lab/real/kind.ts";
import { noMeasures } from "../../src/lab/real/protocol.ts";
import { watchStalls } from "../../src/lab/real/stall-watch.ts";
import type { LabWorld, Outcome, TraceSink } from "../../src/lab/world.ts";
import { stopCodes } from "../../src/server/stop-codes.ts";
import { MemoryChildren } from "./memory-children.ts";

let children: MemoryChildren;
beforeEach(() => {
  children = new MemoryChildren();
});

function play(body: (world: LabWorld) => Promise<void>, compactEvery?: number, trace?: TraceSink): Promise<Outcome> {
  return new RealWorlds(trace, children.launch).run({ servers: 3, compactEvery }, new Rng(1), body);
}

async function passes(body: (world: LabWorld) => Promise<void>, compactEvery?: number): Promise<Outcome> {
  const outcome = await play(body, compactEvery);
  if (outcome.failed) throw outcome.failure;
  return outcome;
}

function folders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("kvorum-lab-"));
}

test("a world begins when all servers take part, with nothing counted, and leaves nothing behind", async () => {
  const before = folders();
  const outcome = await passes(async (world) => {
    expect([await world.rpcs(), await world.bytes()]).toEqual([0, 0]);
    for (const server of servers(world)) expect(await world.state(server)).toEqual({ term: 0, isLeader: false });
    expect(world.now()).toBeLessThan(250);
    expect(folders().length).toBe(before.length + 1);
  });
  expect(outcome).toMatchObject({ failed: false, stalls: [], remains: undefined, figures: { servers: 3, entries: 0 } });
  expect(children.living).toBe(0);
  expect(folders()).toEqual(before);
});

test("commands are agreed upon, counted, and outlive a crash", async () => {
  const outcome = await passes(async (world) => {
    const leader = await checkOneLeader(world);
    for (let i = 1; i <= 5; i += 1) await one(world, `command ${i}`, 3, { retry: false });
    const [rpcs, own, bytes] = [await world.rpcs(), await world.rpcs(leader), await world.bytes()];
    expect(own).toBeGreaterThanOrEqual(10);
    expect(rpcs).toBeGreaterThanOrEqual(own);
    await world.crash(leader);
    expect([world.isAlive(leader), await world.state(leader), await world.start(leader, "x")]).toEqual([false, undefined, undefined]);
    expect(await world.rpcs(leader)).toBeGreaterThanOrEqual(own);
    expect(world.committed(5)).toEqual({ count: 3, value: "command 5" });
    await world.restart(leader);
    expect(world.isAlive(leader)).toBe(true);
    await one(world, "after", 3, { retry: true });
    expect(world.committed(5)).toEqual({ count: 3, value: "command 5" });
    expect(await world.rpcs()).toBeGreaterThan(rpcs);
    expect(await world.bytes()).toBeGreaterThan(bytes);
    await world.restart(leader);
  });
  expect(outcome.figures.entries).toBeGreaterThanOrEqual(6);
  expect(outcome.childrenCpuMs).toBeGreaterThan(0);
  expect(children.started.map(({ place, create }) => [place, create]).slice(0, 3)).toEqual([
    [0, true],
    [1, true],
    [2, true],
  ]);
  expect(children.started.slice(3).every(({ create }) => !create)).toBe(true);
  expect(new Set(children.started.map(({ seed }) => seed)).size).toBe(5);
  expect(new Set(children.started.map(({ cluster, addresses }) => JSON.stringify([cluster, addresses]))).size).toBe(1);
});

test("an isolated leader takes commands, and nobody applies them; a restart plugs no cable in", async () => {
  await passes(async (world) => {
    const leader = await checkOneLeader(world);
    await world.disconnect(leader);
    expect([world.isAlive(leader), world.isConnected(leader)]).toEqual([true, false]);
    expect(await world.start(leader, "lost")).toMatchObject({ index: 1 });
    const second = await one(world, "kept", 2, { retry: true });
    await world.restart(leader);
    await world.sleep(300);
    expect(world.committed(second)).toEqual({ count: 2, value: "kept" });
    await world.connect(leader);
    await one(world, "all", 3, { retry: true });
    expect(world.committed(second)).toEqual({ count: 3, value: "kept" });
  });
});

test("models of the network and compaction reach the servers", async () => {
  await passes(async (world) => {
    await checkOneLeader(world);
    for (const model of ["labrpc", "slices", undefined] as const) await world.setUnreliable(model);
    await world.setLongReordering(true);
    await world.setLongReordering(false);
    for (let i = 1; i <= 25; i += 1) await one(world, drawCommand(world.rng), 3, { retry: true });
    await world.sleep(200);
    const alive = await world.logSize();
    for (const server of servers(world)) await world.crash(server);
    expect(await world.logSize()).toBe(alive);
    // Seven entries of 20 bytes and what goes with them.
    expect(alive).toBeLessThan(600);
  }, 10);
});

test("a server that ends by itself fails the case with its code and its last words, and the folder is kept", async () => {
  let woken = false;
  const outcome = await play(async (world) => {
    setTimeout(() => children.die(1, { code: 13, signal: undefined, lastWords: "one\ntwo" }), 20);
    await world.sleep(100);
    woken = true;
  });
  expect(outcome).toMatchObject({
    failed: true,
    failure: { message: "server 1 ended with exit code 13, and nobody had ended it", evidence: "The last words of server 1:\none\ntwo" },
  });
  const folder = outcome.remains?.folder ?? "";
  expect(existsSync(folder)).toBe(true);
  outcome.remains?.remove();
  expect(existsSync(folder)).toBe(false);
  await new Promise((resolve) => {
    setTimeout(resolve, 150);
  });
  expect([woken, children.living]).toEqual([false, 0]);
});

test("a server that does not start fails the case, and so does one that does not start again", async () => {
  children.failStarts({ code: 10, signal: undefined, lastWords: "" });
  const first = await play(async () => {});
  expect(first).toMatchObject({ failed: true, failure: { message: "server 0 ended with exit code 10, and nobody had ended it" } });
  const second = await play(async (world) => {
    children.failStarts({ code: undefined, signal: "SIGSEGV", lastWords: "" });
    await world.restart(2);
    await world.sleep(1_000);
  });
  expect(second).toMatchObject({ failed: true, failure: { message: "server 2 ended by SIGSEGV, and nobody had ended it" } });
  for (const { remains } of [first, second]) remains?.remove();
});

test("when a port is in use at the first start, others are tried, five times", async () => {
  const inUse = { code: stopCodes.address_unusable, signal: undefined, lastWords: "" };
  children.failStarts(inUse);
  await passes(async (world) => {
    await one(world, "command", 3, { retry: true });
  });
  const ports = children.started.map(({ addresses }) => addresses.map(({ port }) => port).join());
  expect([children.started.length, new Set(ports).size]).toEqual([6, 2]);
  children.failStarts(...Array.from({ length: 15 }, () => inUse));
  const outcome = await play(async () => {});
  expect(outcome).toMatchObject({ failure: { message: "there was a port in use in each of 5 attempts to start the servers" } });
  outcome.remains?.remove();
});

test("servers that apply different things fail the case", async () => {
  const outcome = await play(async (world) => {
    await one(world, "truth", 3, { retry: true });
    children.lie(1, { kind: "news", happenings: [{ kind: "applied", index: 1, value: "lie" }], measures: noMeasures });
    await world.sleep(1_000);
  });
  // Whoever led was the first.
  const message = expect.stringMatching(/^server 1 applied "lie" at index 1, server [012] applied "truth"$/) as string;
  expect(outcome).toMatchObject({ failed: true, failure: { message } });
  outcome.remains?.remove();
});

test("what stood still is told with the failure, although it did not say so before", async () => {
  const outcome = await play(async (world) => {
    children.freeze(2);
    await world.sleep(20);
    setTimeout(() => children.wake(2, 320), 100);
    throw new Error("mine");
  });
  expect(outcome).toMatchObject({ failed: true, failure: { message: "mine" }, stalls: [{ who: "server 2", ms: 320 }] });
  outcome.remains?.remove();
});

test("what servers trace is told with their places and the time, when somebody listens", async () => {
  const heard: string[] = [];
  await play(
    async (world) => {
      await checkOneLeader(world);
    },
    undefined,
    (ms, server, name) => heard.push(`${typeof ms} ${server} ${name}`),
  );
  for (const server of [0, 1, 2]) expect(heard).toContain(`number ${server} admission: admitted`);
});

function wait(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 60));
}

test("a gap between two looks at the event loop is a stall when it is longer than 150 ms", async () => {
  const gaps: number[] = [];
  const end = watchStalls((ms) => gaps.push(ms));
  await wait();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  await wait();
  end();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  await wait();
  const long = gaps.filter((ms) => ms >= 980);
  expect(long).toHaveLength(1);
});
