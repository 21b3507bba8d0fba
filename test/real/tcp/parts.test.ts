import { describe, expect, test } from "vitest";
import { tcpLimits } from "../../../src/real/tcp/options.ts";
import { Pulse } from "../../../src/real/tcp/pulse.ts";
import { costOf, PacketQueue } from "../../../src/real/tcp/queue.ts";
import { TraceLimit } from "../../../src/real/tcp/trace-limit.ts";
import { HandClock } from "./clockwork.ts";

describe("the pulse", () => {
  test("counts the time that passes", () => {
    const clock = new HandClock();
    let beats = 0;
    const pulse = new Pulse(clock, 10, 40, () => (beats += 1));
    for (let i = 0; i < 10; i += 1) clock.leap(12);
    expect(pulse.now).toBe(120);
    expect(beats).toBe(10);
    pulse.stop();
    clock.leap(1_000);
    expect(beats).toBe(10);
  });

  test("does not count a pause of this process against anybody", () => {
    const clock = new HandClock();
    const pulse = new Pulse(clock, 10, 40, () => {});
    clock.leap(60_000);
    expect(pulse.now).toBe(40);
    clock.leap(10);
    expect(pulse.now).toBe(50);
  });
});

const bytes = (length: number): Uint8Array => new Uint8Array(length);

describe("a packet queue", () => {
  test("drops the oldest first, by what they cost", () => {
    const queue = new PacketQueue();
    for (let i = 0; i < 10; i += 1) queue.push(bytes(i), i);
    expect(queue.cost).toBe(10 * costOf(bytes(0)) + 45);
    expect(queue.shrink(3 * costOf(bytes(9)))).toBe(7);
    expect(queue.takeAll().map(({ length }) => length)).toEqual([7, 8, 9]);
    expect([queue.cost, queue.length]).toEqual([0, 0]);
  });

  test("keeps the newest, whatever it costs", () => {
    const queue = new PacketQueue();
    for (const length of [1, 2, 1_000]) queue.push(bytes(length), 0);
    expect(queue.shrink(500)).toBe(2);
    expect(queue.takeAll().map(({ length }) => length)).toEqual([1_000]);
  });

  test("drops what is too old", () => {
    const queue = new PacketQueue();
    for (let i = 0; i < 10; i += 1) queue.push(bytes(i), i);
    expect(queue.expire(0)).toBe(0);
    expect(queue.expire(4)).toBe(4);
    expect(queue.cost).toBe(6 * costOf(bytes(0)) + 39);
    expect(queue.takeAll().map(({ length }) => length)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(queue.expire(1_000)).toBe(0);
  });

  test("counts empty packets too", () => {
    const queue = new PacketQueue();
    for (let i = 0; i < 100; i += 1) queue.push(bytes(0), 0);
    expect(queue.cost).toBeGreaterThan(100 * 64);
  });
});

test("a kind of trouble is traced a few times a second, and then it is said how often it was not", () => {
  const clock = new HandClock();
  const traced: unknown[] = [];
  const limit = new TraceLimit((name, fields) => traced.push([name, fields]), clock, 2);
  for (let i = 0; i < 10; i += 1) limit.trace("trouble", { i });
  limit.trace("other trouble", { i: 0 });
  clock.leap(1_000);
  limit.trace("trouble", { i: 10 });
  limit.trace("trouble", { i: 11 });
  limit.trace("trouble", { i: 12 });
  expect(traced).toEqual([
    ["trouble", { i: 0 }],
    ["trouble", { i: 1 }],
    ["other trouble", { i: 0 }],
    ["trouble", { i: 10, leftOut: 8 }],
    ["trouble", { i: 11 }],
  ]);
});

test("limits that contradict each other are our bug", () => {
  expect(tcpLimits({ pingMs: 10 }).pingMs).toBe(10);
  expect(Object.isFrozen(tcpLimits())).toBe(true);
  expect(() => tcpLimits({ pingMs: 2_000 })).toThrow("given up");
  expect(() => tcpLimits({ frameBytesMax: 0 })).toThrow("frameBytesMax is positive");
  expect(() => tcpLimits({ handshakesMax: 1_024 })).toThrow("leave room");
});
