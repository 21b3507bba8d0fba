import { describe, expect, test } from "vitest";
import { DiskWatch, lookout } from "../../src/server/watchdog.ts";

/**
 * Runs the lookout's thread in a world without time: before each of its looks the loop beats, or does not, as `beats` says; then it is
 * told to end. After how many looks it killed the process; undefined when it did not.
 */
function lookAfter(looks: number, beats: readonly boolean[]): number | undefined {
  const memory = new Int32Array(2);
  let [looked, killedAt] = [0, undefined as number | undefined];
  const atomics = {
    load: () => memory[0],
    wait: (_: unknown, place: number, value: number, ms: number) => {
      expect([place, value, ms]).toEqual([1, 0, 50]);
      if (looked === beats.length || killedAt !== undefined) return "ok";
      if (beats[looked] === true) memory[0] = (memory[0] ?? 0) + 1;
      looked += 1;
      return "timed-out";
    },
  };
  const kill = (pid: number, signal: string): void => {
    expect([pid, signal]).toEqual([7, "SIGKILL"]);
    killedAt = looked;
  };
  const require = (name: string): unknown => {
    expect(name).toBe("node:worker_threads");
    return { workerData: { beats: memory.buffer, lookMs: 50, looks } };
  };
  // oxlint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-call -- the thread is text in production, too
  new Function("require", "Atomics", "process", lookout)(require, atomics, { pid: 7, kill });
  return killedAt;
}

const still = (count: number): boolean[] => Array.from({ length: count }, () => false);

describe("the lookout", () => {
  test("kills a process whose loop has stood still for more looks than it may, and not before", () => {
    expect(lookAfter(5, [true, true, ...still(20)])).toBe(8);
    expect(lookAfter(5, [true, true, ...still(5)])).toBeUndefined();
  });

  test("kills a process whose loop has never moved", () => {
    expect(lookAfter(5, still(20))).toBe(7);
  });

  test("forgives a loop that is slow, however often", () => {
    expect(lookAfter(5, Array.from({ length: 50 }, () => [true, ...still(5)]).flat())).toBeUndefined();
  });

  test("takes a pause of the whole process for one look", () => {
    // The thread slept through the pause as the loop did: it looks once, and the loop goes on.
    expect(lookAfter(1, [true, false, true, false, true])).toBeUndefined();
  });
});

describe("the watch over the disk", () => {
  test("gives a disk up whose oldest write is too old, twice in a row", () => {
    const watch = new DiskWatch(1_000);
    expect([0, 500, 1_000, 1_001, 1_100].map((ms) => watch.look(ms))).toEqual([false, false, false, false, true]);
  });

  test("does not take a pause of the whole process for a disk that hangs", () => {
    const watch = new DiskWatch(1_000);
    // The write is done as soon as the loop goes on, and the next one is young.
    expect([20, 600_000, 3, 600_000, 0].map((ms) => watch.look(ms))).toEqual([false, false, false, false, false]);
  });
});
