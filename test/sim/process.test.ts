import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { serverId } from "../../src/base/ids.ts";
import type { Env } from "../../src/env/env.ts";
import { DiskFailure } from "../../src/sim/disk/drive.ts";
import type { SimProcess } from "../../src/sim/process.ts";
import { Rig } from "./rig.ts";

const off = { powerCut: false };

describe("a dead life", () => {
  test("never runs anything again", () => {
    const rig = new Rig();
    const process = rig.process("a");
    const ran: string[] = [];
    const env = rig.started(process);
    env.transport.onPacket(() => ran.push("packet"));
    env.clock.after(5, () => ran.push("timer"));
    env.storage.write([{ op: "put", key: utf8("k"), value: utf8("v") }], { sync: true }, () => ran.push("done"));
    env.cell("c").write(utf8("v"), { sync: true }, () => ran.push("cell"));
    env.storage.snapshot(() => ran.push("view"));
    rig.network.send(serverId("b"), process.id, utf8("p"));
    process.crash(off);
    rig.started(process);
    rig.world.runFor(1_000);
    // What the ghost asks for afterwards comes to nothing either.
    env.clock.after(1, () => ran.push("ghost's timer"));
    env.storage.write([{ op: "put", key: utf8("ghost"), value: utf8("v") }], { sync: true }, () => ran.push("ghost's done"));
    env.cell("c").write(utf8("ghost"), { sync: false });
    env.storage.snapshot(() => ran.push("ghost's view"));
    env.transport.onPacket(() => ran.push("ghost's packet"));
    env.transport.send(serverId("b"), utf8("p"));
    env.trace("ghost");
    rig.network.send(serverId("b"), process.id, utf8("p"));
    rig.world.runFor(1_000);
    expect(ran).toEqual([]);
    expect(rig.network.counters(process.id).packetsSent).toBe(0);
    expect(process.env()?.storage.get(utf8("ghost"))).toBeUndefined();
    expect(process.env()?.cell("c").read()).not.toEqual(utf8("ghost"));
  });

  test("a later life may get a packet that was sent to an earlier one", () => {
    const rig = new Rig();
    const process = rig.process("a");
    rig.started(process);
    rig.network.send(serverId("b"), process.id, utf8("p"));
    process.crash(off);
    const heard: string[] = [];
    rig.started(process).transport.onPacket((from) => heard.push(from));
    rig.world.runFor(10);
    expect(heard).toEqual(["b"]);
  });

  test("each life draws new chances, and the same seed the same ones", () => {
    const drawn = drawInThreeLives();
    expect(new Set(drawn).size).toBe(3);
    expect(drawInThreeLives()).toEqual(drawn);
  });
});

function drawInThreeLives(): number[] {
  const rig = new Rig();
  const process = rig.process("a");
  return [1, 2, 3].map(() => {
    const { rng } = rig.started(process);
    process.crash(off);
    return rng.u32();
  });
}

function failing(): { rig: Rig; process: SimProcess; failures: unknown[] } {
  const failures: unknown[] = [];
  const rig = new Rig({ hooks: { onFailure: (_, error) => failures.push(error) } });
  return { rig, process: rig.process("a"), failures };
}

describe("failure", () => {
  test.each([
    ["a timer", (env: Env) => void env.clock.after(1, fail)],
    ["a packet", (env: Env) => env.transport.onPacket(fail)],
    ["done", (env: Env) => env.storage.write([], { sync: true }, fail)],
    ["main", fail],
  ])("an error from %s ends the process, not the world", (_, main) => {
    const { rig, process, failures } = failing();
    process.start(main);
    process.env()?.clock.after(20, () => expect.unreachable());
    rig.network.send(serverId("b"), process.id, utf8("p"));
    rig.world.runFor(100);
    expect(process.alive).toBe(false);
    expect(failures).toEqual([new Error("on purpose")]);
    rig.started(process);
    expect(process.alive).toBe(true);
    expect(process.lives).toBe(2);
  });

  test("a failed write ends the process with a reason of its own", () => {
    const { rig, process, failures } = failing();
    const env = rig.started(process);
    process.disk.drive.failNext("input/output error");
    env.storage.write([{ op: "put", key: utf8("k"), value: utf8("v") }], { sync: true }, fail);
    rig.world.runFor(100);
    expect(process.alive).toBe(false);
    expect(failures).toEqual([new DiskFailure("input/output error")]);
  });

  test("what a ghost trips over is no failure", () => {
    const { rig, process, failures } = failing();
    process.start((env) => {
      env.clock.after(1, () => {
        process.crash(off);
        fail();
      });
    });
    rig.world.runFor(10);
    expect(process.alive).toBe(false);
    expect(failures).toEqual([]);
  });

  test("what onFailure throws comes out of the world", () => {
    const process = new Rig().process("a");
    expect(() => process.start(fail)).toThrow("on purpose");
  });
});

function fail(): never {
  throw new Error("on purpose");
}

test("what fell due while a process was paused can be cancelled yet", () => {
  const rig = new Rig();
  const process = rig.process("a");
  const ran: string[] = [];
  const { clock } = rig.started(process);
  clock.after(1, () => {
    ran.push("deadline");
    cancel();
  });
  const cancel = clock.after(2, () => ran.push("next attempt"));
  process.pause();
  rig.world.runFor(20);
  process.resume();
  rig.world.runFor(20);
  expect(ran).toEqual(["deadline"]);
});

describe("a paused process", () => {
  test("runs nothing, and all in order when it goes on", () => {
    const rig = new Rig({ network: { link: { baseMinMs: 1, baseMaxMs: 1 } } });
    const process = rig.process("a");
    const ran: string[] = [];
    const env = rig.started(process);
    env.transport.onPacket((_, packet) => {
      ran.push(String.fromCharCode(...packet));
      if (packet.length === 1) env.clock.after(0, () => ran.push("after(0)"));
    });
    for (const ms of [3, 11, 25]) env.clock.after(ms, () => ran.push(`timer ${ms}`));
    env.storage.write([{ op: "put", key: utf8("k"), value: utf8("v") }], { sync: true }, () => ran.push("done"));
    process.pause();
    const before = env.clock.now();
    rig.network.send(serverId("b"), process.id, utf8("p"));
    rig.world.runFor(20);
    rig.network.send(serverId("b"), process.id, utf8("late"));
    rig.world.runFor(3);
    expect(ran).toEqual([]);
    expect(env.clock.now() - before).toBeGreaterThan(20);
    process.resume();
    expect(ran).toEqual([]);
    rig.world.runFor(0);
    expect(ran.slice(0, 3).toSorted()).toEqual(["done", "p", "timer 3"]);
    expect(ran.slice(3)).toEqual(["timer 11", "late", "after(0)"]);
    rig.world.runFor(10);
    expect(ran.at(-1)).toBe("timer 25");
  });

  test("paused again in the middle, it keeps the rest", () => {
    const rig = new Rig();
    const process = rig.process("a");
    const ran: number[] = [];
    const env = rig.started(process);
    for (let i = 0; i < 6; i += 1) {
      env.clock.after(i, () => {
        ran.push(i);
        if (i % 2 === 1) process.pause();
      });
    }
    process.pause();
    for (const expected of [
      [0, 1],
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4, 5],
      [0, 1, 2, 3, 4, 5],
    ]) {
      rig.world.runFor(20);
      process.resume();
      process.resume();
      rig.world.runFor(20);
      expect(ran).toEqual(expected);
    }
  });

  test("killed, it forgets what it kept; the packets of a long pause are limited", () => {
    const rig = new Rig({ process: { inboxBytesMax: 10 } });
    const process = rig.process("a");
    const heard: number[] = [];
    rig.started(process).transport.onPacket((_, packet) => heard.push(packet.length));
    process.pause();
    for (let i = 0; i < 5; i += 1) rig.network.send(serverId("b"), process.id, new Uint8Array(4));
    rig.world.runFor(10);
    expect(rig.network.counters(serverId("b")).packetsDropped).toBe(3);
    process.crash(off);
    rig.started(process).transport.onPacket((_, packet) => heard.push(packet.length));
    rig.world.runFor(10);
    expect(heard).toEqual([]);
    expect(process.paused).toBe(false);
  });
});

describe("clocks", () => {
  test("differ between servers in phase and speed, within bounds", () => {
    const rig = new Rig();
    const clocks = ["a", "b", "c", "d", "e"].map((name) => rig.started(rig.process(name)).clock);
    const first = clocks.map((clock) => clock.now());
    rig.world.runFor(1_000);
    const rates = clocks.map((clock, i) => (clock.now() - (first[i] ?? 0)) / 1_000);
    expect(new Set(first).size).toBe(5);
    expect(new Set(rates).size).toBe(5);
    for (const rate of rates) expect(Math.abs(rate - 1)).toBeLessThanOrEqual(0.1);
  });

  test("a timer runs at its server's own speed, not before its time", () => {
    const rig = new Rig({ process: { rateMin: 0.5, rateMax: 0.5 } });
    const { clock } = rig.started(rig.process("a"));
    const runs: number[] = [];
    for (let ms = 1; ms < 200; ms += 0.37) {
      const from = clock.now();
      clock.after(ms, () => runs.push(clock.now() - from - ms));
    }
    rig.world.runFor(399);
    expect(runs.length).toBeGreaterThan(500);
    expect(Math.min(...runs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...runs)).toBeLessThan(0.001);
  });

  test("leap ahead, and the wall clock either way", () => {
    const rig = new Rig();
    const process = rig.process("a");
    const { clock } = rig.started(process);
    const [now, wall] = [clock.now(), clock.wallMs()];
    process.leapClock(500);
    process.moveWallClock(-3_600_000);
    expect(clock.now() - now).toBeCloseTo(500, 6);
    expect(clock.wallMs() - wall).toBeCloseTo(-3_600_000, -1);
    expect(() => process.leapClock(-1)).toThrow("never falls");
  });
});

test("traces name their server, and only the living are heard", () => {
  const heard: string[] = [];
  const rig = new Rig({
    hooks: {
      onFailure: () => {},
      onTrace: (process, name, fields) => heard.push(`${process.id} ${name} ${fields?.["n"]}`),
    },
  });
  const process = rig.process("a");
  const env = rig.started(process);
  env.trace("test: hello", { n: 1 });
  process.crash(off);
  env.trace("test: ghost", { n: 2 });
  expect(heard).toEqual(["a test: hello 1"]);
});
