import { expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { AppliedLog } from "../../src/lab/applied.ts";
import {
  checkNoLeader,
  checkNoneCommitted,
  checkOneLeader,
  checkTerms,
  drawCommand,
  inReach,
  nCommitted,
  one,
  wait,
} from "../../src/lab/checks.ts";
import { FakeWorld } from "./fake-world.ts";

test("the leader is found, within 5 seconds and not later", async () => {
  const world = new FakeWorld(3).at(5_000, () => world.lead({ 2: 4 }));
  expect(await checkOneLeader(world)).toBe(2);
  const late = new FakeWorld(3).at(5_001, () => late.lead({ 2: 4 }));
  await expect(checkOneLeader(late)).rejects.toThrow("no server leads after 5 seconds");
  expect(late.now()).toBe(5_000);
});

test("of two leaders the one of the higher term counts; two of one term are a failure", async () => {
  expect(await checkOneLeader(new FakeWorld(5).lead({ 1: 9, 4: 3 }))).toBe(1);
  await expect(checkOneLeader(new FakeWorld(5).lead({ 1: 9, 2: 3, 4: 9 }))).rejects.toThrow("servers 1 and 4 both lead in term 9");
});

test("a leader that is cut off or dead does not count, nor does one that is not up yet", async () => {
  const world = new FakeWorld(3).lead({ 0: 2, 1: 5 });
  await world.disconnect(1);
  expect(await checkOneLeader(world)).toBe(0);
  await world.crash(0);
  await expect(checkOneLeader(world)).rejects.toThrow("no server leads");
  await world.connect(1);
  world.states[1] = undefined;
  await expect(checkOneLeader(world)).rejects.toThrow("no server leads");
  expect([0, 1, 2].filter((server) => inReach(world, server))).toEqual([1, 2]);
});

test("another leader than the expected one is a failure", async () => {
  expect(await checkOneLeader(new FakeWorld(3).lead({ 1: 2 }), 1)).toBe(1);
  await expect(checkOneLeader(new FakeWorld(3).lead({ 1: 2 }), 0)).rejects.toThrow("server 1 leads, and not server 0 as before");
});

test("nobody may lead for five seconds", async () => {
  const world = new FakeWorld(3);
  await checkNoLeader(world);
  expect(world.now()).toBe(5_000);
  const risky = new FakeWorld(3).at(4_900, () => risky.lead({ 0: 2 }));
  await expect(checkNoLeader(risky)).rejects.toThrow("server 0 leads without a majority");
  const apart = new FakeWorld(3).lead({ 0: 2 });
  await apart.disconnect(0);
  await expect(checkNoLeader(apart)).resolves.toBeUndefined();
});

test("the terms of all servers in reach agree, and are those of an election", async () => {
  const world = new FakeWorld(3);
  world.states[2] = { term: 2, isLeader: false };
  await expect(checkTerms(world)).rejects.toThrow("server 2 is in term 2, others are in term 1");
  await world.disconnect(2);
  expect(await checkTerms(world)).toBe(1);
  world.states[1] = undefined;
  await expect(checkTerms(world)).rejects.toThrow("server 1 does not answer");
  for (const server of [0, 1]) world.states[server] = { term: 0, isLeader: false };
  await expect(checkTerms(world)).rejects.toThrow("term 0, and never elected anybody");
});

test("what is committed is counted by index, and must not be when it must not", () => {
  const world = new FakeWorld(3);
  world.apply(2, "x", [0, 2]);
  expect([1, 2, 3].map((index) => nCommitted(world, index))).toEqual([0, 2, 0]);
  expect(world.committed(2)).toEqual({ count: 2, value: "x" });
  checkNoneCommitted(world, 1);
  expect(() => checkNoneCommitted(world, 2)).toThrow("2 servers applied x at index 2, which must not be committed");
});

test("two values at one index are noticed, before and after a restart", () => {
  const reasons: string[] = [];
  const log = new AppliedLog(3, (reason) => reasons.push(reason));
  log.applied(0, 1, "a");
  log.applied(1, 1, "a");
  log.applied(0, 2, "b");
  log.restored(0, 1, () => "a");
  expect([log.committed(1).count, log.committed(2).count, log.last]).toEqual([2, 0, 2]);
  expect(reasons).toEqual([]);
  // Nobody holds it any more, but it was committed.
  log.applied(1, 2, "x".repeat(50));
  log.restored(2, 2, (index) => (index === 1 ? "z" : "b"));
  expect(reasons).toEqual([
    `server 1 applied "${"x".repeat(21)}..." at index 2, server 0 applied "b"`,
    'server 2 applied "z" at index 1, server 0 applied "a"',
  ]);
});

test("an agreement asks everybody in reach, and waits for enough servers", async () => {
  const world = new FakeWorld(4);
  await world.disconnect(1);
  await world.crash(2);
  world.take = (server, command) => {
    if (server !== 3) return undefined;
    world.apply(5, command, [3]);
    world.at(world.now() + 500, () => world.apply(5, command, [0]));
    return { index: 5, term: 1 };
  };
  expect(await one(world, "x", 2, { retry: false })).toBe(5);
  expect(world.offers.map(({ server }) => server)).toEqual([3]);
  expect(world.now()).toBe(500);
});

test("without a leader an agreement tries for ten seconds, every 50 ms", async () => {
  const world = new FakeWorld(2);
  await expect(one(world, "x", 2, { retry: true })).rejects.toThrow("no agreement of 2 servers within 10 seconds");
  expect(world.now()).toBe(10_000);
  expect(world.offers).toHaveLength(2 * 200);
});

test("a command that two seconds do not bring to enough servers is submitted again only when that is allowed", async () => {
  const world = new FakeWorld(3);
  world.take = () => ({ index: 1, term: 1 });
  world.apply(1, "x", [0]);
  await expect(one(world, "x", 2, { retry: false })).rejects.toThrow("1 server of 2 applied the command at index 1 within 2 seconds");
  expect(world.now()).toBe(2_000);
  world.at(5_000, () => world.apply(1, "x", [1]));
  expect(await one(world, "x", 2, { retry: true })).toBe(1);
  expect(world.offers.map(({ ms }) => ms)).toEqual([0, 2_000, 4_000]);
});

test("another command at the index is no agreement", async () => {
  const world = new FakeWorld(3);
  let next = 1;
  world.take = (_, command) => {
    if (next === 2) world.apply(2, command, [0, 1, 2]);
    next += 1;
    return { index: next - 1, term: 1 };
  };
  world.apply(1, "other", [0, 1, 2]);
  expect(await one(world, "x", 3, { retry: true })).toBe(2);
  await expect(one(world, "y", 3, { retry: false })).rejects.toThrow("0 servers of 3 applied the command at index 3");
});

test("waiting ends with the value, with a later term, or after 31 seconds", async () => {
  const world = new FakeWorld(2).at(3_000, () => world.apply(1, "x", [0, 1]));
  expect(await wait(world, 1, 2, 1)).toBe("x");
  expect(world.now()).toBe(3_830);
  world.states[0] = { term: 2, isLeader: false };
  expect(await wait(world, 2, 2, 1)).toBeUndefined();
  const began = world.now();
  await expect(wait(world, 2, 2)).rejects.toThrow("0 servers of 2 applied anything at index 2 within 31 seconds");
  expect(world.now() - began).toBe(30_710);
});

test("commands are drawn so that none comes twice", () => {
  const rng = new Rng(1);
  const commands = Array.from({ length: 1_000 }, () => drawCommand(rng));
  expect(new Set(commands).size).toBe(1_000);
  expect(commands.every((command) => /^\d{20}$/.test(command))).toBe(true);
  expect(drawCommand(rng, 5_000)).toMatch(/^[a-z]{5000}$/);
});
