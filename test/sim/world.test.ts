import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import type { Happening } from "../../src/sim/event-queue.ts";
import { World } from "../../src/sim/world.ts";

function newWorld(): World {
  return new World(new Rng(1));
}

describe("order", () => {
  test("events run by time and, within one time, in the order of the calls", () => {
    const world = newWorld();
    const ran: string[] = [];
    world.at(5, () => ran.push("c"));
    world.at(1, () => ran.push("a"));
    world.after(5, () => ran.push("d"));
    world.post(1, () => ran.push("b"));
    while (world.step());
    expect(ran).toEqual(["a", "b", "c", "d"]);
    expect(world.now).toBe(5);
    expect(world.events).toBe(4);
  });

  test("the queue agrees with a sorted list, whatever is added and cancelled meanwhile", () => {
    const command = fc.record({ ms: fc.nat(6), children: fc.array(fc.nat(6), { maxLength: 3 }), cancels: fc.option(fc.nat(40)) });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        expect(runInWorld(commands)).toEqual(runInList(commands));
      }),
      { numRuns: 500 },
    );
  });

  test("many events come out sorted", () => {
    const world = newWorld();
    const rng = new Rng(2);
    const ran: number[] = [];
    for (let i = 0; i < 5_000; i += 1) world.post(rng.between(0, 100), () => ran.push(world.now));
    world.runFor(100);
    expect(ran).toHaveLength(5_000);
    expect(ran).toEqual(ran.toSorted((a, b) => a - b));
  });
});

interface Command {
  readonly ms: number;
  readonly children: readonly number[];
  readonly cancels: number | null;
}
type Schedule = (ms: number, run: () => void) => () => void;

/** Runs the commands on any scheduler and tells what ran when. */
function script(commands: readonly Command[], schedule: Schedule, now: () => number): string[] {
  const ran: string[] = [];
  const cancels: (() => void)[] = [];
  commands.forEach(({ ms, children, cancels: victim }, number) => {
    const run = (): void => {
      ran.push(`${number}@${now()}`);
      for (const child of children) schedule(child, () => ran.push(`child of ${number}@${now()}`));
      if (victim !== null) cancels[victim]?.();
    };
    cancels.push(schedule(ms, run));
  });
  return ran;
}

function runInWorld(commands: readonly Command[]): string[] {
  const world = newWorld();
  const ran = script(
    commands,
    (ms, run) => world.after(ms, run),
    () => world.now,
  );
  while (world.step());
  return ran;
}

/** The obvious, slow queue. */
function runInList(commands: readonly Command[]): string[] {
  let now = 0;
  let list: { time: number; run: () => void }[] = [];
  const schedule: Schedule = (ms, run) => {
    const event = { time: now + ms, run };
    list.push(event);
    return () => {
      list = list.filter((other) => other !== event);
    };
  };
  const ran = script(commands, schedule, () => now);
  while (list.length > 0) {
    const first = list.reduce((best, event) => (event.time < best.time ? event : best));
    list = list.filter((event) => event !== first);
    now = first.time;
    first.run();
  }
  return ran;
}

describe("running", () => {
  test("runUntil runs what falls due at its end and stands there", () => {
    const world = newWorld();
    const ran: number[] = [];
    for (const ms of [1, 2, 3]) world.after(ms, () => ran.push(ms));
    world.runUntil(2);
    expect(ran).toEqual([1, 2]);
    expect(world.now).toBe(2);
    world.runFor(0.5);
    expect(world.now).toBe(2.5);
    world.runFor(10);
    expect(ran).toEqual([1, 2, 3]);
    expect(world.step()).toBe(false);
  });

  test("cancelled events neither run nor move time", () => {
    const world = newWorld();
    const cancel = world.after(5, () => expect.unreachable());
    cancel();
    cancel();
    expect(world.step()).toBe(false);
    expect(world.now).toBe(0);
    world.after(1, () => {})();
    world.runFor(2);
    expect(world.events).toBe(0);
  });

  test("an error comes out of step, and the world goes on", () => {
    const world = newWorld();
    let ran = false;
    world.after(1, () => {
      throw new Error("on purpose");
    });
    world.after(2, () => (ran = true));
    expect(() => world.step()).toThrow("on purpose");
    expect(world.step()).toBe(true);
    expect(ran).toBe(true);
  });

  test("nothing is scheduled in the past, nor at no time", () => {
    const world = newWorld();
    world.runFor(10);
    expect(() => world.at(9, () => {})).toThrow("lies ahead");
    expect(() => world.after(-1, () => {})).toThrow("lies ahead");
    expect(() => world.after(Number.NaN, () => {})).toThrow("lies ahead");
    expect(() => world.runUntil(9)).toThrow("run back");
  });

  test("hooks hear after every event whose code ran", () => {
    const world = newWorld();
    const owner = {
      name: "a",
      enter(event: Readonly<Happening>) {
        world.note(owner);
        event.run();
      },
    };
    const heard: string[] = [];
    const cancel = world.afterEvent((ran) => heard.push(ran.map(({ name }) => name).join()));
    world.after(1, () => {});
    world.after(2, () => {}, owner);
    world.after(3, () => {}, owner);
    world.step();
    world.step();
    cancel();
    world.step();
    expect(heard).toEqual(["", "a"]);
  });
});
