import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../../src/env/clock.ts";
import type { Time } from "./harness.ts";

export interface ClockHarness extends Time {
  readonly clock: Clock;
  close(): Promise<void>;
}

/** What every `Clock` promises. */
export function clockContract(name: string, open: () => Promise<ClockHarness>): void {
  describe(`${name}: clock`, () => {
    let harness: ClockHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness.close());
    const current = (): ClockHarness => harness;
    timeTests(current);
    cancelTests(current);
  });
}

function timeTests(current: () => ClockHarness): void {
  test("now never falls", async () => {
    const { clock, pass } = current();
    let last = clock.now();
    for (let i = 0; i < 50; i += 1) {
      await pass(i % 3);
      const now = clock.now();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  test("a timer runs once, not before its time, and never from inside the call", async () => {
    const { clock, until, pass } = current();
    for (const ms of [0, 0.5, 1, 7, 30]) {
      const from = clock.now();
      const runs: number[] = [];
      clock.after(ms, () => runs.push(clock.now() - from));
      expect(runs).toEqual([]);
      await until(() => runs.length > 0);
      await pass(10);
      expect(runs).toHaveLength(1);
      expect(runs[0]).toBeGreaterThanOrEqual(ms);
    }
  });

  test("after(0) keeps the order of the calls, and one of its own goes behind", async () => {
    const { clock, until } = current();
    const order: string[] = [];
    clock.after(0, () => {
      order.push("a");
      clock.after(0, () => order.push("d"));
    });
    clock.after(0, () => order.push("b"));
    clock.after(0, () => order.push("c"));
    await until(() => order.length === 4);
    expect(order).toEqual(["a", "b", "c", "d"]);
  });

  test("a shorter timer comes first", async () => {
    const { clock, until } = current();
    const order: number[] = [];
    for (const ms of [60, 5, 30]) clock.after(ms, () => order.push(ms));
    await until(() => order.length === 3);
    expect(order).toEqual([5, 30, 60]);
  });

  test("the wall clock counts milliseconds of this century", () => {
    const year = new Date(current().clock.wallMs()).getUTCFullYear();
    expect(year).toBeGreaterThanOrEqual(2020);
    expect(year).toBeLessThan(2200);
  });
}

function cancelTests(current: () => ClockHarness): void {
  test("a cancelled timer does not run, and cancelling twice or too late does nothing", async () => {
    const { clock, until, pass } = current();
    const ran: string[] = [];
    const cancel = clock.after(5, () => ran.push("cancelled"));
    const cancelLate = clock.after(1, () => ran.push("run"));
    clock.after(0, () => ran.push("never"))();
    cancel();
    cancel();
    await until(() => ran.length > 0);
    cancelLate();
    await pass(30);
    expect(ran).toEqual(["run"]);
  });

  test("a timer can be cancelled by one of the same moment", async () => {
    const { clock, pass } = current();
    const ran: string[] = [];
    clock.after(0, () => {
      ran.push("first");
      cancel();
    });
    const cancel = clock.after(0, () => ran.push("second"));
    await pass(20);
    expect(ran).toEqual(["first"]);
  });
}
